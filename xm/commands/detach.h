// What block-detach and network-detach share: their third word.
#pragma once

#include <string>
#include <vector>

namespace xm {

// True when the third of `words` is -f or --force; another one is ignored, which is said on stdout.
bool forced(const std::vector<std::string>& words);

}  // namespace xm
