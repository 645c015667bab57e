// The host as operations on domains see it: what they are done with. One object, made by the daemon (or by a test, on
// fakes), outliving everything that refers to it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "libxc-wrap/hypervisor.h"
#include "libxc-wrap/store.h"
#include "xend/build/boot_loader.h"
#include "xend/build/device_models.h"
#include "xend/build/programs.h"
#include "xend/config/current_options.h"
#include "xend/devices/devices.h"
#include "xend/domain/domain_table.h"
#include "xend/domain/managed_store.h"
#include "xend/domain/running_state.h"
#include "xend/helpers/helpers.h"
#include "xend/node/cpu_pools.h"
#include "xend/node/memory.h"
#include "xend/node/pci.h"

namespace xend {

// How long a guest may take to suspend itself.
struct SuspendLimits {
  std::chrono::milliseconds to_take_the_request{60'000};  // spec domain-lifecycle section 13
  // The original waited for ever here; a guest stuck in its freezer must not keep an operation open for good.
  std::chrono::milliseconds to_stop{300'000};
  std::chrono::milliseconds to_ask_again{5'000};  // a guest that has not taken the request
};

class Handovers;  // xend/relocation: only what moves domains knows more of it

struct Host {
  xc::Hypervisor& xen;
  xc::Store& store;
  Devices& devices;
  Helpers& helpers;
  CurrentOptions& options;
  DomainTable& domains;
  MemoryLedger& memory;
  RunningState& running_state;
  ManagedStore& managed;
  DeviceModels& device_models;
  const Programs& programs;
  SuspendLimits suspend_limits{};
  std::string device_state_folder{"/var/lib/xen"};
  BootLoaderSettings boot_loader{};
  // Makes the watcher look at every domain again: somebody stopped being busy with one that may have shut down
  // meanwhile.
  std::function<void()> look_again = [] {};
  PciHost pci{};
  std::string dump_folder{"/var/xen/dump"};
  // How long a guest that was asked to shut down may take before that is called unresponsive.
  std::chrono::milliseconds shutdown_limit{300'000};  // spec domain-lifecycle 12.1
  std::unique_ptr<CpuPools> pools = std::make_unique<CpuPools>(xen, store, options);
  Handovers* handovers = nullptr;
};

}  // namespace xend
