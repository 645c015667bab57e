#include "xm/guest_config/pci_functions.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/fields.h"

namespace xm::guest_config {
namespace {

constexpr unsigned kMost = 7;

struct Assignment {
  unsigned physical;
  std::optional<unsigned> chosen;  // the virtual function that the entry asks for
};

std::optional<unsigned> digit(std::string_view text) {
  if (text.size() != 1 || text[0] < '0' || text[0] > '0' + static_cast<char>(kMost)) return std::nullopt;
  return static_cast<unsigned>(text[0] - '0');
}

// `A-B` or `A`; `complaint` is the text for anything else.
std::vector<unsigned> parse_range(std::string_view text, const std::string& whole, const char* complaint) {
  const std::size_t dash = text.find('-');
  const auto first = digit(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : digit(text.substr(dash + 1));
  if (!first || !last) throw Error::die(fmt::format("{}: {}", complaint, whole));
  if (*first > *last) throw Error::die(fmt::format("Invalid range in: {}", whole));
  std::vector<unsigned> functions;
  for (unsigned f = *first; f <= *last; ++f) functions.push_back(f);
  return functions;
}

std::vector<Assignment> parse_part(const std::string& part, const std::function<bool(unsigned)>& exists) {
  std::vector<Assignment> result;
  if (part == "*") {
    for (unsigned f = 0; f <= kMost; ++f) {
      if (exists(f)) result.push_back({f, std::nullopt});
    }
    return result;
  }
  const std::size_t equals = part.find('=');
  if (equals == std::string::npos) {
    for (const unsigned f : parse_range(part, part, "Invalid function")) result.push_back({f, std::nullopt});
    return result;
  }
  const std::string_view text(part);
  const auto physical = parse_range(text.substr(0, equals), part, "Invalid physical function in");
  const auto in_guest = parse_range(text.substr(equals + 1), part, "Invalid virtual function in");
  if (physical.size() != in_guest.size()) throw Error::die(fmt::format("Invalid range in: {}", part));
  for (std::size_t i = 0; i < physical.size(); ++i) result.push_back({physical[i], in_guest[i]});
  return result;
}

}  // namespace

std::vector<PciFunction> parse_pci_functions(const std::string& text, const std::string& entry,
                                             const std::function<bool(unsigned function)>& exists) {
  std::vector<Assignment> assignments;
  for (const std::string& part : split(text, ',')) {
    const std::vector<Assignment> more = parse_part(part, exists);
    assignments.insert(assignments.end(), more.begin(), more.end());
  }
  if (assignments.empty()) return {};  // `*`, and there is no such device

  std::vector<PciFunction> functions;
  bool has_zero = false;
  for (const Assignment& a : assignments) {
    functions.push_back({a.physical, a.chosen.value_or(a.physical)});
    has_zero = has_zero || functions.back().virtual_ == 0;
  }
  if (!has_zero) {  // a guest looks for function 0 first, so the lowest that may become it does
    PciFunction* lowest = nullptr;
    for (std::size_t i = 0; i < functions.size(); ++i) {
      if (assignments[i].chosen) continue;
      if (lowest == nullptr || functions[i].physical < lowest->physical) lowest = &functions[i];
    }
    if (lowest == nullptr) {
      throw Error::die(fmt::format("Virtual device does not include virtual function 0: {}", entry));
    }
    lowest->virtual_ = 0;
  }
  std::set<unsigned> physical, in_guest;
  for (const PciFunction& f : functions) {
    if (!physical.insert(f.physical).second || !in_guest.insert(f.virtual_).second) {
      throw Error::die(fmt::format("Duplicate functions: {}", entry));
    }
  }
  std::ranges::sort(functions, std::ranges::greater(), &PciFunction::virtual_);
  return functions;
}

}  // namespace xm::guest_config
