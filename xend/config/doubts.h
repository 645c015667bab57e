// What in a usable configuration is probably not meant as it stands: for `xend --check-config`, which people run before
// they trust a file. What is wrong or has no effect is found by options.h.
#pragma once

#include <string>
#include <vector>

#include "xend/config/options.h"

namespace xend {

// Sentences, most serious first: who is let in that nobody named, what is shown to whom, what cannot work.
// Patterns are tried out (class AccessList), not judged by their looks. Looks at the key files' modes; throws nothing.
std::vector<std::string> doubts(const Options& options);

}  // namespace xend
