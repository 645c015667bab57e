#include "xend/domain/change.h"

#include "xend/domain/lifecycle.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

Change::Change(Host& host, std::shared_ptr<Domain> domain, const char* verb) : host_(host), domain_(std::move(domain)) {
  require_ours(*domain_, verb);
  operation_.emplace(domain_->begin_in_turn("changed"));
  if (!runs()) throw Error(fmt::format("Domain '{}' is not started", domain_->name()));
}

Change::~Change() {
  operation_.reset();
  host_.look_again();  // it may have shut down by itself while we were busy with it
}

bool Change::pointless() const {
  return operation_->cancellation().cancelled() || !runs();
}

bool Change::runs() const {
  const auto domid = domain_->domid();
  const auto info = domid ? host_.xen.domain(*domid) : std::nullopt;
  return info && !info->dying && !info->shutdown;
}

}  // namespace xend
