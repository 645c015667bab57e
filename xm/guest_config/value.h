// A value of the language of guest files. Its types are Python 2's, because which of them leave a file is part of the
// contract (spec guest-config 2.3).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sxp/value.h"

namespace xm::guest_config {

struct Value;
using List = std::vector<Value>;
struct Tuple {
  List items;
};
struct Unicode {  // u'text'
  std::string text;
};
struct Other {  // what only its type is known of: a dictionary, a function, a long integer such as 10L
  std::string type;
};

struct Value {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Tuple, Unicode, Other> v;

  Value() = default;  // None
  Value(bool b) : v(b) {}
  Value(std::int64_t n) : v(n) {}
  Value(int n) : v(static_cast<std::int64_t>(n)) {}
  Value(double d) : v(d) {}
  Value(std::string text) : v(std::move(text)) {}
  Value(const char* text) : v(std::string(text)) {}
  Value(List items) : v(std::move(items)) {}
  Value(Tuple tuple) : v(std::move(tuple)) {}
  Value(Unicode text) : v(std::move(text)) {}
  Value(Other other) : v(std::move(other)) {}

  bool is_none() const { return std::holds_alternative<std::monostate>(v); }
  const std::string* as_string() const { return std::get_if<std::string>(&v); }
  const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&v); }
  const double* as_double() const { return std::get_if<double>(&v); }
  const List* as_list() const { return std::get_if<List>(&v); }
  const Tuple* as_tuple() const { return std::get_if<Tuple>(&v); }
  const Unicode* as_unicode() const { return std::get_if<Unicode>(&v); }
  const bool* as_bool() const { return std::get_if<bool>(&v); }

  // What Python takes for true: not 0, '', [], None.
  bool truth() const;
  // The name of the type in Python 2: "str", "int", "dict", ...
  std::string type_name() const;
  // True for the types that are taken out of a file: str, list, int, float.
  bool leaves_file() const;
  // As an element of the configuration; None is absent, a tuple a list.
  sxp::Value to_sxp() const;
};

}  // namespace xm::guest_config
