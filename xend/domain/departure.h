// A domain on its way out: being saved or moved. Shown as migrating-NAME meanwhile; whatever goes wrong, it lives on
// here under its own name (spec protocols 1.6).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "xend/domain/host.h"
#include "xend/domain/suspend.h"

namespace xend {

// How its memory goes out.
struct SendOptions {
  bool live = false;
  unsigned rate_mbit = 0;  // at most this many Mbit/s; 0: no limit
  RoundLimits limits{};    // live only
};

class Departure {
 public:
  // Takes the domain for itself and renames it. `what` as for Domain::begin ("saved", "migrated"); `destination`: the
  // host or the file, as given, for the external migration tool. Throws Error when it is not running, belongs to
  // somebody else, or may not be moved.
  Departure(Host& host, std::shared_ptr<Domain> domain, const std::string& what, const std::string& destination);
  // Unless leave(), stay() or keep_suspended() was called: the guest is resumed if it was suspended, and has its name
  // back.
  ~Departure();
  Departure(const Departure&) = delete;
  Departure& operator=(const Departure&) = delete;

  const Cancellation& cancellation() const { return operation_->cancellation(); }

  // `(domain ...)` as it is sent: with its own name and its devices (spec protocols 2.2).
  const sxp::Value& config() const { return config_; }

  // The memory to fd, behind `head`, which has been written there; the guest is suspended in the course of it.
  SaveResult send_memory(int fd, std::string_view head, const SendOptions& options);

  // How long ago the guest was asked to stop; 0 when it has not been.
  std::chrono::milliseconds stopped_for() const;

  // It is elsewhere now, safely: nothing of it stays here.
  void leave();

  // It was only copied: it goes on here.
  void stay();

  // Nobody can say whether it is elsewhere: it stays suspended under its migrating- name, so that it never runs twice.
  void keep_suspended();

 private:
  void show(Transfer::Phase phase);
  void suspend();
  void come_back(bool failed) noexcept;

  Host& host_;
  std::shared_ptr<Domain> domain_;
  std::optional<Operation> operation_;
  MigrationTool tool_;
  sxp::Value config_;
  std::optional<std::chrono::steady_clock::time_point> suspend_asked_at_;
  bool over_ = false;
};

// Throws Error when the domain's memory cannot be copied while it runs; `otherwise` completes "NAME was not touched.
// ... it without --live".
void require_live(Host& host, const Domain& domain, std::string_view what, std::string_view otherwise);

// The elements of a running domain's devices, as xenstore has them.
sxp::List device_elements(Host& host, const Domain& domain);

}  // namespace xend
