#include "xend/domain/connecting.h"

#include <filesystem>
#include <functional>

#include "xend/devices/device_class.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

using Failure = std::exception_ptr;  // null: it worked
using Connect = std::function<Failure(const Device&)>;

Failure connect_device(Host& host, const DeviceOwner& owner, const Device& device, const Cancellation* cancel) {
  try {
    host.devices.connect(owner, device, cancel);
    return nullptr;
  } catch (const std::exception& e) {
    XEND_LOG(Error, "{} ({}): {}", owner.name, owner.domid, e.what());
    return std::current_exception();
  }
}

// They are connected beside each other, and all have ended when this returns.
void connect_all(const std::vector<Device>& devices, const Connect& connect,
                 const std::shared_future<void>& earlier = {}) {
  std::vector<std::future<Failure>> pending;
  for (const auto& device : devices) pending.push_back(std::async(std::launch::async, connect, std::cref(device)));
  Failure first;
  for (auto& one : pending)
    if (const auto failure = one.get(); failure && !first) first = failure;
  if (earlier.valid()) earlier.get();
  if (first) std::rethrow_exception(first);
}

}  // namespace

std::shared_future<void> connect_devices(Host& host, const Domain& domain, std::vector<Device> devices,
                                         const std::shared_future<void>& earlier) {
  const auto all = [&host, owner = domain.device_owner(), devices = std::move(devices), earlier] {
    connect_all(
        devices, [&](const Device& device) { return connect_device(host, owner, device, nullptr); }, earlier);
  };
  return std::async(std::launch::async, all).share();
}

bool connects_early(const Device& device) {
  return device.type == "vif" && std::filesystem::path(item(device.config, "script")).filename() == "vif-bridge";
}

void EarlyConnecting::begin(Host& host, Domain& domain, const Cancellation& step) {
  auto early = domain.state().config.devices;
  std::erase_if(early, [](const Device& device) { return !connects_early(device); });
  if (early.empty()) return;
  host.devices.write(domain.device_owner(), early);
  const auto all = [&host, owner = domain.device_owner(), early, shared = shared_, step] {
    connect_all(early, [&](const Device& device) {
      const auto failure = connect_device(host, owner, device, &shared->given_up);
      if (failure) {
        shared->failed = true;
        Cancellation(step).cancel();
      }
      return failure;
    });
  };
  result_ = std::async(std::launch::async, all).share();
  domain.set_connecting(result_);
}

void EarlyConnecting::give_up() {
  shared_->given_up.cancel();
}

void EarlyConnecting::check() const {
  if (shared_->failed) result_.get();
}

std::vector<Device> EarlyConnecting::rest_of(std::vector<Device> devices) const {
  if (result_.valid()) std::erase_if(devices, connects_early);
  return devices;
}

}  // namespace xend
