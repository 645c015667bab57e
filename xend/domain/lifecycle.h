// What can be done to a domain while it runs here: start, pause, unpause, shut down, destroy, rename. Texts of
// refusals: spec xm-cli 1.7, protocols 3.4. Saving and moving have files of their own.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sxp/value.h"
#include "xend/domain/host.h"

namespace xend {

// Makes a domain from (vm ...); it is paused, its devices are being connected. Throws Error; then nothing of it is
// there.
std::shared_ptr<Domain> create_domain(Host& host, const sxp::Value& config);

// Waits for the devices of a domain that has just been made, and unpauses it unless it is to stay paused. Throws Error;
// the domain is destroyed then. `before` is called in between; what it throws counts as failure, too.
void let_run(Host& host, const std::shared_ptr<Domain>& domain, bool paused, const std::function<void()>& before = {});

// Waits until every device is connected. Throws Error with the first device's failure.
void wait_for_devices(const Domain& domain);

void pause_domain(Host& host, Domain& domain);
void unpause_domain(Host& host, Domain& domain);

// Asks the guest: poweroff, reboot, suspend, halt or crash. Returns at once.
void shut_down_domain(Host& host, Domain& domain, const std::string& reason);

// Ends it, cancelling whatever is being done with it; the name is free when this returns.
void destroy_domain(Host& host, const std::shared_ptr<Domain>& domain);

// Throws Error with the texts of spec protocols 7.6.
void rename_domain(Host& host, const std::shared_ptr<Domain>& domain, const std::string& name);

void send_sysrq(Host& host, Domain& domain, char key);

// What follows when a domain's device model has ended by itself: the domain counts as crashed (spec domain-lifecycle
// 11.2). `what` says how it ended.
void device_model_died(Host& host, xc::DomId domid, const std::string& what) noexcept;

// Each running domain's on_xend_stop (spec domain-lifecycle 1.4): those to be shut down are asked, those to be
// suspended are when this returns. Throws nothing: where that fails it is logged, and the domain runs on.
void begin_stop_actions(Host& host) noexcept;

// Throws Error "Cannot VERB privileged domain NAME" for dom0, and a sentence for a domain that another toolstack made.
void require_ours(const Domain& domain, const char* verb);

}  // namespace xend
