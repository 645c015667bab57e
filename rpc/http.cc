// The only file that includes Boost.Beast, because that takes long to compile.
#include "rpc/http.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <strings.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <ctime>
#include <limits>

namespace rpc {

namespace http = boost::beast::http;

namespace {

std::string text(boost::beast::string_view s) {
  return std::string(s.data(), s.size());
}

// Runs Beast's parser over a complete head and copies what both kinds have in common.
template <bool kIsRequest>
void parse(http::parser<kIsRequest, http::empty_body>& parser, std::string_view head, HttpHead& out) {
  parser.header_limit(static_cast<std::uint32_t>(head.size()));
  // Not boost::none, which Boost 1.74 compares with the length as if it were less than any.
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  boost::system::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error && error != http::error::need_more) {
    throw HttpError(400, fmt::format("This is not HTTP: {}.", error.message()));
  }
  if (!parser.is_header_done() || used != head.size()) throw HttpError(400, "This is not HTTP: the head does not end.");
  for (const auto& field : parser.get()) out.headers.emplace_back(text(field.name_string()), text(field.value()));
  if (const auto length = parser.content_length()) out.content_length = *length;
  out.chunked = parser.chunked() || !out.header("Transfer-Encoding").empty();
  out.keep_alive = parser.get().keep_alive();
}

}  // namespace

std::string_view HttpHead::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), name.size()) == 0) return value;
  }
  return {};
}

RequestHead parse_request_head(std::string_view head) {
  http::request_parser<http::empty_body> parser;
  RequestHead out;
  parse(parser, head, out);
  out.method = text(parser.get().method_string());
  out.target = text(parser.get().target());
  return out;
}

ResponseHead parse_response_head(std::string_view head) {
  http::response_parser<http::empty_body> parser;
  ResponseHead out;
  parse(parser, head, out);
  out.status = parser.get().result_int();
  out.reason = text(parser.get().reason());
  return out;
}

std::string http_date(std::int64_t time) {
  // Written out rather than left to strftime: the names must not follow the locale.
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm t = fmt::gmtime(static_cast<std::time_t>(time));
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[t.tm_wday], t.tm_mday, kMonths[t.tm_mon],
                     t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

std::string http_reason(unsigned status) {
  return text(http::obsolete_reason(http::int_to_status(status)));
}

std::string http_response(unsigned status, std::string_view content_type, std::string_view body, bool keep_alive) {
  return fmt::format("HTTP/1.1 {} {}\r\nServer: xend\r\nDate: {}\r\n{}Content-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
                     status, http_reason(status), http_date(std::time(nullptr)),
                     keep_alive ? "" : "Connection: close\r\n", content_type, body.size(), body);
}

}  // namespace rpc
