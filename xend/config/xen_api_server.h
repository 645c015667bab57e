// The value of `xen-api-server`: where the Xen-API is served, to whom (spec xend-config section 6).
#pragma once

#include <string>
#include <vector>

#include "sxp/value.h"

namespace xend {

struct XenApiListener {
  enum class Auth { kNone, kPam };

  bool unix_socket = true;   // /var/run/xend/xen-api.sock; address and port do not count then
  std::string address = {};  // "": all interfaces
  unsigned short port = 0;
  Auth auth = Auth::kNone;
  std::string hosts_allow = {};               // for class AccessList; "": everyone
  std::string key_file = {}, cert_file = {};  // HTTPS when both are named

  bool operator==(const XenApiListener&) const = default;
};

// The entries before the first bad one, for which a warning is added; the daemon goes on with those.
std::vector<XenApiListener> parse_xen_api_server(const sxp::Value& value, std::vector<std::string>& warnings);

}  // namespace xend
