// Device models for real: QEMU processes that outlive the daemon, spoken to over QMP, and watched. One that ends while
// its guest needs it is reported.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "libxc-wrap/store.h"
#include "xend/build/device_models.h"
#include "xend/helpers/descriptor.h"

namespace xend {

struct DeviceModelSettings {
  std::string run_folder = "/var/run/xend";  // sockets; made with mode 0700 by the daemon
  std::string log_folder = "/var/log/xen";   // qemu-dm-NAME.log
  unsigned old_logs = 10;                    // qemu-dm-logrotate-count
  std::chrono::milliseconds to_start{60'000};
  std::chrono::milliseconds to_answer{30'000};  // a command
  std::chrono::milliseconds to_end{10'000};     // then it is killed
};

class QemuDeviceModels final : public DeviceModels {
 public:
  // `on_death`: called with a sentence saying how it ended when a device model ends that nobody has stopped; from a
  // thread of its own, or from adopt().
  using OnDeath = std::function<void(xc::DomId domid, const std::string& what)>;
  QemuDeviceModels(xc::Store& store, DeviceModelSettings settings, OnDeath on_death);
  ~QemuDeviceModels() override;  // the processes run on

  // From then on no death is told any more; for whoever is told may go before this object.
  void stop_watching();

  void start(const DeviceModelPlan& plan, const std::string& state, const Started& started) override;
  void adopt(xc::DomId domid, const std::string& name, const DeviceModelProcess& process) override;
  bool runs(xc::DomId domid) const override;
  void stop(xc::DomId domid) noexcept override;
  void log_dirty(xc::DomId domid, bool on) override;
  void halt(xc::DomId domid) override;
  void go_on(xc::DomId domid) override;
  void add_usb(xc::DomId domid, const UsbDevice& device) override;
  bool has_usb(xc::DomId domid, const UsbDevice& device) override;
  void remove_usb(xc::DomId domid, const UsbDevice& device) override;
  void save_state(xc::DomId domid, const std::string& path) override;

 private:
  class Process;

  std::string log_of(const std::string& name) const;
  std::string socket_of(xc::DomId domid) const;
  void launch(const DeviceModelPlan& plan, const std::string& state, const Started& started);
  std::shared_ptr<Process> spawn_process(const DeviceModelPlan& plan, const std::string& state);
  std::shared_ptr<Process> adopt_child(int pid, const std::string& name) const;
  void keep(xc::DomId domid, std::shared_ptr<Process> process);
  void wait_until_ready(const Process& process, const DeviceModelPlan& plan);
  void publish(const DeviceModelPlan& plan);
  void forget_nodes(xc::DomId domid) noexcept;
  void watch();
  void wake();

  xc::Store& store_;
  DeviceModelSettings settings_;
  OnDeath on_death_;
  mutable std::mutex mutex_;
  std::map<xc::DomId, std::shared_ptr<Process>> running_;
  Descriptor wake_;
  std::atomic<bool> stopping_{false};
  std::thread watcher_;
};

}  // namespace xend
