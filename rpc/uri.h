// Where xend is: the URI of the environment's XM_SERVER or of xm's configuration, taken apart.
#pragma once

#include <string>
#include <string_view>

namespace rpc {

struct Uri {
  enum class Scheme { kUnix, kHttp, kHttps, kSsh };
  Scheme scheme = Scheme::kUnix;
  std::string host;            // without the brackets of an IPv6 address; empty for kUnix
  std::string port;            // digits; empty for kUnix, and for kSsh when not given
  std::string user;            // kSsh only; empty when not given
  std::string path = "/RPC2";  // of the request; for kUnix the path of the socket
};

// httpu:///PATH, http://HOST[:PORT][/PATH], https://HOST[:PORT][/PATH], ssh://[USER@]HOST[:PORT][/]; spec xm-cli 1.6.
// Throws std::invalid_argument with a sentence that says what is wrong.
Uri parse_uri(std::string_view text);

}  // namespace rpc
