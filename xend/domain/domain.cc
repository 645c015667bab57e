#include "xend/domain/domain.h"

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

Operation::Operation(std::shared_ptr<Domain> domain, Cancellation cancellation)
    : domain_(std::move(domain)), cancellation_(std::move(cancellation)) {}

Operation::Operation(Operation&& other) noexcept = default;

Operation::~Operation() {
  if (domain_) domain_->end_operation();
}

Domain::Domain(DomainState state) : state_(std::move(state)) {
  if (state_.name.empty()) state_.name = state_.config.name;
}

DomainState Domain::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::string Domain::name() const {
  const std::lock_guard lock(mutex_);
  return state_.name;
}

xc::Uuid Domain::uuid() const {
  const std::lock_guard lock(mutex_);
  return state_.config.uuid;
}

std::optional<xc::DomId> Domain::domid() const {
  const std::lock_guard lock(mutex_);
  return state_.domid;
}

xc::DomId Domain::running_domid() const {
  const std::lock_guard lock(mutex_);
  if (!state_.domid) throw Error(fmt::format("Domain '{}' is not started", state_.name));
  return *state_.domid;
}

DeviceOwner Domain::device_owner() const {
  const std::lock_guard lock(mutex_);
  DeviceOwner owner;
  owner.domid = state_.domid.value_or(0);
  owner.name = state_.config.name;
  owner.vm_path = state_.vm_path;
  owner.protocol = state_.protocol;
  owner.type = state_.config.type;
  return owner;
}

Operation Domain::begin_locked(const std::string& what) {
  if (!busy_.empty())
    throw Error(fmt::format("Domain {} is being {} just now, so it cannot be {}. Try again when that is done.",
                            state_.config.name, busy_, what));
  busy_ = what;
  running_.emplace();
  return Operation(shared_from_this(), *running_);
}

Operation Domain::begin(const std::string& what) {
  const std::lock_guard lock(mutex_);
  return begin_locked(what);
}

Operation Domain::begin_in_turn(const std::string& what) {
  std::unique_lock lock(mutex_);
  idle_.wait_for(lock, std::chrono::seconds(300), [&] { return busy_ != what; });
  return begin_locked(what);
}

Operation Domain::begin_after_cancelling(const std::string& what) {
  std::unique_lock lock(mutex_);
  if (running_) running_->cancel();
  if (!idle_.wait_for(lock, std::chrono::seconds(60), [this] { return busy_.empty(); }))
    throw Error(fmt::format("Domain {} is being {} and did not give that up within 60 seconds, so it cannot be {} now.",
                            state_.config.name, busy_, what));
  busy_ = what;
  running_.emplace();
  return Operation(shared_from_this(), *running_);
}

std::string Domain::busy() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

bool Domain::cancel() {
  const std::lock_guard lock(mutex_);
  if (!running_) return false;
  running_->cancel();
  return true;
}

bool Domain::cancel(std::string_view what) {
  const std::lock_guard lock(mutex_);
  if (!running_ || busy_ != what) return false;
  running_->cancel();
  return true;
}

bool Domain::await_idle(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, patience, [this] { return busy_.empty(); });
}

void Domain::end_operation() {
  {
    const std::lock_guard lock(mutex_);
    busy_.clear();
    running_.reset();
  }
  idle_.notify_all();
}

void Domain::set_connecting(std::shared_future<void> connecting) {
  const std::lock_guard lock(mutex_);
  connecting_ = std::move(connecting);
}

std::shared_future<void> Domain::connecting() const {
  const std::lock_guard lock(mutex_);
  return connecting_;
}

}  // namespace xend
