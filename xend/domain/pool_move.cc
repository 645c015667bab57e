#include "xend/domain/pool_move.h"

#include "xend/domain/at_rest.h"
#include "xend/domain/managed.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

// The classic text says nothing about why; that is the second line.
void move_running(Host& host, xc::DomId domid, const std::string& pool) {
  try {
    host.xen.move_to_pool(domid, host.pools->id_of(pool));
  } catch (const std::exception& e) {
    throw Error(fmt::format("could not move domain\n{}", e.what()));
  }
}

}  // namespace

void move_to_pool(Host& host, const std::string& name, const std::string& pool) {
  const auto pools = host.pools->list();
  const auto is_it = [&](const Pool& p) { return p.record.name == pool; };
  if (std::none_of(pools.begin(), pools.end(), is_it)) throw Error(fmt::format("unknown pool {}", pool));
  const auto domain = host.domains.find(name);
  if (!domain) throw Error(fmt::format("unknown domain {}", name));
  if (domain->domid() == xc::DomId{0}) throw Error("could not move Domain-0");
  if (domain->state().dormant)
    return change_at_rest(host, domain, [&](DomainConfig& config) { config.pool_name = pool; });
  move_running(host, domain->running_domid(), pool);
  domain->update([&](DomainState& s) { s.config.pool_name = pool; });
  const auto state = domain->state();
  if (state.foreign) return;
  remember_change(host, *domain);
  host.store.write(state.vm_path + "/pool_name", pool);
  XEND_LOG(Info, "Domain {} ({}) is in CPU pool {} now.", state.name, *state.domid, pool);
}

}  // namespace xend
