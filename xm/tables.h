// The tables that xm prints, byte for byte (spec xm-cli 2.3). Pure: domains in, text out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sxp/value.h"
#include "xm/domains.h"

namespace xm {

// `xm list`. `labels`: with the column of security labels.
std::string list_table(const std::vector<Domain>& domains, bool labels);

// `xm vcpu-list`, one description as of xend.domain.getVCPUInfo per domain (spec protocols 3.6); `nr_cpus`: CPUs of the
// host.
std::string vcpu_table(const std::vector<sxp::Value>& domains, std::int64_t nr_cpus);

// A set of CPUs as ranges: "0-1,3", "any cpu" when it covers all of them, "no cpus".
std::string affinity_text(std::vector<std::int64_t> cpus, std::int64_t nr_cpus);

// A domain and for how many seconds it has been running.
struct Uptime {
  Domain domain;
  std::int64_t seconds;
};

// `xm uptime`; the short form takes the time of day, "HH:MM:SS".
std::string uptime_table(const std::vector<Uptime>& uptimes);
std::string uptime_short(const std::vector<Uptime>& uptimes, const std::string& time_of_day);

// `xm info`: the pairs of xend.node.info, of which the first is not shown.
std::string info_table(const sxp::Value& pairs);

}  // namespace xm
