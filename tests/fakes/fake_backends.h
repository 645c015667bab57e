// dom0's side of devices in tests: drivers that take up and let go of backends in a FakeStore, and hotplug scripts that
// say what they are told to.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libxc-wrap/store.h"
#include "xend/devices/script_runner.h"

namespace fakes {

// Plays blkback, netback and pciback for every backend of class vbd, vif and pci: state 1 becomes 2, and 5 becomes 6
// when the frontend goes away or says 6, which they notice by a watch only. Functions of class pci come and go, as the
// guest's driver would have it, too. A thread does so from construction to destruction.
class FakeDrivers {
 public:
  explicit FakeDrivers(xc::Store& store);
  ~FakeDrivers();

  void ignore_new_backends() { takes_up_ = false; }
  void never_let_go() { lets_go_ = false; }
  void pci_guest_answers(bool yes) { pci_guest_answers_ = yes; }
  void pciback_exports(bool yes) { pci_exports_ = yes; }
  // Removes nodes the way xenstored does for a guest that died: no watch fires for the drivers.
  void remove_unnoticed(const std::string& path);

 private:
  void serve();
  bool noticed(const std::string& path);
  void look_at(const std::string& backend, const std::string& changed);
  void serve_pci(xc::Store& transaction, const std::string& backend, const std::string& state);

  xc::Store& store_;
  std::unique_ptr<xc::Watch> watch_;
  std::mutex mutex_;
  std::vector<std::string> unnoticed_;
  std::atomic<bool> takes_up_ = true, lets_go_ = true, ending_ = false, pci_guest_answers_ = true, pci_exports_ = true;
  std::thread thread_;
};

// Records calls. Unless told otherwise `add` and `online` write hotplug-status=connected, add for an image a loop
// device as well, and all succeed.
class FakeScripts : public xend::ScriptRunner {
 public:
  explicit FakeScripts(xc::Store& store) : store_(store) {}

  xend::ScriptResult run(const xend::ScriptCall& call, std::chrono::milliseconds limit) override;

  // Runs instead of the default for every call; may write to the store and throw xend::Error.
  using Behaviour = std::function<xend::ScriptResult(const xend::ScriptCall&)>;
  void behave(Behaviour behaviour);

  // What the scripts of one command do by default.
  xend::ScriptResult succeed(const xend::ScriptCall& call);

  // "/etc/xen/scripts/block add backend/vbd/5/51712", in order.
  std::vector<std::string> calls() const;
  // The last call; throws std::out_of_range when there was none.
  xend::ScriptCall last() const;

 private:
  xc::Store& store_;
  mutable std::mutex mutex_;
  Behaviour behaviour_;
  std::vector<xend::ScriptCall> calls_;
};

}  // namespace fakes
