#include "xm/guest_config/value.h"

namespace xm::guest_config {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // clang 14 does not find it by itself

sxp::Value list_to_sxp(const List& items) {
  sxp::List list;
  for (const Value& item : items) list.push_back(item.to_sxp());
  return list;
}

}  // namespace

bool Value::truth() const {
  return std::visit(
      Overloaded{[](std::monostate) { return false; }, [](bool b) { return b; }, [](std::int64_t n) { return n != 0; },
                 [](double d) { return d != 0; }, [](const std::string& s) { return !s.empty(); },
                 [](const List& l) { return !l.empty(); }, [](const Tuple& t) { return !t.items.empty(); },
                 [](const Unicode& u) { return !u.text.empty(); }, [](const Other&) { return true; }},
      v);
}

std::string Value::type_name() const {
  if (const auto* other = std::get_if<Other>(&v)) return other->type;
  constexpr const char* kNames[] = {"NoneType", "bool", "int", "float", "str", "list", "tuple", "unicode"};
  return kNames[v.index()];
}

bool Value::leaves_file() const {
  return std::holds_alternative<std::string>(v) || std::holds_alternative<List>(v) ||
         std::holds_alternative<std::int64_t>(v) || std::holds_alternative<double>(v);
}

sxp::Value Value::to_sxp() const {
  return std::visit(
      Overloaded{[](std::monostate) { return sxp::Value(); }, [](bool b) { return sxp::Value(b); },
                 [](std::int64_t n) { return sxp::Value(n); }, [](double d) { return sxp::Value(d); },
                 [](const std::string& s) { return sxp::Value(s); }, [](const List& l) { return list_to_sxp(l); },
                 [](const Tuple& t) { return list_to_sxp(t.items); },
                 [](const Unicode& u) { return sxp::Value(u.text); }, [](const Other&) { return sxp::Value(); }},
      v);
}

}  // namespace xm::guest_config
