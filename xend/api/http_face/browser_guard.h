// Keeps web pages from elsewhere from using a browser of this network against xend, which asks for no password: a form
// that posts here from another site, and a page whose name was pointed at this host after it was loaded (DNS
// rebinding). Programs that are no browsers -- classic clients, curl, scripts -- are not looked at.
#pragma once

#include <string>
#include <vector>

#include "rpc/http.h"

namespace xend {

class BrowserGuard {
 public:
  // `names`: those by which a browser may call this host, besides localhost and numbers.
  explicit BrowserGuard(std::vector<std::string> names) : names_(std::move(names)) {}

  // Throws rpc::HttpError 403 that says what to do.
  void check(const rpc::RequestHead& head) const;

 private:
  void check_host(std::string_view host) const;

  std::vector<std::string> names_;
};

// This host's own names: as the kernel has it, and that within each domain that the resolver searches. Asks no server.
std::vector<std::string> own_names();

}  // namespace xend
