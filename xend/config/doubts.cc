#include "xend/config/doubts.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "xend/config/access_list.h"
#include "xend/error.h"

namespace xend {
namespace {

constexpr std::string_view kHostsAllow = "xend-relocation-hosts-allow";

bool is_loopback(std::string_view address) {
  return address == "localhost" || address.starts_with("127.") || address == "lo";
}

std::string where(std::string_view address, TcpPort port) {
  return address.empty() ? fmt::format("port {} of every address", port) : fmt::format("{}:{}", address, port);
}

// ---- who may send domains to this host ----

bool accepts(std::string_view pattern, const std::string& peer) {
  return AccessList(kHostsAllow, pattern, [&](const std::string&) { return std::nullopt; }).check(peer).accepted;
}

// What the author of a pattern had in mind when it names one host: the pattern without anchors and backslashes. None
// when it is more than a name or an address.
std::optional<std::string> host_meant(std::string_view pattern) {
  if (pattern.starts_with('^')) pattern.remove_prefix(1);
  if (pattern.ends_with('$')) pattern.remove_suffix(1);
  std::string host;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size() && pattern[i + 1] == '.') continue;
    const char c = pattern[i];
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
    if (!plain) return std::nullopt;
    host += c;
  }
  return host.empty() ? std::nullopt : std::optional(host);
}

bool is_address(std::string_view host) {
  return host.find_first_not_of("0123456789.") == host.npos;
}

// How the pattern would have to be written to match `host` and nothing else, for an SXP string.
std::string exact_pattern(std::string_view host) {
  std::string pattern = "^";
  for (const char c : host) {
    if (c == '.') pattern += "\\\\";
    pattern += c;
  }
  return pattern + '$';
}

void doubt_pattern(const std::string& pattern, std::vector<std::string>& doubts) {
  if (accepts(pattern, "203.0.113.7") && accepts(pattern, "any.host.example")) {
    doubts.push_back(fmt::format("{}: '{}' accepts every host.", kHostsAllow, pattern));
    return;
  }
  if (pattern.find_first_of(",/") != pattern.npos) {
    doubts.push_back(
        fmt::format("{}: '{}' has a comma or a slash, which no name or address has. Patterns are separated by spaces, "
                    "and a network is written as the beginning of its addresses, like ^10\\\\.0\\\\.",
                    kHostsAllow, pattern));
    return;
  }
  const std::optional<std::string> host = host_meant(pattern);
  if (!host) return;
  // The beginning of addresses, as in ^10\.0\. -- meant to go on.
  if (host->ends_with('.')) return;
  const std::string longer = *host + (is_address(*host) ? "0" : ".other.example");
  std::string other = *host;
  if (const std::size_t dot = other.find('.'); dot != other.npos) other[dot] = 'x';
  if (accepts(pattern, longer))
    doubts.push_back(
        fmt::format("{}: '{}' also accepts {}. Write '{}'.", kHostsAllow, pattern, longer, exact_pattern(*host)));
  else if (other != *host && !is_address(*host) && accepts(pattern, other))
    doubts.push_back(fmt::format("{}: '{}' also accepts {}, because a dot stands for any character. Write '{}'.",
                                 kHostsAllow, pattern, other, exact_pattern(*host)));
}

void doubt_relocation(const Options& options, std::vector<std::string>& doubts) {
  if (!options.xend_relocation_server && !options.xend_relocation_ssl_server) return;
  const std::string& list = options.xend_relocation_hosts_allow;
  const TcpPort port = options.xend_relocation_server ? options.xend_relocation_port : options.xend_relocation_ssl_port;
  if (list.empty()) {
    doubts.push_back(
        fmt::format("{} is empty, so every host that reaches {} may send domains to this one. Name the hosts, like "
                    "({} '^host\\\\.example\\\\.org$')",
                    kHostsAllow, where(options.xend_relocation_address, port), kHostsAllow));
    return;
  }
  for (std::size_t start = 0; start < list.size();) {
    const std::size_t end = std::min(list.find(' ', start), list.size());
    if (end > start) doubt_pattern(list.substr(start, end - start), doubts);
    start = end + 1;
  }
}

void doubt_encryption(const Options& options, std::vector<std::string>& doubts) {
  if (!options.xend_relocation_ssl_server && !options.xend_relocation_ssl) return;
  if (options.xend_relocation_ssl_peers.empty() && !options.xend_relocation_ssl_ca_file)
    doubts.push_back(
        "Neither xend-relocation-ssl-peers nor xend-relocation-ssl-ca-file is set: relocation is encrypted, but "
        "whoever is on the wire can pretend to be the other host. Name the fingerprints that xend-relocation-keys "
        "prints there.");
  else if (!options.xend_relocation_server_ssl_cert_file)
    doubts.push_back(
        "xend-relocation-server-ssl-cert-file is not set: a host that asks for a certificate turns this one away.");
}

// ---- who may manage it ----

void doubt_management(const Options& options, std::vector<std::string>& doubts) {
  constexpr std::string_view kOpen =
      "{} is on and listens on {}: whoever reaches that may start, change and destroy every domain, without a "
      "password. "
      "Set {} to localhost unless the network is trusted.";
  if (options.xend_http_server && !is_loopback(options.xend_address))
    doubts.push_back(
        fmt::format(kOpen, "xend-http-server", where(options.xend_address, options.xend_port), "xend-address"));
  if (options.xend_tcp_xmlrpc_server && !is_loopback(options.xend_tcp_xmlrpc_server_address))
    doubts.push_back(fmt::format(kOpen, "xend-tcp-xmlrpc-server",
                                 where(options.xend_tcp_xmlrpc_server_address, options.xend_tcp_xmlrpc_server_port),
                                 "xend-tcp-xmlrpc-server-address"));
}

void doubt_displays(const Options& options, std::vector<std::string>& doubts) {
  if (is_loopback(options.vnc_listen) || !options.vncpasswd.value_or("").empty()) return;
  doubts.push_back(fmt::format(
      "vnc-listen is {} and vncpasswd is not set: whoever reaches this host sees the displays of guests that "
      "have no password of their own, and may type there.",
      options.vnc_listen));
}

void doubt_key_file(std::string_view key, const std::optional<std::filesystem::path>& file,
                    std::vector<std::string>& doubts) {
  struct stat status {};
  if (!file || ::stat(file->c_str(), &status) != 0 || (status.st_mode & 077) == 0) return;
  doubts.push_back(fmt::format("{}: {} has mode {:04o}: others than its owner may use the key. chmod 0600 {}", key,
                               file->string(), status.st_mode & 07777, file->string()));
}

// ---- what cannot work ----

void doubt_ports(const Options& options, std::vector<std::string>& doubts) {
  std::map<TcpPort, std::string_view> taken;
  const auto listens = [&](bool on, TcpPort port, std::string_view server) {
    if (!on) return;
    const auto [other, free] = taken.emplace(port, server);
    if (!free)
      doubts.push_back(
          fmt::format("{} and {} both listen on port {}: the second will not start where their addresses "
                      "meet.",
                      other->second, server, port));
  };
  listens(options.xend_relocation_server, options.xend_relocation_port, "xend-relocation-server");
  listens(options.xend_relocation_ssl_server, options.xend_relocation_ssl_port, "xend-relocation-ssl-server");
  listens(options.xend_http_server, options.xend_port, "xend-http-server");
  listens(options.xend_tcp_xmlrpc_server, options.xend_tcp_xmlrpc_server_port, "xend-tcp-xmlrpc-server");
}

void doubt_waits(const Options& options, std::vector<std::string>& doubts) {
  if (options.device_create_timeout.count() == 0)
    doubts.push_back(
        "device-create-timeout is 0: no device is waited for, and every one that is not there at once fails.");
}

void doubt_paths(const Options& options, std::vector<std::string>& doubts) {
  for (const auto& [key, path] : {std::pair("logfile", options.logfile),
                                  {"xend-unix-path", options.xend_unix_path},
                                  {"xend-domains-path", options.xend_domains_path},
                                  {"xend-state-path", options.xend_state_path}})
    if (!path.starts_with('/'))
      doubts.push_back(fmt::format("{}: '{}' is not an absolute path, and xend works in /.", key, path));
}

}  // namespace

std::vector<std::string> doubts(const Options& options) {
  std::vector<std::string> doubts;
  doubt_relocation(options, doubts);
  doubt_encryption(options, doubts);
  doubt_management(options, doubts);
  doubt_displays(options, doubts);
  doubt_key_file("xend-relocation-server-ssl-key-file", options.xend_relocation_server_ssl_key_file, doubts);
  doubt_key_file("xend-tcp-xmlrpc-server-ssl-key-file", options.xend_tcp_xmlrpc_server_ssl_key_file, doubts);
  doubt_ports(options, doubts);
  doubt_waits(options, doubts);
  doubt_paths(options, doubts);
  return doubts;
}

}  // namespace xend
