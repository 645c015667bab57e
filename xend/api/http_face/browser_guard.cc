#include "xend/api/http_face/browser_guard.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <resolv.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace xend {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// The host of `Host: name:8000` or `[::1]:8000`, without the port.
std::string host_name(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return std::string(end == host.npos ? "" : host.substr(1, end - 1));
  }
  std::string_view name = host.substr(0, host.find(':'));
  if (name.ends_with('.')) name.remove_suffix(1);
  return std::string(name);
}

bool is_number(const std::string& name) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, name.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
}

// Browsers send at least one of these, whatever a page asks them to send; classic clients none.
bool is_browser(const rpc::RequestHead& head) {
  for (const char* mark : {"Origin", "Sec-Fetch-Site", "Accept-Language"}) {
    if (!head.header(mark).empty()) return true;
  }
  return head.header("User-Agent").starts_with("Mozilla/");
}

}  // namespace

void BrowserGuard::check_host(std::string_view host) const {
  const std::string name = host_name(host);
  const auto is_name = [&](const std::string& own) { return same_name(own, name); };
  if (is_number(name) || same_name(name, "localhost") || std::any_of(names_.begin(), names_.end(), is_name)) return;
  throw rpc::HttpError(403,
                       fmt::format("A browser that calls this host '{:.100}' is not answered, for anybody can give "
                                   "it that name. Call it by its address{}.",
                                   name, names_.empty() ? "" : ", or " + names_.front()));
}

void BrowserGuard::check(const rpc::RequestHead& head) const {
  if (!is_browser(head)) return;
  check_host(head.header("Host"));
  const std::string_view origin = head.header("Origin");
  const std::string_view site = head.header("Sec-Fetch-Site");
  const bool own_origin = origin.empty() || same_name(origin, fmt::format("http://{}", head.header("Host")));
  const bool looks = head.method == "GET" || head.method == "HEAD";
  if (!own_origin || (!looks && (site == "cross-site" || site == "same-site")))
    throw rpc::HttpError(403, fmt::format("A page of another site, {:.100}, may not use this one.",
                                          origin.empty() ? "which the browser does not name" : origin));
}

std::vector<std::string> own_names() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer[0] == '\0') return {};
  const std::string name = buffer.data();
  std::vector<std::string> names = {name};
  struct __res_state resolver {};
  if (::res_ninit(&resolver) != 0) return names;
  for (char* const* domain = resolver.dnsrch; *domain && domain < resolver.dnsrch + MAXDNSRCH; ++domain)
    names.push_back(name + "." + *domain);
  ::res_nclose(&resolver);
  return names;
}

}  // namespace xend
