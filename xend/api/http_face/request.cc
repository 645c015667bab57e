#include "xend/api/http_face/request.h"

#include <fmt/format.h>

#include "sxp/printer.h"
#include "xend/api/http_face/html.h"
#include "xend/api/http_face/pages.h"
#include "xend/log.h"

namespace xend {

std::string HttpCall::url(std::size_t elements) const {
  constexpr const char* kNameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
  std::string host_name(head.header("Host"));
  if (host_name.empty() || host_name.find_first_not_of(kNameBytes) != host_name.npos) host_name = "localhost";
  std::string url = "http://" + host_name;
  for (std::size_t i = 0; i < elements && i < path.size(); ++i) url += "/" + url_element(path[i]);
  return url;
}

HttpReply not_found(const HttpCall& call, const std::string& text) {
  if (call.sxp) return {404, "", kTextType, text};
  return {404, "", kHtmlType, message_page("Not found", text), html_headers()};
}

HttpReply unsupported(const HttpCall& call) {
  return {501, "", kTextType, fmt::format("Request method not supported ({})", call.head.method)};
}

HttpReply invalid_request(const HttpCall& call) {
  if (call.sxp) return {406, "Invalid request", kSxpType, "''"};
  return {406, "Invalid request", kHtmlType,
          message_page("Invalid request", "A request to do something says what, once: op=OPERATION."), html_headers()};
}

HttpReply not_implemented(const HttpCall& call, const std::string& op) {
  const std::string text = "Operation not implemented: " + op;
  // The quotes are the empty result, printed.
  if (call.sxp) return {501, text, kSxpType, text + "''"};
  return {501, text, kHtmlType, message_page("Operation not implemented", op), html_headers()};
}

void set_error(const HttpCall& call, HttpReply& reply, const std::string& text) {
  if (call.sxp) {
    reply.type = kSxpType;
    reply.body = error_sxp(text);
  } else {
    reply.type = kHtmlType;
    reply.body = message_page("This failed", text);
    for (auto& header : html_headers()) reply.headers.push_back(std::move(header));
  }
}

void set_failed(const HttpCall& call, HttpReply& reply, const std::string& op, const std::string& text) {
  XEND_LOG(Error, "Request {} failed: {}", op, text);
  reply.status = 500;
  reply.reason = "Request failed: " + op;
  set_error(call, reply, text);
}

void set_result(const HttpCall& call, HttpReply& reply, const rpc::Value& result) {
  if (result.is_nil()) return;
  const sxp::Value value = printable(result);
  if (call.sxp) {
    reply.body = sxp::to_string(value);
    return;
  }
  reply.body = message_page("Done", sxp::pretty(value));
  for (auto& header : html_headers()) reply.headers.push_back(std::move(header));
}

}  // namespace xend
