// ^C in xm during a save or a migration: the caller's connection closes, and what it asked for is cancelled. The guest
// then runs on. (The classic daemon worked on without anybody to tell the result.)
#pragma once

#include <memory>
#include <thread>

#include "rpc/file_descriptor.h"
#include "rpc/http_server.h"
#include "xend/domain/domain.h"

namespace xend {

class CancelWhenCallerLeaves {
 public:
  // While the object lives, the domain's operation is cancelled when the connection shows that the caller has gone, or
  // that the daemon is being stopped. -1: nobody to watch.
  CancelWhenCallerLeaves(const rpc::Caller& caller, std::shared_ptr<Domain> domain);
  ~CancelWhenCallerLeaves();
  CancelWhenCallerLeaves(const CancelWhenCallerLeaves&) = delete;
  CancelWhenCallerLeaves& operator=(const CancelWhenCallerLeaves&) = delete;

 private:
  void watch(const rpc::Caller& caller, Domain& domain) const;

  rpc::FileDescriptor done_;
  std::thread thread_;
};

}  // namespace xend
