#include "xend/config/option_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "sxp/printer.h"
#include "xend/error.h"

namespace xend {
namespace {

[[noreturn]] void fail(const Setting& setting, std::string_view expected, std::string_view value) {
  const bool secret = setting.name.ends_with("passwd");
  throw Error(
      fmt::format("invalid xend config {}: expected {}: {}", setting.name, expected, secret ? "XXXXXXXX" : value));
}

const std::string& text_of(const Setting& setting, std::string_view expected) {
  if (!setting.value.is_string()) fail(setting, expected, sxp::to_string(setting.value));
  return setting.value.as_string();
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t start = text.find_first_not_of(kSpace);
  if (start == text.npos) return {};
  return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

// Decimal digits with white space and a sign around them, as Python's int() takes them: leading zeros mean nothing, and
// 0x10, 1k, 1.5 are no numbers. No option has a use for negative numbers: `most` is the largest that the option takes.
std::uint64_t whole_number(const Setting& setting, std::uint64_t most) {
  const std::string& text = text_of(setting, "int");
  std::string_view digits = trim(text);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) fail(setting, "int", text);

  std::uint64_t number = 0;
  const bool fits = std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc();
  if (!fits || number > most || (negative && number > 0)) fail(setting, fmt::format("int from 0 to {}", most), text);
  return number;
}

constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();

}  // namespace

void assign(bool& option, const Setting& setting) {
  constexpr std::array<std::string_view, 6> kTrue = {"yes", "y", "1", "on", "true", "t"};
  constexpr std::array<std::string_view, 6> kFalse = {"no", "n", "0", "off", "false", "f"};
  std::string word = text_of(setting, "bool");
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  option = std::find(kTrue.begin(), kTrue.end(), word) != kTrue.end();
  if (!option && std::find(kFalse.begin(), kFalse.end(), word) == kFalse.end()) fail(setting, "bool", word);
}

void assign(std::string& option, const Setting& setting) {
  option = text_of(setting, "string");
}

void assign(std::optional<std::string>& option, const Setting& setting) {
  option = text_of(setting, "string");
}

void assign(unsigned short& option, const Setting& setting) {
  option = static_cast<unsigned short>(whole_number(setting, std::numeric_limits<unsigned short>::max()));
}

void assign(unsigned& option, const Setting& setting) {
  option = static_cast<unsigned>(whole_number(setting, kMost));
}

void assign(xc::KiB& option, const Setting& setting) {
  option.value = whole_number(setting, kMost);
}

void assign(xc::MiB& option, const Setting& setting) {
  option.value = whole_number(setting, kMost);
}

void assign(std::chrono::seconds& option, const Setting& setting) {
  option = std::chrono::seconds(whole_number(setting, kMost));
}

void assign(std::filesystem::path& option, const Setting& setting) {
  const std::string& name = text_of(setting, "string");
  option = name.find('/') == name.npos ? XEN_CONFIG_DIR "/" + name : name;
}

void assign(std::optional<std::filesystem::path>& option, const Setting& setting) {
  assign(option.emplace(), setting);
}

void assign(Level& option, const Setting& setting) {
  const std::string& name = text_of(setting, "string");
  if (const std::optional<Level> level = level_from_name(name)) {
    option = *level;
  } else {
    setting.warnings.push_back(
        fmt::format("{} '{}' is none of CRITICAL, ERROR, WARNING, INFO, DEBUG, TRACE, NOTSET (capital letters count): "
                    "DEBUG is used.",
                    setting.name, name));
  }
}

void assign(std::vector<std::string>& option, const Setting& setting) {
  option.clear();
  if (!setting.value.is_list()) {
    option.push_back(setting.value.text());
    return;
  }
  for (const sxp::Value& item : setting.value.as_list()) option.push_back(item.text());
}

void assign(std::vector<XenApiListener>& option, const Setting& setting) {
  option = parse_xen_api_server(setting.value, setting.warnings);
}

}  // namespace xend
