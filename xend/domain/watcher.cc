#include "xend/domain/watcher.h"

#include <algorithm>
#include <map>

#include "xend/domain/policies.h"
#include "xend/domain/recovery.h"
#include "xend/domain/shutdown_timer.h"
#include "xend/log.h"

namespace xend {

using namespace std::chrono_literals;

DomainWatcher::DomainWatcher(Host& host) : host_(host), watch_(host.store.watch()) {
  watch_->add("@releaseDomain", "release");
  watch_->add("@introduceDomain", "introduce");
  thread_ = std::thread([this] { run(); });
}

DomainWatcher::~DomainWatcher() {
  stopping_ = true;
  watch_->wake();
  thread_.join();
}

void DomainWatcher::look_again() {
  watch_->wake();
}

void DomainWatcher::run() {
  while (!stopping_) {
    try {
      watch_->wait(look_at_all());
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Watching the domains: {}", e.what());
      if (!stopping_) std::this_thread::sleep_for(1s);  // xenstored is in trouble: do not fill the log
    }
  }
}

xc::Deadline DomainWatcher::look_at_all() {
  // A restart in the making is looked at again when it is done; the hour is only a bound.
  std::chrono::milliseconds soonest = 1h;
  std::map<xc::DomId, xc::DomainInfo> infos;
  for (const auto& info : host_.xen.domains()) infos.emplace(info.domid, info);
  for (const auto& domain : host_.domains.all()) {
    const auto state = domain->state();
    if (!state.domid || *state.domid == 0) continue;
    const auto info = infos.find(*state.domid);
    const bool there = info != infos.end() && !info->second.dying;
    if (state.foreign) {
      if (!there) host_.domains.erase(domain);
    } else if (!there || (info->second.shutdown && !state.preserved)) {
      begin_action(domain);
    } else if (const auto left = check_shutdown_timer(host_, *domain)) {
      soonest = std::min(soonest, *left);
    }
  }
  for (const auto& [domid, info] : infos) {
    const auto known = host_.domains.all();
    // A domain of ours is in the table by its UUID before it is in Xen.
    const bool listed = domid == 0 || info.dying || std::any_of(known.begin(), known.end(), [&](const auto& d) {
                          return d->domid() == domid || d->uuid() == info.handle;
                        });
    if (!listed) adopt_foreign(host_, info);
  }
  return std::chrono::steady_clock::now() + soonest;
}

void DomainWatcher::begin_action(const std::shared_ptr<Domain>& domain) {
  actions_.remove_if([](const auto& action) { return action.second.wait_for(0s) == std::future_status::ready; });
  for (const auto& [acted_on, action] : actions_)
    if (acted_on.lock() == domain) return;
  if (!domain->busy().empty()) return;  // who is busy says look_again() at the end
  actions_.emplace_back(domain, std::async(std::launch::async, [this, domain] { act_on_shutdown(host_, domain); }));
}

}  // namespace xend
