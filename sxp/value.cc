#include "sxp/value.h"

#include "sxp/printer.h"

namespace sxp {
namespace {

// The index of the first child: past the head and past an attribute list right after it.
std::size_t first_child(const List& items) {
  return items.size() > 1 && is_element(items[1], "@") ? 2 : 1;
}

}  // namespace

std::string Value::text() const {
  if (is_string()) return as_string();
  if (is_absent()) return {};
  return to_string(*this);
}

std::string_view head(const Value& v) {
  if (!v.is_list() || v.as_list().empty() || !v.as_list().front().is_string()) return {};
  return v.as_list().front().as_string();
}

bool is_element(const Value& v, std::string_view name) {
  return v.is_list() && !v.as_list().empty() && v.as_list().front().is_string() && head(v) == name;
}

List children(const Value& v) {
  if (!v.is_list() || v.as_list().empty()) return {};
  const List& items = v.as_list();
  return List(items.begin() + static_cast<List::difference_type>(first_child(items)), items.end());
}

const Value* child(const Value& v, std::string_view name) {
  if (!v.is_list()) return nullptr;
  const List& items = v.as_list();
  for (std::size_t i = first_child(items); i < items.size(); ++i) {
    if (is_element(items[i], name)) return &items[i];
  }
  return nullptr;
}

const Value* child_value(const Value& v, std::string_view name) {
  const Value* const found = child(v, name);
  if (!found) return nullptr;
  const List& items = found->as_list();
  const std::size_t first = first_child(items);
  return first < items.size() ? &items[first] : nullptr;
}

std::optional<std::string> child_text(const Value& v, std::string_view name) {
  const Value* const found = child_value(v, name);
  if (!found || found->is_list()) return std::nullopt;
  return found->text();
}

std::vector<const Value*> children_named(const Value& v, std::string_view name) {
  std::vector<const Value*> found;
  if (!v.is_list()) return found;
  const List& items = v.as_list();
  for (std::size_t i = first_child(items); i < items.size(); ++i) {
    if (is_element(items[i], name)) found.push_back(&items[i]);
  }
  return found;
}

}  // namespace sxp
