// A value of an XML-RPC call or result, with the nil extension. Integers are 32 bits wide on the wire (spec
// protocols 3.2). How values look as XML is not known here: that is codec.h.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sxp/value.h"

namespace rpc {

class Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Struct = std::vector<Member>;  // in the order written; a reader looks up by name

class Value {
 public:
  Value() = default;  // nil
  Value(std::string text) : v_(std::move(text)) {}
  Value(std::string_view text) : v_(std::string(text)) {}
  Value(const char* text) : v_(std::string(text)) {}
  Value(std::same_as<bool> auto b) : v_(b) {}
  Value(std::integral auto n) requires(!std::same_as<decltype(n), bool>) : v_(static_cast<std::int64_t>(n)) {}
  Value(double d) : v_(d) {}
  Value(Array items) : v_(std::move(items)) {}
  Value(Struct members);

  bool is_nil() const { return std::holds_alternative<std::monostate>(v_); }
  bool is_string() const { return std::holds_alternative<std::string>(v_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(v_); }
  bool is_bool() const { return std::holds_alternative<bool>(v_); }
  bool is_double() const { return std::holds_alternative<double>(v_); }
  bool is_array() const { return std::holds_alternative<Array>(v_); }
  bool is_struct() const { return std::holds_alternative<Struct>(v_); }

  // Throw std::bad_variant_access when the value is of another kind.
  const std::string& as_string() const { return std::get<std::string>(v_); }
  std::int64_t as_int() const { return std::get<std::int64_t>(v_); }
  bool as_bool() const { return std::get<bool>(v_); }
  double as_double() const { return std::get<double>(v_); }
  const Array& as_array() const { return std::get<Array>(v_); }
  const Struct& as_struct() const { return std::get<Struct>(v_); }

  // The member called `name` of a struct; null when there is none or this is no struct.
  const Value* member(std::string_view name) const;

  bool operator==(const Value&) const;

 private:
  std::variant<std::monostate, std::string, std::int64_t, bool, double, Array, Struct> v_;
};

// An SXP list is an array, a string a string, and so on; absent is nil (spec protocols 3.2).
Value from_sxp(const sxp::Value& v);

// The reverse; a struct becomes a list of (name value) pairs.
sxp::Value to_sxp(const Value& v);

// What the classic server answers to a method it does not have. It is a result, not a fault (spec protocols 3.3):
// {Status: "Failure", ErrorDescription: ["MESSAGE_METHOD_UNKNOWN", method]}.
Value unknown_method(const std::string& method);

}  // namespace rpc
