#include "xm/commands/detach.h"

#include <fmt/format.h>

#include "xm/report.h"

namespace xm {

bool forced(const std::vector<std::string>& words) {
  if (words.size() < 3) return false;
  if (words[2] == "-f" || words[2] == "--force") return true;
  print(fmt::format("Ignoring option {}\n", words[2]));
  return false;
}

}  // namespace xm
