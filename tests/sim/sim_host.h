// A whole host without Xen: the daemon's real domain and relocation code on fake hypervisor, xenstore and helpers, with
// guests that suspend when asked. Two of them talk over loopback.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "tests/fakes/fake_backends.h"
#include "tests/fakes/fake_device_models.h"
#include "tests/fakes/fake_dom0_memory.h"
#include "tests/fakes/fake_helpers.h"
#include "tests/fakes/fake_hypervisor.h"
#include "tests/fakes/fake_store.h"
#include "xend/domain/host.h"
#include "xend/domain/watcher.h"
#include "xend/relocation/handovers.h"
#include "xend/relocation/server.h"

namespace sim {

class SimHost {
 public:
  SimHost();
  ~SimHost();

  // Creates and starts a guest; its memory is `memory`. Returns its id.
  xc::DomId start_guest(const std::string& name, const std::string& memory = "all that it knows");

  // Listens for relocation on a port of its own, which it returns.
  unsigned listen(const std::string& hosts_allow = "", xend::RelocationLimits limits = {});
  // The same through TLS, with a certificate made on the spot, `folder`/host.pem.
  unsigned listen_encrypted(const rpc::TlsTrust& trust = {});
  void stop_listening() { server_.reset(); }

  // A network interface of this host, a bridge.
  void add_bridge(const std::string& name) {
    std::filesystem::create_directories(folder / "root/sys/class/net" / name / "bridge");
  }

  // Guests take a suspend request, or not.
  void guests_suspend(bool yes) { guests_suspend_ = yes; }

  // "NAME state" of every domain but dom0, joined by ", "; the state is "halted" or "suspended" for those at rest.
  std::string list();

  // What the daemon would have after being killed and started again: a new table, filled from Xen and its notes.
  void restart_daemon();

  fakes::FakeHypervisor xen;
  fakes::FakeStore store;
  fakes::FakeHelpers helpers{xen};
  fakes::FakeDeviceModels device_models;
  fakes::FakeDrivers drivers{store};
  fakes::FakeScripts scripts{store};
  fakes::FakeDom0Memory dom0_memory{xen};
  xend::CurrentOptions options{xend::Options{}};
  std::unique_ptr<xend::Host> host;
  const std::filesystem::path folder = new_folder();

 private:
  static std::filesystem::path new_folder();
  xend::DeviceSettings device_settings() const;
  void guests();

  std::unique_ptr<xend::Programs> programs_;
  xend::Devices devices_{store, scripts, device_settings()};
  std::unique_ptr<xend::DomainTable> domains_;
  xend::MemoryLedger memory_{xen, dom0_memory, options, [](std::chrono::milliseconds) {}};
  std::unique_ptr<xend::RunningState> running_state_;
  std::unique_ptr<xend::ManagedStore> managed_;
  std::unique_ptr<xend::Handovers> handovers_;
  std::unique_ptr<xend::DomainWatcher> watcher_;
  std::unique_ptr<xend::RelocationServer> server_;
  std::atomic<bool> guests_suspend_{true}, stopping_{false};
  std::unique_ptr<xc::Watch> guests_watch_;
  std::thread guests_;
};

// Waits, up to ten seconds, until `condition` holds.
template <typename Condition>
bool eventually(Condition&& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace sim
