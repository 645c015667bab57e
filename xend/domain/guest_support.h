// Whether this host can run a guest of a kind at all: what its Xen can do, and the programs and firmware that are here.
#pragma once

#include <string>

#include "xend/domain/host.h"

namespace xend {

// Throws Error when Xen cannot run guests of that type. Throws xc::Error.
void check_type(Host& host, const DomainConfig& config);

// Throws Error when a program or file is missing that the guest needs in dom0. `config` has its devices completed.
void check_programs(Host& host, const DomainConfig& config);

// hvmloader as the guest's file names it: files without `loader` have it as their kernel.
std::string loader_of(const DomainConfig& config);

}  // namespace xend
