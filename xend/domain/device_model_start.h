// Starting the device model of a domain that needs one.
#pragma once

#include <string>

#include "xend/domain/host.h"

namespace xend {

// Starts what the domain's configuration asks for and notes it with the domain; returns false when that is nothing.
// `state`: the file with the state that it takes over, "" for none. Throws Error; then no device model runs.
bool start_device_model(Host& host, Domain& domain, const std::string& state);

}  // namespace xend
