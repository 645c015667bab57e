#include "xm/units.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "xm/error.h"

namespace xm {
namespace {

// No host has more CPUs; a list such as 0-2000000000 must not be spelled out.
constexpr std::int64_t kMostCpus = 65536;

std::int64_t cpu_number(std::string_view text) {
  const auto number = parse_int(text);
  if (!number || *number < 0 || *number >= kMostCpus) throw Error::value();
  return *number;
}

std::int64_t divide_down(std::int64_t n, std::int64_t by) {
  return n / by - (n % by < 0 ? 1 : 0);
}

}  // namespace

std::string_view strip(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\r\f\v";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<std::int64_t> parse_int(std::string_view text) {
  text = strip(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::int64_t wire_int(std::string_view text) {
  const auto number = parse_int(text);
  if (!number || *number > INT32_MAX || *number < INT32_MIN) throw Error::value();
  return *number;
}

std::int64_t parse_mib(std::string_view text) {
  if (text.empty()) throw Error::value();
  const char unit = static_cast<char>(std::tolower(static_cast<unsigned char>(text.back())));
  if (unit != 'g' && unit != 'm' && unit != 'k') return wire_int(text);
  const std::int64_t number = wire_int(text.substr(0, text.size() - 1));
  const std::int64_t mib = unit == 'g' ? number * 1024 : unit == 'k' ? divide_down(number, 1024) : number;
  if (mib > INT32_MAX || mib < INT32_MIN) throw Error::value();
  return mib;
}

std::vector<int> parse_cpus(std::string_view text) {
  std::vector<int> cpus;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = strip(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (item.empty()) continue;
    if (item[0] == '^') {
      std::erase(cpus, static_cast<int>(cpu_number(item.substr(1))));
      continue;
    }
    const std::size_t dash = item.find('-');
    const std::int64_t first = cpu_number(item.substr(0, dash));
    const std::int64_t last = dash == std::string_view::npos ? first : cpu_number(item.substr(dash + 1));
    for (std::int64_t cpu = first; cpu <= last; ++cpu) cpus.push_back(static_cast<int>(cpu));
    if (cpus.size() > static_cast<std::size_t>(kMostCpus)) throw Error::value();
  }
  std::sort(cpus.begin(), cpus.end());
  return cpus;
}

}  // namespace xm
