#include "xm/guest_config/usb.h"

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/fields.h"
#include "xm/units.h"

namespace xm::guest_config {
namespace {

std::int64_t number_of(const Fields& fields, const char* key, std::int64_t initial, std::int64_t most) {
  const std::string* text = fields.find(key);
  if (text == nullptr) return initial;
  const auto number = parse_int(*text);
  if (!number || *number < 1 || *number > most) throw Error::die(fmt::format("Invalid vusb option: {}", key));
  return *number;
}

}  // namespace

sxp::Value usb_config(const std::string& entry) {
  const Fields fields(entry);
  const std::int64_t version = number_of(fields, "usbver", 2, 2);
  const std::int64_t count = number_of(fields, "numports", 8, 16);
  sxp::List ports = {"port"};
  for (std::int64_t n = 1; n <= count; ++n) {
    const std::string* bus = fields.find(fmt::format("port_{}", n));
    ports.push_back(sxp::Value::list({std::to_string(n), bus != nullptr ? *bus : ""}));
  }
  return sxp::Value::list(
      {"vusb", sxp::Value::list({"usb-ver", version}), sxp::Value::list({"num-ports", count}), ports});
}

}  // namespace xm::guest_config
