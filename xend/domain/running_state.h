// What the daemon must know about running domains to find them again when it is started anew, however it ended: one
// small file per domain, which lives as long as the host is up.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "xend/domain/domain.h"

namespace xend {

class RunningState {
 public:
  // `folder` is made with mode 0700 when it is first written to.
  explicit RunningState(std::string folder);

  // Replaces the domain's file: written beside it and renamed. Throws Error.
  void remember(const DomainState& domain);
  // The same with what the domain is now: of two changes at once, the last note has both.
  void remember_now(const Domain& domain);
  void forget(xc::DomId domid) noexcept;

  // The domains of all readable files; a damaged file is logged and left out.
  std::vector<DomainState> load() const;

 private:
  std::string path_of(xc::DomId domid) const;
  std::string folder_;
  std::mutex mutex_;
};

}  // namespace xend
