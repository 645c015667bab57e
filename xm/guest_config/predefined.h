// The names that a guest file can use without having set them: Python 2's own, and those that the classic tool offered
// (spec guest-config 2.1, 2.2).
#pragma once

#include <string_view>

namespace xm::guest_config {

bool is_predefined(std::string_view name);

}  // namespace xm::guest_config
