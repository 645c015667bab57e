#include "xend/domain/suspend.h"

#include "xend/domain/store_layout.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

using Clock = std::chrono::steady_clock;

long seconds(std::chrono::milliseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

bool is_suspended(const std::optional<xc::DomainInfo>& info) {
  return info && info->shutdown && info->reason == xc::ShutdownReason::kSuspend;
}

// Linux forgets a request that comes while it is still getting up from the suspend before. It is told again then.
void repeat(Host& host, const std::string& node) {
  host.store.transaction([&](xc::Store& t) {
    if (t.read(node) == "suspend") t.write(node, "suspend");
  });
}

// Takes the request back. False when the guest has taken it: it empties the node, and may do so at any moment.
bool withdraw(Host& host, const std::string& node) {
  bool withdrawn = false;
  host.store.transaction([&](xc::Store& t) {
    withdrawn = t.read(node) == "suspend";
    if (withdrawn) t.write(node, "");
  });
  return withdrawn;
}

class Handshake {
 public:
  Handshake(Host& host, Domain& domain)
      : host_(host),
        name_(domain.state().config.name),
        domid_(domain.running_domid()),
        limits_(host.suspend_limits),
        without_drivers_(lacks_drivers(host, domain)),
        node_(domain_path(domid_) + "/control/shutdown"),
        watch_(host.store.watch()) {}

  void run(const Cancellation& cancel) {
    watch_->add(node_, "request");
    watch_->add("@releaseDomain", "release");
    if (without_drivers_)
      host_.xen.shutdown(domid_, xc::ShutdownReason::kSuspend);
    else
      host_.store.write(node_, "suspend");
    const auto begin = Clock::now();
    asked_ = begin;
    try {
      while (!done(begin, cancel)) watch_->wait(Clock::now() + std::chrono::milliseconds(200));
    } catch (...) {
      withdraw(host_, node_);
      throw;
    }
  }

 private:
  bool done(Clock::time_point begin, const Cancellation& cancel) {
    const auto info = host_.xen.domain(domid_);
    if (is_suspended(info)) return true;
    if (!info || info->dying || info->shutdown)
      throw Error(fmt::format("Domain {} ({}) ended while it was being suspended.", name_, domid_));
    const auto waited = Clock::now() - begin;
    if (!taken_) taken_ = host_.store.read(node_).value_or("") != "suspend";
    // One that has taken it is going to stop, and nobody would let it go on who is not here then.
    if (!taken_ && cancel.cancelled() && !(taken_ = !withdraw(host_, node_)))
      throw Error(fmt::format("Suspending domain {} ({}) was cancelled. It runs on.", name_, domid_));
    if (!taken_ && Clock::now() - asked_ > limits_.to_ask_again) {
      repeat(host_, node_);
      asked_ = Clock::now();
    }
    if (!taken_ && waited > limits_.to_take_the_request)
      throw Error(
          fmt::format("Timeout waiting for domain {} to suspend\n{} did not take the request within {} seconds: its "
                      "kernel has no support for it or hangs. It runs on; shut it down instead.",
                      domid_, name_, seconds(limits_.to_take_the_request)));
    if (waited > limits_.to_take_the_request + limits_.to_stop)
      throw Error(
          fmt::format("Timeout waiting for domain {} to suspend\n{} took the request and did not stop within {} "
                      "seconds: look at its console.",
                      domid_, name_, seconds(limits_.to_stop)));
    return false;
  }

  Host& host_;
  std::string name_;
  xc::DomId domid_;
  SuspendLimits limits_;
  bool without_drivers_;  // then nobody reads the request, and stopping it from outside is right
  std::string node_;
  std::unique_ptr<xc::Watch> watch_;
  Clock::time_point asked_;
  bool taken_ = false;
};

}  // namespace

bool lacks_drivers(Host& host, const Domain& domain) {
  return domain.state().config.type == xc::GuestType::kHvm && !host.xen.has_drivers(domain.running_domid());
}

void suspend_guest(Host& host, Domain& domain, const Cancellation& cancel) {
  XEND_LOG(Debug, "Suspending {} ({}) ...", domain.name(), domain.running_domid());
  Handshake(host, domain).run(cancel);
  XEND_LOG(Info, "Domain {} ({}) suspended.", domain.name(), domain.running_domid());
}

namespace {

// False when they cannot: the domain has lost its device model meanwhile.
bool devices_go_on(Host& host, const DomainState& state) {
  if (state.device_model.pid == 0 || state.config.type != xc::GuestType::kHvm) return true;
  try {
    host.device_models.go_on(*state.domid);
  } catch (const Error& e) {
    XEND_LOG(Error, "Domain {} ({}): its device model does not go on: {}", state.config.name, *state.domid, e.what());
  }
  return host.device_models.runs(*state.domid);
}

}  // namespace

void resume_guest(Host& host, Domain& domain) {
  const auto state = domain.state();
  const auto domid = domain.running_domid();
  if (!is_suspended(host.xen.domain(domid))) return;
  // Its devices first: the guest must not wait for an answer of theirs.
  const bool has_devices = devices_go_on(host, state);
  host.xen.resume(domid);
  host.store.resume_domain(domid);
  // A suspended domain could not be told of that death; from here on its on_crash decides.
  if (!has_devices) host.xen.shutdown(domid, xc::ShutdownReason::kCrash);
  XEND_LOG(Info, "Domain {} ({}) resumed.", state.config.name, domid);
}

}  // namespace xend
