// The order in which the original's hash tables gave out their keys. Nothing needs it but comparisons of `create -n`
// byte for byte, and old ones are kept (spec guest-config 6.4).
#pragma once

#include <string>
#include <vector>

namespace xm::guest_config {

// `keys`, all different, put in in this order; in the order in which they come out.
std::vector<std::string> hash_order(const std::vector<std::string>& keys);

}  // namespace xm::guest_config
