// The small languages inside the strings of a guest file: lists of texts, `key=value,key=value` (spec guest-config 5).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sxp/value.h"
#include "xm/guest_config/value.h"

namespace xm::guest_config {

// The parts of `text` between separators; always one at least.
std::vector<std::string> split(std::string_view text, char separator);

// The texts of a list. A string is taken for the list of its characters, as Python does.
// Throws xm::Error with Python's words for anything else.
std::vector<std::string> texts(const Value& value);

// The keys and values of `key=value,...` in their order, a repeated key having its last value.
class Fields {
 public:
  // Blanks around keys and values do not count; an empty `text` has no fields. Throws xm::Error for a part without "=".
  explicit Fields(std::string_view text);

  void set(const std::string& key, const std::string& value);
  const std::string* find(std::string_view key) const;

  // Throws xm::Error, its text made from `complaint` ("Invalid vif option: {}"), for a key that is not `allowed`.
  void check_keys(std::span<const std::string_view> allowed, const char* complaint) const;

  // Appends `(key value)` for each field but `left_out` to `element`, in the order of spec guest-config 6.4.
  void append_to(sxp::List& element, std::string_view left_out = {}) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace xm::guest_config
