// ^C in xm during a save or a migration: the caller's connection closes, and what it asked for is cancelled. The guest
// then runs on. (The classic daemon worked on without anybody to tell the result.)
#pragma once

#include <memory>
#include <thread>

#include "rpc/file_descriptor.h"
#include "xend/domain/domain.h"

namespace xend {

class CancelWhenCallerLeaves {
 public:
  // While the object lives, the domain's operation is cancelled when `connection` shows that the caller has gone, or
  // that the daemon is being stopped. -1: nobody to watch.
  CancelWhenCallerLeaves(int connection, std::shared_ptr<Domain> domain);
  ~CancelWhenCallerLeaves();
  CancelWhenCallerLeaves(const CancelWhenCallerLeaves&) = delete;
  CancelWhenCallerLeaves& operator=(const CancelWhenCallerLeaves&) = delete;

 private:
  void watch(int connection, Domain& domain) const;

  rpc::FileDescriptor done_;
  std::thread thread_;
};

}  // namespace xend
