// The variables that a guest file or the command line can set, and the settings that result (spec guest-config 4).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "xm/guest_config/evaluator.h"

namespace xm::guest_config {

// How `name=value` on the command line is read.
enum class Converter { kText, kInt, kBool, kAppend };

struct Variable {
  std::string_view name;
  Converter converter;
  std::string_view initial;  // as text for its converter; "-": unset
  std::string_view help;     // for --help_config
};

std::span<const Variable> all_variables();

// The variable called `name`; null when it is not declared.
const Variable* find_variable(std::string_view name);

class Settings {
 public:
  // Sets a declared variable from the command line. Throws xm::Error (class DIE) when `text` does not convert.
  void set_from_command_line(const Variable& variable, const std::string& text);

  // Takes over the texts, lists and numbers that a file set; what the command line has set stays.
  void set_from_file(const Namespace& names);

  void set(const std::string& name, Value value) { values_[name] = std::move(value); }

  // The value of a variable, its default when it is not set; None when it has none.
  Value get(std::string_view name) const;

  bool truth(std::string_view name) const { return get(name).truth(); }
  // The text of a variable: of a number what prints, "" when unset.
  std::string text(std::string_view name) const;
  // True when the command line or the file has set it.
  bool is_set(std::string_view name) const { return values_.contains(name); }
  bool is_from_command_line(std::string_view name) const { return command_line_.contains(name); }

 private:
  Namespace values_;
  Namespace command_line_;  // what the command line has set; the values are those in values_
};

}  // namespace xm::guest_config
