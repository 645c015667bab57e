// The helper programs without Xen: "memory" is a text per domain, which a save writes and a restore reads back, and
// which says by itself whether anything of it was lost. In front stands the checksum of the head, as in a real image.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "tests/fakes/fake_hypervisor.h"
#include "xend/helpers/helpers.h"

namespace fakes {

class FakeHelpers final : public xend::Helpers {
 public:
  explicit FakeHelpers(FakeHypervisor& xen) : xen_(xen) {}

  // A kernel whose path contains "pvh" has the entry note.
  std::map<std::string, std::string> kernel_notes(const std::string& kernel, const xend::Cancellation& cancel) override;
  xend::BuildResult build(const xend::BuildRequest& request, const xend::Cancellation& cancel) override;
  xend::SaveResult save(const xend::SaveRequest& request, const xend::Cancellation& cancel) override;
  xend::RestoreResult restore(const xend::RestoreRequest& request, const xend::Cancellation& cancel) override;
  // The file is "core of " and the guest's memory.
  std::uint64_t dump_core(const xend::DumpRequest& request, const xend::Cancellation& cancel) override;
  xend::VerifyResult verify(const xend::VerifyRequest& request, const xend::Cancellation& cancel) override;

  // ---- for tests ----

  std::string memory_of(xc::DomId domid) const;                 // "" when it has none
  void set_memory(xc::DomId domid, const std::string& memory);  // what the guest computed
  void fail_next_build(const std::string& text) { build_failure_ = text; }
  // The save ends half-way, when the guest has been suspended; `error`: the errno behind it.
  void fail_next_save(const std::string& text, int error) { save_failure_ = {text, error}; }
  // The dump ends half-way.
  void fail_next_dump(const std::string& text) { dump_failure_ = text; }
  // What the last image that was looked at would have been converted with.
  std::string converter() const { return converter_; }
  // Called by each restore before it reads anything; may throw xend::Error as the restore's failure.
  using WhileRestoring = std::function<void(const xend::RestoreRequest&, const xend::Cancellation&)>;
  void while_restoring(WhileRestoring what) { while_restoring_ = std::move(what); }
  // What the last save was asked for.
  xend::SaveRequest last_save() const {
    const std::lock_guard lock(mutex_);
    return last_save_;
  }
  // A save waits, copying its third round, until it is cancelled.
  void hang_saves(bool hang) { hang_ = hang; }
  bool hanging() const { return hanging_; }

 private:
  FakeHypervisor& xen_;
  mutable std::mutex mutex_;
  std::map<xc::DomId, std::string> memory_;
  xend::SaveRequest last_save_;
  std::string build_failure_, dump_failure_, converter_;
  std::optional<std::pair<std::string, int>> save_failure_;
  WhileRestoring while_restoring_;
  std::atomic<bool> hang_{false}, hanging_{false};
};

}  // namespace fakes
