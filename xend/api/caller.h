// What ends a call that takes long before it is done: that xend is being stopped, and for some calls that whoever asked
// has gone. What was asked for is cancelled then, and the guest runs on.
#pragma once

#include <memory>
#include <thread>

#include "rpc/file_descriptor.h"
#include "rpc/http_server.h"
#include "xend/domain/domain.h"

namespace xend {

// What becomes of a call when its connection closes. A save or a migration goes on, as it classically did: xm dies of
// many things, and who wants it cancelled has xend.domain.cancel.
enum class Unattended { kIsCancelled, kGoesOn };

class CallWatch {
 public:
  // While the object lives, the domain's operation is cancelled when one of these things happens.
  CallWatch(const rpc::Caller& caller, std::shared_ptr<Domain> domain, Unattended unattended);
  ~CallWatch();
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

 private:
  void watch(const rpc::Caller& caller, Domain& domain, Unattended unattended) const;

  rpc::FileDescriptor done_;
  std::thread thread_;
};

}  // namespace xend
