// The real Helpers: every call runs xc_build, xc_save or xc_restore as a process of its own.
#pragma once

#include <string>

#include "xend/helpers/helpers.h"

namespace xend {

// Failures are HelperError (helper_error.h). No limits of time: who wants one cancels.
//
// After a failed save the guest is the caller's to resume if SaveRequest::suspend was called. Only when the daemon
// itself dies, xc_save does that. A failed build or restore leaves a domain that is fit only for being destroyed.
class HelperPrograms final : public Helpers {
 public:
  // `folder`: where the programs are.
  explicit HelperPrograms(std::string folder = LIBEXECDIR);

  std::map<std::string, std::string> kernel_notes(const std::string& kernel, const Cancellation& cancel) override;
  BuildResult build(const BuildRequest& request, const Cancellation& cancel) override;
  SaveResult save(const SaveRequest& request, const Cancellation& cancel) override;
  RestoreResult restore(const RestoreRequest& request, const Cancellation& cancel) override;
  std::uint64_t dump_core(const DumpRequest& request, const Cancellation& cancel) override;
  VerifyResult verify(const VerifyRequest& request, const Cancellation& cancel) override;

 private:
  std::string folder_;
};

}  // namespace xend
