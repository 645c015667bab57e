// The exclusive use of a running domain for a change of it: devices, memory, vcpus. Changes asked for at once come one
// after the other; while the domain is being made, saved, moved or ended they are refused.
#pragma once

#include <memory>

#include "xend/domain/host.h"

namespace xend {

class Change {
 public:
  // `verb` completes "Cannot VERB privileged domain NAME". Throws Error for dom0, another toolstack's domain, one that
  // does not run (any more), and one that is busy with something else.
  Change(Host& host, std::shared_ptr<Domain> domain, const char* verb);
  ~Change();
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  const Cancellation& cancellation() const { return operation_->cancellation(); }

  // True when waiting for the guest has no point any more: it has ended, or is to be destroyed.
  bool pointless() const;

 private:
  bool runs() const;

  Host& host_;
  std::shared_ptr<Domain> domain_;
  std::optional<Operation> operation_;
};

}  // namespace xend
