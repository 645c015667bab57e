// A domain while it is being made, step by step; whatever has been made is undone unless keep() is reached. Starting
// and restoring share every step but the one that fills the memory (spec domain-lifecycle section 4, modern-xen 26.2).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "xend/build/boot_loader.h"
#include "xend/domain/connecting.h"
#include "xend/domain/device_state.h"
#include "xend/domain/host.h"

namespace xend {

class Construction {
 public:
  // Puts the domain into the table: from here on its name and UUID are taken. Throws Error when they were already.
  // Being destroyed by somebody meanwhile cancels the step that is going on.
  Construction(Host& host, DomainConfig config);
  ~Construction();
  Construction(const Construction&) = delete;
  Construction& operator=(const Construction&) = delete;

  const std::shared_ptr<Domain>& domain() const { return domain_; }

  // Steps in their order; each throws Error.
  void make_shell();  // Xen domain, xenstore skeleton, limits, channels
  void build();       // memory of a new domain, from its kernel
  // Memory out of an image that begins at fd's position, behind a head of the checksum `head`. Meanwhile those devices
  // are connected that can be before it is whole (connecting.h); one that fails ends it with its own text.
  void restore(int fd, std::uint64_t head);
  void introduce();                // xenstore and console know it; devices written, the device model runs
  void connect();                  // waits until the devices are connected; without it keep() only begins that
  std::shared_ptr<Domain> keep();  // done: paused

 private:
  BootFiles boot_loader(const DomainState& state);
  void build_hvm(const DomainState& state);
  void apply_cpuid_policy(const DomainConfig& config);
  void give_pci_devices();
  void start_device_model();  // for those that need one
  void begin_connecting();
  void store_managed() noexcept;
  void fill_memory(const BuildRequest& request);

  Host& host_;
  std::shared_ptr<Domain> domain_, replaced_;  // a managed domain that did not run has made way for this one
  std::uint32_t security_sid_ = 0;
  std::optional<Operation> operation_;
  std::optional<MemoryReservation> memory_;
  std::optional<DeviceState> device_state_;  // of a restored HVM guest, for its device model
  EarlyConnecting early_;
  bool connecting_ = false, kept_ = false;
};

}  // namespace xend
