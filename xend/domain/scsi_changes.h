// SCSI devices that come to a domain or leave it, one or all of an adapter at once (spec xm-cli, scsi-attach and
// scsi-detach).
#pragma once

#include <memory>

#include "xend/domain/host.h"

namespace xend {

// (vscsi (feature-host 0) (dev (state 1) (p-dev ..) (v-dev ..)) ..): state 1 comes, 5 leaves. The first device of an
// adapter brings it along, the last takes it away. Throws Error; the domain then has what it had.
void reconfigure_scsi(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element);

}  // namespace xend
