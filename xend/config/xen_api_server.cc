#include "xend/config/xen_api_server.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "sxp/printer.h"
#include "xend/config/access_list.h"
#include "xend/error.h"

namespace xend {
namespace {

// Field `i` of an entry, "" when it is not there.
std::string field(const sxp::Value& entry, std::size_t i) {
  const sxp::List& fields = entry.as_list();
  return i < fields.size() ? fields[i].text() : "";
}

// `unix`, `PORT` or `ADDR:PORT`.
bool parse_listen(const std::string& text, XenApiListener& listener) {
  listener.unix_socket = ::strcasecmp(text.c_str(), "unix") == 0;
  if (listener.unix_socket) return true;
  const std::size_t colon = text.find(':');
  if (colon != text.npos) listener.address = text.substr(0, colon);
  const std::string_view port = std::string_view(text).substr(colon == text.npos ? 0 : colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), listener.port);
  return error == std::errc() && end == port.data() + port.size();
}

std::optional<XenApiListener> parse_entry(const sxp::Value& entry, std::vector<std::string>& warnings) {
  if (!entry.is_list() || entry.as_list().empty()) return std::nullopt;
  XenApiListener listener;
  if (!parse_listen(field(entry, 0), listener)) return std::nullopt;
  if (field(entry, 1) == "pam") listener.auth = XenApiListener::Auth::kPam;
  listener.hosts_allow = field(entry, 2);
  if (entry.as_list().size() >= 5) {
    listener.key_file = field(entry, 3);
    listener.cert_file = field(entry, 4);
  }
  try {
    const AccessList list("xen-api-server", listener.hosts_allow);
    warnings.insert(warnings.end(), list.warnings().begin(), list.warnings().end());
  } catch (const Error& e) {
    warnings.push_back(e.what());
    return std::nullopt;
  }
  return listener;
}

}  // namespace

std::vector<XenApiListener> parse_xen_api_server(const sxp::Value& value, std::vector<std::string>& warnings) {
  std::vector<XenApiListener> listeners;
  const sxp::List entries = value.is_list() ? value.as_list() : sxp::List{value};
  for (const sxp::Value& entry : entries) {
    std::optional<XenApiListener> listener = parse_entry(entry, warnings);
    if (!listener) {
      warnings.push_back(fmt::format("Xen-API server configuration {} is invalid.", sxp::to_string(entry)));
      break;
    }
    listeners.push_back(std::move(*listener));
  }
  return listeners;
}

}  // namespace xend
