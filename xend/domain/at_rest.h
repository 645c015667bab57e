// A managed domain that does not run: an entry in the table with a configuration and nothing else (spec
// domain-lifecycle section 14).
#pragma once

#include <functional>
#include <memory>

#include "xend/domain/host.h"

namespace xend {

// The entry of a configuration, of one that ran until now or of one that was read. Devices that this host knows are
// completed, ids and addresses included; what is wrong with the others is said when it is started. Does not put it into
// the table. Throws nothing but for want of memory.
std::shared_ptr<Domain> at_rest(const Host& host, DomainConfig config);

// Changes the configuration of a domain at rest, on disk too; `change` throws Error when it cannot be. Changes asked
// for at once come one after the other. Throws Error; nothing has changed then.
void change_at_rest(Host& host, const std::shared_ptr<Domain>& domain,
                    const std::function<void(DomainConfig&)>& change);

// The configuration as something that can be started: all devices in device_elements.
DomainConfig to_be_started(DomainConfig config);

}  // namespace xend
