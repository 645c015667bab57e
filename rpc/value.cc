#include "rpc/value.h"

#include <algorithm>

namespace rpc {

Value::Value(Struct members) : v_(std::move(members)) {}

const Value* Value::member(std::string_view name) const {
  const auto* members = std::get_if<Struct>(&v_);
  if (!members) return nullptr;
  const auto found = std::find_if(members->begin(), members->end(), [&](const Member& m) { return m.first == name; });
  return found == members->end() ? nullptr : &found->second;
}

// Written out: clang 14, which the fuzz targets are built with, crashes on a defaulted one of a recursive type.
bool Value::operator==(const Value& other) const {
  return v_ == other.v_;
}

Value from_sxp(const sxp::Value& v) {
  if (v.is_string()) return v.as_string();
  if (v.is_int()) return v.as_int();
  if (v.is_bool()) return v.as_bool();
  if (v.is_double()) return v.as_double();
  if (v.is_absent()) return {};
  Array items;
  items.reserve(v.as_list().size());
  for (const sxp::Value& item : v.as_list()) items.push_back(from_sxp(item));
  return items;
}

sxp::Value to_sxp(const Value& v) {
  if (v.is_string()) return v.as_string();
  if (v.is_int()) return v.as_int();
  if (v.is_bool()) return v.as_bool();
  if (v.is_double()) return v.as_double();
  if (v.is_nil()) return {};
  sxp::List items;
  if (v.is_array()) {
    for (const Value& item : v.as_array()) items.push_back(to_sxp(item));
  } else {
    for (const auto& [name, value] : v.as_struct()) items.push_back(sxp::Value::list({name, to_sxp(value)}));
  }
  return items;
}

Value unknown_method(const std::string& method) {
  return Struct{{"Status", "Failure"}, {"ErrorDescription", Array{"MESSAGE_METHOD_UNKNOWN", method}}};
}

}  // namespace rpc
