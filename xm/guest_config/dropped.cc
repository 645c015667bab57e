#include "xm/guest_config/dropped.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace xm::guest_config {
namespace {

// Read without being declared (spec guest-config 4.2, 4.5; 2.3 for the options).
constexpr std::string_view kUndeclared[] = {"maxvcpus", "xen_extended_power_mgmt", "paused", "quiet",
                                            "dryrun",   "console_autoconnect"};

std::string advice(const std::string& name, const Value& value) {
  if (const bool* truth = value.as_bool()) return fmt::format("is a truth value. Write {} = {}", name, *truth ? 1 : 0);
  if (const Tuple* tuple = value.as_tuple()) {
    const bool is_scalar = tuple->items.size() == 1 && tuple->items[0].as_int() != nullptr;
    if (is_scalar) return fmt::format("ends with a comma, which makes it a tuple. Write {} = ... without it", name);
    return fmt::format("is a tuple. Write {} = [ ... ] with square brackets", name);
  }
  if (value.as_unicode() != nullptr) return fmt::format("is a unicode text. Write {} = '...' without the u", name);
  if (value.type_name() == "long") return fmt::format("is a long integer. Write {} = ... without the L", name);
  return fmt::format("is a value of type {}. Write a text, a number or a list", value.type_name());
}

}  // namespace

std::vector<std::string> dropped_values(const std::string& path, const Namespace& names, const Settings& settings) {
  std::vector<std::string> sentences;
  for (const auto& [name, value] : names) {
    const bool is_known =
        find_variable(name) != nullptr || std::ranges::find(kUndeclared, name) != std::end(kUndeclared);
    if (!is_known || value.is_none() || value.leaves_file() || settings.is_from_command_line(name)) continue;
    sentences.push_back(fmt::format("{}: what {} is set to does not count: it {}.", path, name, advice(name, value)));
  }
  return sentences;
}

}  // namespace xm::guest_config
