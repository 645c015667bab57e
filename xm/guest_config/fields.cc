#include "xm/guest_config/fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/hash_order.h"
#include "xm/units.h"

namespace xm::guest_config {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> texts(const Value& value) {
  std::vector<std::string> result;
  if (const std::string* text = value.as_string()) {
    for (char c : *text) result.emplace_back(1, c);
    return result;
  }
  if (value.as_list() == nullptr) throw Error::die(fmt::format("'{}' object is not iterable", value.type_name()));
  for (const Value& item : *value.as_list()) {
    if (const Unicode* unicode = item.as_unicode()) {
      result.push_back(unicode->text);
    } else if (const std::string* text = item.as_string()) {
      result.push_back(*text);
    } else {
      throw Error::die(fmt::format("'{}' object has no attribute 'split'", item.type_name()));
    }
  }
  return result;
}

Fields::Fields(std::string_view text) {
  if (strip(text).empty()) return;
  for (const std::string& part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) {
      throw Error::die(fmt::format("{} should be a pair, separated by an equals sign.", strip(part)));
    }
    set(std::string(strip(std::string_view(part).substr(0, equals))),
        std::string(strip(std::string_view(part).substr(equals + 1))));
  }
}

void Fields::set(const std::string& key, const std::string& value) {
  const auto found = std::ranges::find(fields_, key, [](const auto& field) { return field.first; });
  if (found != fields_.end()) {
    found->second = value;
  } else {
    fields_.emplace_back(key, value);
  }
}

const std::string* Fields::find(std::string_view key) const {
  const auto found = std::ranges::find(fields_, key, [](const auto& field) { return std::string_view(field.first); });
  return found != fields_.end() ? &found->second : nullptr;
}

void Fields::check_keys(std::span<const std::string_view> allowed, const char* complaint) const {
  for (const auto& [key, value] : fields_) {
    if (std::ranges::find(allowed, key) == allowed.end()) throw Error::die(fmt::format(fmt::runtime(complaint), key));
  }
}

void Fields::append_to(sxp::List& element, std::string_view left_out) const {
  std::vector<std::string> keys;
  for (const auto& field : fields_) keys.push_back(field.first);
  for (const std::string& key : hash_order(keys)) {
    if (key != left_out) element.push_back(sxp::Value::list({key, *find(key)}));
  }
}

}  // namespace xm::guest_config
