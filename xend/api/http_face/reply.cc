#include "xend/api/http_face/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "rpc/text.h"
#include "sxp/printer.h"

namespace xend {

namespace {

// Those of the classic daemon, which capitalised one word only.
std::string classic_reason(unsigned status) {
  static const std::map<unsigned, const char*> kReasons = {{200, "OK"},
                                                           {201, "Created"},
                                                           {202, "Accepted"},
                                                           {404, "Not found"},
                                                           {406, "Not acceptable"},
                                                           {500, "Internal server error"},
                                                           {501, "Not implemented"}};
  const auto found = kReasons.find(status);
  return found == kReasons.end() ? "unknown" : found->second;
}

// Printable ASCII, and not for ever: it stands in a line of its own.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, 500));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

std::string python_text(const rpc::Value& value) {
  if (value.is_nil()) return "None";
  if (value.is_string()) {
    const std::string text = rpc::python_escaped(value.as_string());
    const bool apostrophe = text.find('\'') != text.npos && text.find('"') == text.npos;
    return apostrophe ? "\"" + text + "\"" : "'" + text + "'";
  }
  std::string inside;
  if (value.is_array()) {
    for (const auto& item : value.as_array()) inside += (inside.empty() ? "" : ", ") + python_text(item);
    return "[" + inside + "]";
  }
  if (value.is_struct()) {
    for (const auto& [key, item] : value.as_struct())
      inside += (inside.empty() ? "" : ", ") + python_text(key) + ": " + python_text(item);
    return "{" + inside + "}";
  }
  return rpc::to_sxp(value).text();
}

}  // namespace

std::string response_bytes(const HttpReply& reply, bool keep_alive, bool with_body) {
  const std::string reason = reply.reason.empty() ? classic_reason(reply.status) : one_line(reply.reason);
  std::string out = fmt::format(
      "HTTP/1.1 {} {}\r\nPragma: no-cache\r\nCache-control: no-cache\r\nExpires: -1\r\nContent-type: {}\r\n",
      reply.status, reason, reply.type);
  for (const auto& [name, value] : reply.headers) out += fmt::format("{}: {}\r\n", name, one_line(value));
  if (keep_alive) out += "Connection: keep-alive\r\n";
  out += fmt::format("Content-length: {}\r\n\r\n", reply.body.size());
  return with_body ? out + reply.body : out;
}

std::string error_sxp(const std::string& text) {
  return sxp::to_string(sxp::Value::list({"xend.err", text}));
}

sxp::Value printable(const rpc::Value& value) {
  if (value.is_struct()) return python_text(value);
  if (!value.is_array()) return rpc::to_sxp(value);
  sxp::List items;
  for (const auto& item : value.as_array()) items.push_back(printable(item));
  return items;
}

}  // namespace xend
