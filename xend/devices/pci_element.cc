#include "xend/devices/pci_element.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "libxc-wrap/types.h"
#include "sxp/printer.h"
#include "xend/error.h"

namespace xend {
namespace {

constexpr std::size_t kMostFunctions = 256;  // of a guest's virtual bus: 32 slots of 8
constexpr std::size_t kLongestWord = 64;

// Text that goes into xenstore, where commas and line ends would mean something.
bool is_word(std::string_view text, std::string_view more) {
  return !text.empty() && text.size() <= kLongestWord && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           more.find(c) != std::string_view::npos;
  });
}

[[noreturn]] void refuse(const sxp::Value& what, const char* why) {
  throw Error(fmt::format("pci: {} of a device {}", sxp::to_string(what).substr(0, 200), why));
}

// Hexadecimal, with 0x or without; numbers of clients that have a type for them are as they are.
std::optional<unsigned> number(const sxp::Value& value, unsigned most) {
  if (value.is_int() && value.as_int() >= 0 && value.as_int() <= most) return static_cast<unsigned>(value.as_int());
  if (!value.is_string()) return std::nullopt;
  std::string_view digits = value.as_string();
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  unsigned n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n, 16);
  if (error != std::errc() || end != digits.data() + digits.size() || n > most) return std::nullopt;
  return n;
}

unsigned number(const sxp::Value& dev, const char* key, unsigned most) {
  const sxp::Value* value = sxp::child_value(dev, key);
  if (value == nullptr) refuse(dev, fmt::format("has no ({} ..)", key).c_str());
  if (const auto n = number(*value, most)) return *n;
  refuse(sxp::Value::list({key, *value}), fmt::format("is not a hexadecimal number up to {:#x}", most).c_str());
}

void add_option(PciFunction& function, const sxp::Value& pair) {
  const bool texts =
      pair.is_list() && pair.as_list().size() == 2 && !pair.as_list()[0].is_list() && !pair.as_list()[1].is_list();
  if (!texts || !is_word(pair.as_list()[0].text(), "") || !is_word(pair.as_list()[1].text(), "."))
    refuse(pair, "is not an option (KEY VALUE)");
  function.options.emplace_back(pair.as_list()[0].text(), pair.as_list()[1].text());
}

// Clients write (opts (K V)) once for each, or (opts ((K V) ...)) for all.
void read_options(PciFunction& function, const sxp::Value& dev) {
  for (const sxp::Value* opts : sxp::children_named(dev, "opts")) {
    for (const sxp::Value& item : sxp::children(*opts)) {
      if (item.is_list() && !item.as_list().empty() && !item.as_list()[0].is_list()) {
        add_option(function, item);
      } else if (item.is_list()) {
        for (const sxp::Value& pair : item.as_list()) add_option(function, pair);
      } else {
        refuse(*opts, "is not (opts (KEY VALUE) ..)");
      }
    }
  }
}

PciFunction read_function(const sxp::Value& dev) {
  PciFunction function;
  function.address = {number(dev, "domain", 0xffff), number(dev, "bus", 0xff), number(dev, "slot", 0x1f),
                      number(dev, "func", 7)};
  if (sxp::child(dev, "vdevfn") != nullptr) function.vdevfn = number(dev, "vdevfn", 0x1ff);
  function.key = sxp::child_text(dev, "key").value_or(function.address.text());
  if (!is_word(function.key, ":.*@,= ")) refuse(sxp::Value::list({"key", function.key}), "is not a PCI address");
  function.uuid = sxp::child_text(dev, "uuid").value_or("");
  if (function.uuid.empty()) function.uuid = xc::Uuid::random().to_string();
  if (!xc::Uuid::parse(function.uuid)) refuse(sxp::Value::list({"uuid", function.uuid}), "is not a UUID");
  read_options(function, dev);
  return function;
}

sxp::Value pair(const char* key, std::string value) {
  return sxp::Value::list({key, std::move(value)});
}

}  // namespace

std::vector<PciFunction> parse_pci(const sxp::Value& element) {
  std::vector<PciFunction> functions;
  for (const sxp::Value* dev : sxp::children_named(element, "dev")) {
    if (functions.size() == kMostFunctions)
      throw Error(fmt::format("pci: a guest has {} devices at most.", kMostFunctions));
    PciFunction function = read_function(*dev);
    const auto same = [&](const PciFunction& other) { return other.address == function.address; };
    if (std::any_of(functions.begin(), functions.end(), same))
      throw Error(fmt::format("pci: device {} is given twice.", function.address.text()));
    functions.push_back(std::move(function));
  }
  if (functions.empty()) throw Error("pci: there is no device in the request");
  return functions;
}

sxp::Value pci_dev(const PciFunction& function) {
  sxp::Value dev = sxp::Value::list({"dev", pair("domain", fmt::format("{:#06x}", function.address.domain)),
                                     pair("bus", fmt::format("{:#04x}", function.address.bus)),
                                     pair("slot", fmt::format("{:#04x}", function.address.slot)),
                                     pair("func", fmt::format("{:#x}", function.address.function)),
                                     pair("vdevfn", fmt::format("{:#x}", function.vdevfn)), pair("key", function.key)});
  if (!function.options.empty()) {
    sxp::List options;
    for (const auto& [key, value] : function.options) options.push_back(pair(key.c_str(), value));
    dev.as_list().push_back(sxp::Value::list({"opts", std::move(options)}));
  }
  dev.as_list().push_back(pair("uuid", function.uuid));
  return dev;
}

sxp::Value pci_element(const std::vector<PciFunction>& functions) {
  sxp::Value element = sxp::Value::list({"pci"});
  for (const PciFunction& function : functions) element.as_list().push_back(pci_dev(function));
  return element;
}

std::string join_options(const PciFunction& function) {
  std::string text;
  for (const auto& [key, value] : function.options) text += (text.empty() ? "" : ",") + key + "=" + value;
  return text;
}

std::vector<std::pair<std::string, std::string>> split_options(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> options;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string option = text.substr(at, comma - at);
    const std::size_t equals = option.find('=');
    if (equals != std::string::npos && is_word(option.substr(0, equals), "") && is_word(option.substr(equals + 1), "."))
      options.emplace_back(option.substr(0, equals), option.substr(equals + 1));
    at = comma + 1;
  }
  return options;
}

}  // namespace xend
