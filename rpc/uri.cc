#include "rpc/uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace rpc {

namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view what) {
  throw std::invalid_argument(fmt::format("Invalid server URI '{}': {}.", text, what));
}

bool is_port(std::string_view port) {
  const bool digits = std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && !port.empty() && port.size() <= 5 && std::stoi(std::string(port)) <= 65535;
}

// Takes HOST, HOST:PORT or [ADDRESS]:PORT apart; the port stays as it is when there is none.
void parse_authority(std::string_view text, std::string_view authority, Uri& uri) {
  if (authority.find('@') != authority.npos) refuse(text, "user names are for ssh:// only");
  std::string_view rest = authority;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == authority.npos) refuse(text, "a ']' is missing");
    uri.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else {
    const auto end = std::min(authority.find(':'), authority.size());
    uri.host = authority.substr(0, end);
    rest = authority.substr(end);
  }
  if (uri.host.empty()) refuse(text, "the host is missing");
  if (rest.empty()) return;
  if (!rest.starts_with(':') || !is_port(rest.substr(1))) refuse(text, "the port must be a number up to 65535");
  uri.port = rest.substr(1);
}

// USER@ in front. ssh takes a word that begins with - for an option.
std::string_view take_user(std::string_view text, std::string_view authority, Uri& uri) {
  if (const auto at = authority.rfind('@'); at != authority.npos) {
    uri.user = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    if (uri.user.empty() || uri.user.starts_with('-')) refuse(text, "there is no such user name");
  }
  if (authority.starts_with('-')) refuse(text, "there is no such host name");
  return authority;
}

}  // namespace

Uri parse_uri(std::string_view text) {
  const auto after = [&](std::string_view prefix) {
    return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view();
  };
  // What goes into a request line must not be able to end it.
  const auto bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), bad)) refuse(text, "it contains a space or a control character");
  Uri uri;
  if (const auto path = after("httpu://"); path.starts_with('/')) {
    uri.path = path;
    return uri;
  }
  std::string_view rest;
  if (rest = after("http://"); !rest.empty()) {
    uri.scheme = Uri::Scheme::kHttp;
    uri.port = "80";
  } else if (rest = after("https://"); !rest.empty()) {
    uri.scheme = Uri::Scheme::kHttps;
    uri.port = "443";
  } else if (rest = after("ssh://"); !rest.empty()) {
    uri.scheme = Uri::Scheme::kSsh;
  } else {
    refuse(text,
           "it must be httpu:///PATH, http://HOST[:PORT][/PATH], https://HOST[:PORT][/PATH] or "
           "ssh://[USER@]HOST[:PORT]");
  }
  const auto slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  if (uri.scheme == Uri::Scheme::kSsh) authority = take_user(text, authority, uri);
  parse_authority(text, authority, uri);
  if (slash < rest.size()) uri.path = rest.substr(slash);
  return uri;
}

}  // namespace rpc
