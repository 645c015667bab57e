// One domain as the daemon knows it while Xen runs it: configuration, ids, and who is busy with it. Whether it runs, is
// paused or has crashed is not kept here: Xen is asked (spec domain-lifecycle section 3).
//
// Locks: a domain's lock and the table's are held for a few assignments only, never across a call to Xen, xenstore or a
// helper. Work that must not overlap (making, saving, moving, restarting, destroying) holds an Operation instead.
#pragma once

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "libxc-wrap/hypervisor.h"
#include "xend/build/device_models.h"
#include "xend/domain/domain_config.h"
#include "xend/domain/transfer.h"
#include "xend/helpers/helpers.h"

namespace xend {

class Domain;

struct DomainState {
  DomainConfig config;             // config.name is the domain's own name, whatever it is shown as
  std::string name;                // what it is called now: differs from config.name only as migrating-NAME
  std::optional<xc::DomId> domid;  // nothing while it is being made
  std::string vm_path;
  std::string protocol;  // of the kernel, for the front ends
  xc::Frame store_frame = 0, console_frame = 0;
  xc::Port store_port = 0, console_port = 0;
  double start_time = 0;  // seconds since 1970
  unsigned restart_count = 0;
  bool paused_by_admin = false;
  bool being_made = false;  // a daemon that finds this after its predecessor's end takes the domain away
  bool preserved = false;   // shut down and kept, on_* = preserve
  // Another host has the say whether it runs there or here: why nobody may let it run meanwhile, as a sentence.
  std::string held_because;
  DeviceModelProcess device_model;
  bool foreign = false;  // made by another toolstack: listed and left alone
  bool managed = false;  // its configuration is kept on disk, also while it does not run (managed.h)
  bool dormant = false;  // that configuration and no more: halted, or suspended
  // When it was asked to shut down, in seconds since 1970; 0: it was not, or it has been called unresponsive.
  double shutdown_asked_at = 0;
  std::optional<Transfer> transfer;  // while it is being saved or moved
};

// Exclusive use of a domain for something that takes time; ends with the object.
class Operation {
 public:
  Operation(Operation&& other) noexcept;
  Operation& operator=(Operation&&) = delete;
  ~Operation();
  const Cancellation& cancellation() const { return cancellation_; }

 private:
  friend class Domain;
  Operation(std::shared_ptr<Domain> domain, Cancellation cancellation);
  std::shared_ptr<Domain> domain_;
  Cancellation cancellation_;
};

class Domain : public std::enable_shared_from_this<Domain> {
 public:
  explicit Domain(DomainState state);

  DomainState state() const;  // a copy
  std::string name() const;
  xc::Uuid uuid() const;
  std::optional<xc::DomId> domid() const;
  // The domid of a domain that must be there. Throws Error "Domain 'NAME' is not started" while it has none.
  xc::DomId running_domid() const;
  DeviceOwner device_owner() const;

  // Changes the state under the lock; `change` must not block.
  template <typename Change>
  void update(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(state_);
  }

  // Begins exclusive work. `what` completes "Domain NAME is being ...". Throws Error when other work is going on.
  Operation begin(const std::string& what);
  // The same for work that may be asked for several times at once: while the domain is busy with the same `what`, waits
  // for its turn, 300 seconds at most.
  Operation begin_in_turn(const std::string& what);
  // Begins work that ends all other: cancels what goes on and waits for it to give up, 60 seconds at most.
  Operation begin_after_cancelling(const std::string& what);
  // What is being done, "" when nothing.
  std::string busy() const;
  // Cancels the work that goes on, if any. Returns false when there was none.
  bool cancel();
  // Cancels the work when it is `what`; false when it is not.
  bool cancel(std::string_view what);
  // Waits until nothing is being done; false when something still is after `patience`.
  bool await_idle(std::chrono::milliseconds patience);

  // The connecting of its devices, begun by the one who made it; awaited by waitForDevices and before it is destroyed.
  void set_connecting(std::shared_future<void> connecting);
  std::shared_future<void> connecting() const;  // not valid() when none was begun

 private:
  friend class Operation;
  Operation begin_locked(const std::string& what);
  void end_operation();

  mutable std::mutex mutex_;
  std::condition_variable idle_;
  DomainState state_;
  std::string busy_;
  std::optional<Cancellation> running_;
  std::shared_future<void> connecting_;
};

}  // namespace xend
