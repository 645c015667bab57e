#include "xm/guest_config/cpuid.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/fields.h"
#include "xm/guest_config/hash_order.h"

namespace xm::guest_config {
namespace {

// Keys and what is printed for them, in the order in which they were put in; a repeated key has its last value.
using Mapping = std::vector<std::pair<std::string, std::string>>;

void put(Mapping& mapping, const std::string& key, const std::string& value) {
  const auto found = std::ranges::find(mapping, key, &Mapping::value_type::first);
  if (found != mapping.end()) {
    found->second = value;
  } else {
    mapping.emplace_back(key, value);
  }
}

// As Python prints a dictionary with texts for keys.
std::string printed(const Mapping& mapping) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : mapping) keys.push_back(key);
  std::string text;
  for (const std::string& key : hash_order(keys)) {
    const auto& value = std::ranges::find(mapping, key, &Mapping::value_type::first)->second;
    text += fmt::format("{}'{}': {}", text.empty() ? "" : ", ", key, value);
  }
  return "{" + text + "}";
}

bool is_hex(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// INPUT or INPUT,SUBINPUT
bool is_input(const std::string& text) {
  const std::vector<std::string> parts = split(text, ',');
  return parts.size() <= 2 && std::ranges::all_of(parts, is_hex);
}

Mapping registers(const std::string& input, const std::string& text) {
  constexpr std::string_view kRegisters[] = {"eax", "ebx", "ecx", "edx"};
  constexpr std::size_t kBits = 32;
  Mapping values;
  for (const std::string& part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    const std::string name = part.substr(0, equals);
    if (equals == std::string::npos || std::ranges::find(kRegisters, name) == std::end(kRegisters)) {
      throw Error::die("cpuid's syntax is (eax|ebx|ecx|edx)=value");
    }
    const std::string bits = part.substr(equals + 1);
    if (!bits.starts_with("0x") && bits.size() != kBits) {
      throw Error::die(
          fmt::format("cpuid: We should specify all the bits of the register {} for input {}\n", name, input));
    }
    put(values, name, fmt::format("'{}'", bits));
  }
  return values;
}

}  // namespace

sxp::Value cpuid_config(const Settings& settings, const std::string& name) {
  if (!settings.truth("cpuid")) return settings.get(name).to_sxp();
  Mapping inputs;
  for (const std::string& entry : texts(settings.get(name))) {
    const std::size_t colon = entry.find(':');
    const std::string input = entry.substr(0, colon);
    if (colon == std::string::npos || !is_input(input)) continue;  // skipped by the original, too
    put(inputs, input, printed(registers(input, entry.substr(colon + 1))));
  }
  return printed(inputs);
}

}  // namespace xm::guest_config
