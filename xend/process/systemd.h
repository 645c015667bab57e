// What xend says to systemd and wants from it. All of this does nothing on a host, or in a process, without systemd.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

namespace xend {

// The state of the service, for a unit of Type=notify.
void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping();
void notify_watchdog();

// How often notify_watchdog() is to be called at least; none when the unit has no WatchdogSec.
std::optional<std::chrono::milliseconds> watchdog_interval();

// True when the output of this process goes to the journal.
bool writes_to_journal();

// True when `pid` is a process of xend.service.
bool is_process_of_unit(pid_t pid);

// True when the administrator has given xend into systemd's hands: xend.service is there and enabled.
bool is_unit_enabled();

// `systemctl VERB xend.service`; returns its exit status, 1 when it cannot be run.
int systemctl(const std::string& verb);

}  // namespace xend
