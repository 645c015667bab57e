// A value of an S-expression: what the parser returns, what the printer prints, and the classic rules for looking into it.
// It knows nothing of what the values mean.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sxp {

class Value;
using List = std::vector<Value>;

// Parsed values are strings and lists only: `1`, `'1'` and `"1"` cannot be told apart (spec xend-config 7.1). Numbers,
// truth values and absent values exist for printing (section 8), where they look different from strings.
class Value {
 public:
  Value() = default;  // absent; prints as 'None'
  Value(std::string text) : v_(std::move(text)) {}
  Value(std::string_view text) : v_(std::string(text)) {}
  Value(const char* text) : v_(std::string(text)) {}
  Value(std::same_as<bool> auto b) : v_(b) {}
  Value(std::integral auto n)
    requires(!std::same_as<decltype(n), bool>)
      : v_(static_cast<std::int64_t>(n)) {}
  Value(double d) : v_(d) {}
  Value(List items) : v_(std::move(items)) {}

  static Value list(std::initializer_list<Value> items) { return Value(List(items)); }

  bool is_absent() const { return std::holds_alternative<std::monostate>(v_); }
  bool is_string() const { return std::holds_alternative<std::string>(v_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(v_); }
  bool is_bool() const { return std::holds_alternative<bool>(v_); }
  bool is_double() const { return std::holds_alternative<double>(v_); }
  bool is_list() const { return std::holds_alternative<List>(v_); }

  // Throw std::bad_variant_access when the value is of another kind.
  const std::string& as_string() const { return std::get<std::string>(v_); }
  std::int64_t as_int() const { return std::get<std::int64_t>(v_); }
  bool as_bool() const { return std::get<bool>(v_); }
  double as_double() const { return std::get<double>(v_); }
  const List& as_list() const { return std::get<List>(v_); }
  List& as_list() { return std::get<List>(v_); }

  // The bare text of anything but a list: numbers as the printer writes them, strings without quotes, "" when absent.
  // A list gives its one-line form.
  std::string text() const;

  bool operator==(const Value&) const = default;

 private:
  std::variant<std::monostate, std::string, std::int64_t, bool, double, List> v_;
};

// ---- looking into elements (spec xend-config section 10) ----

// The head of a list when it is a string, otherwise "".
std::string_view head(const Value& v);

// True for a non-empty list whose head is `name`.
bool is_element(const Value& v, std::string_view name);

// The items after the head, an attribute list `(@ ...)` right after the head skipped. Empty for anything but a list.
List children(const Value& v);

// First child of `v` that is a list headed by `name`; null when there is none. Points into `v`.
const Value* child(const Value& v, std::string_view name);

// First item of child(v, name); null when there is no such child or it has no items.
const Value* child_value(const Value& v, std::string_view name);

// child_value as text, when it is there and not a list.
std::optional<std::string> child_text(const Value& v, std::string_view name);

// All children headed by `name`, in order. Point into `v`.
std::vector<const Value*> children_named(const Value& v, std::string_view name);

}  // namespace sxp
