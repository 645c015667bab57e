#include "xend/domain/departure.h"

#include <map>

#include "xend/devices/device_class.h"
#include "xend/domain/device_state.h"
#include "xend/domain/domain_sxp.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/movable.h"
#include "xend/domain/store_layout.h"
#include "xend/domain/tear_down.h"
#include "xend/error.h"
#include "xend/helpers/frame_format.h"
#include "xend/log.h"

namespace xend {

sxp::List device_elements(Host& host, const Domain& domain) {
  sxp::List elements;
  const auto owner = domain.device_owner();
  for (const auto& device : domain.state().config.devices) elements.push_back(host.devices.describe(owner, device));
  return elements;
}

void require_live(Host& host, const Domain& domain, std::string_view what, std::string_view otherwise) {
  const auto state = domain.state();
  if (state.config.type != xc::GuestType::kPv || host.xen.host_info().shadow) return;
  throw Error(
      fmt::format("{} of {} is not possible: it is a PV guest, and this hypervisor was built without shadow paging, so "
                  "it cannot tell which pages a running PV guest changes. {} was not touched. {} it without --live, or "
                  "run it with type = \"pvh\" in its configuration.",
                  what, state.name, state.name, otherwise));
}

namespace {

constexpr std::uint64_t kKiBOfPage = 4;

// Who builds the domain anew counts vifs from 0; the guest goes on with the ids that it knows. They differ once one of
// them has been detached, and are told then.
sxp::List elements_to_send(Host& host, const Domain& domain) {
  auto elements = device_elements(host, domain);
  const auto devices = domain.state().config.devices;
  std::map<std::string, unsigned> next;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    unsigned& expected = next[devices[i].type];
    if (devices[i].type == "vif" && devices[i].id != expected) set_item(elements[i], "devid", devices[i].id);
    expected = devices[i].id + 1;
  }
  return elements;
}

MigrationTool::Subject told_of(const Domain& domain, const std::string& destination) {
  MigrationTool::Subject subject{domain.name(), {}, destination};
  for (const auto& device : domain.state().config.devices) subject.devices.push_back(device.type);
  return subject;
}

}  // namespace

Departure::Departure(Host& host, std::shared_ptr<Domain> domain, const std::string& what,
                     const std::string& destination)
    : host_(host),
      domain_(std::move(domain)),
      tool_(host.devices.migration_tool(host.options.get()->external_migration_tool, told_of(*domain_, destination))) {
  const auto domid = domain_->domid();
  const auto info = domid ? host_.xen.domain(*domid) : std::nullopt;
  if (power_state(info) != PowerState::kRunning) throw Error("Domain is not running");
  const auto state = domain_->state();
  if (!state.held_because.empty()) throw Error(state.held_because);
  operation_.emplace(domain_->begin(what));
  show(Transfer::Phase::kPreparing);
  const auto now = domain_->state();  // nobody changes it any more, and its machine is exactly this
  check_movable(now.config, what);
  tool_.take(MigrationTool::kTest, cancellation().fd());
  tool_.take(MigrationTool::kBefore, cancellation().fd());
  config_ = domain_sxp(now, info, {.devices = true, .vcpu_avail = true}, elements_to_send(host_, *domain_));
  host_.domains.rename(domain_, "migrating-" + now.config.name);
  try {
    write_name(host_.store, domain_->state());
  } catch (...) {
    come_back(true);
    throw;
  }
}

Departure::~Departure() {
  if (!over_) come_back(true);
  domain_->update([](DomainState& s) { s.transfer.reset(); });
  operation_.reset();
  host_.look_again();  // it may have shut down by itself while we were busy with it
}

void Departure::show(Transfer::Phase phase) {
  domain_->update([&](DomainState& s) {
    if (!s.transfer) s.transfer.emplace();
    s.transfer->phase = phase;
  });
}

std::chrono::milliseconds Departure::stopped_for() const {
  using std::chrono::milliseconds;
  if (!suspend_asked_at_) return milliseconds(0);
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - *suspend_asked_at_);
}

void Departure::suspend() {
  show(Transfer::Phase::kSuspending);
  suspend_asked_at_ = std::chrono::steady_clock::now();
  suspend_guest(host_, *domain_, cancellation());
  tool_.take(MigrationTool::kSuspended, cancellation().fd());
  tool_.take(MigrationTool::kSuspendedToo, cancellation().fd());
  const auto state = domain_->state();
  if (state.config.type == xc::GuestType::kHvm) host_.device_models.halt(*state.domid);
  show(Transfer::Phase::kStopped);
}

SaveResult Departure::send_memory(int fd, std::string_view head, const SendOptions& options) {
  const auto state = domain_->state();
  SaveRequest request;
  request.name = state.config.name;
  request.domid = *state.domid;
  request.type = state.config.type;
  request.live = options.live;
  request.fd = fd;
  request.head = head_checksum(head);
  request.rate_mbit = options.rate_mbit;
  request.limits = options.limits;
  if (const auto info = host_.xen.domain(*state.domid)) request.pages = info->memory.value / kKiBOfPage;
  request.suspend = [this] { suspend(); };
  request.progress = [this](const SaveProgress& progress) {
    domain_->update([&](DomainState& s) { s.transfer->progress = progress; });
  };
  std::optional<DeviceState> device_state;
  if (request.type == xc::GuestType::kHvm) {
    request.log_dirty = [this, domid = request.domid](bool on) { host_.device_models.log_dirty(domid, on); };
    request.device_state = [&, domid = request.domid] {
      device_state.emplace(host_.device_state_folder, "save", domid);
      host_.device_models.save_state(domid, device_state->path());
      return device_state->path();
    };
  }
  show(Transfer::Phase::kCopying);
  const auto result = host_.helpers.save(request, cancellation());
  show(Transfer::Phase::kSent);
  return result;
}

void Departure::leave() {
  over_ = true;
  tool_.done();
  tear_down(host_, domain_);
}

void Departure::stay() {
  over_ = true;
  tool_.done();
  come_back(false);
}

void Departure::keep_suspended() {
  over_ = true;
  tool_.done();
}

void Departure::come_back(bool failed) noexcept {
  const auto state = domain_->state();
  tool_.take_back();  // before the guest uses what the tool has moved
  try {
    if (failed)
      XEND_LOG(Error, "Save failed on domain {} ({}) - resuming.", state.config.name, state.domid.value_or(0));
    resume_guest(host_, *domain_);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Domain {} ({}) could not be resumed: {}", state.config.name, state.domid.value_or(0), e.what());
  }
  try {
    host_.domains.rename(domain_, state.config.name);
    write_name(host_.store, domain_->state());
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Failed to reset the migrating domain's name {}: {}", state.config.name, e.what());
  }
}

}  // namespace xend
