// What the daemon must know about running domains to find them again when it is started anew, however it ended: one
// small file per domain, which lives as long as the host is up.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "xend/domain/domain.h"

namespace xend {

// A domain that is about to be created in Xen, whose number is not known before: for as long as this lives the next
// daemon knows by its UUID what it finds without a note.
class Announcement {
 public:
  // Throws Error when it cannot be written.
  Announcement(const std::string& folder, const xc::Uuid& uuid);
  ~Announcement();
  Announcement(const Announcement&) = delete;
  Announcement& operator=(const Announcement&) = delete;

 private:
  std::string path_;
};

class RunningState {
 public:
  // `folder` is made with mode 0700 when it is first written to.
  explicit RunningState(std::string folder);

  // Replaces the domain's file: written beside it and renamed. Throws Error.
  void remember(const DomainState& domain);
  // The same with what the domain is now: of two changes at once, the last note has both.
  void remember_now(const Domain& domain);
  void forget(xc::DomId domid) noexcept;

  // To be held from before the domain is created until its note is written.
  [[nodiscard]] Announcement announce(const xc::Uuid& uuid) const;
  // The UUIDs that a daemon before this one had announced when it ended; they are forgotten by this.
  std::vector<xc::Uuid> take_announced() const;

  // The domains of all readable files; a damaged file is logged and left out.
  std::vector<DomainState> load() const;

 private:
  std::string path_of(xc::DomId domid) const;
  std::string folder_;
  std::mutex mutex_;
};

}  // namespace xend
