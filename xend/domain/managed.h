// Domains that outlive their running: defined, started, suspended into their own folder, resumed, deleted (spec
// domain-lifecycle section 14, protocols 3.4). While one does not run, the table has it as a dormant entry (at_rest.h).
#pragma once

#include <atomic>
#include <memory>

#include "sxp/value.h"
#include "xend/domain/host.h"

namespace xend {

// Has a domain of `(vm ...)` managed from now on, without starting it; one of that UUID that does not run is defined
// anew. Throws Error.
void define_domain(Host& host, const sxp::Value& config);

// Starts a managed domain and waits for its devices; it runs then, unless `paused`. Throws Error; it is at rest then.
void start_domain(Host& host, const std::shared_ptr<Domain>& domain, bool paused);

// Saves a managed domain that runs to where it is kept; it is suspended when this returns, and stays so whatever
// happens to daemon and host. Throws Error; the domain runs on then.
void suspend_domain(Host& host, const std::shared_ptr<Domain>& domain);

// Has a suspended domain go on where it was; its image is gone then. Throws Error; it stays suspended then.
void resume_domain(Host& host, const std::shared_ptr<Domain>& domain, bool paused);

// Has a running domain managed from now on. Throws Error; it is not, then.
void manage_domain(Host& host, const std::string& uuid);

// Forgets a managed domain that is halted. Throws Error "Domain is not halted."
void delete_domain(Host& host, const std::shared_ptr<Domain>& domain);

// What changed in a domain's configuration, noted for the next daemon and, of a managed one, on disk. Throws Error.
void remember_change(Host& host, const Domain& domain);

// Throws Error when the managed domain of that UUID is suspended: started anew, it and its image would share disks.
void refuse_suspended(Host& host, const xc::Uuid& uuid);

// At the daemon's start, when the running domains are known: those that are managed are marked so, the others become
// dormant entries. A configuration that cannot take part is logged and left alone.
void find_managed_domains(Host& host);

// Starts a managed domain if it is halted and has on_xend_start = start, and does not run elsewhere
// (DomainTable::elsewhere). A failure is logged.
void autostart_domain(Host& host, const std::shared_ptr<Domain>& domain) noexcept;

// Starts the halted ones with on_xend_start = start, one after the other, until `stop` is set. Failures are logged.
void autostart_domains(Host& host, const std::atomic<bool>& stop) noexcept;

}  // namespace xend
