#include "xend/devices/scsi_element.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "xend/error.h"

namespace xend {

namespace {

constexpr std::size_t kMostLuns = 256;
constexpr unsigned kMostHosts = 4095, kMostOthers = 255;  // of what a port's name has room for, and a port has luns

bool is_name(std::string_view text) {
  return text.size() <= 32 && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c); });
}

ScsiAddress address(const sxp::Value& dev, const char* key) {
  const std::string text = sxp::child_text(dev, key).value_or("");
  if (const auto parsed = ScsiAddress::parse(text)) return *parsed;
  throw Error(fmt::format("vscsi: ({} {}) is not an address HOST:CHANNEL:TARGET:LUN.", key, text.substr(0, 64)));
}

sxp::Value pair(const char* key, sxp::Value value) {
  return sxp::Value::list({key, std::move(value)});
}

}  // namespace

std::optional<ScsiAddress> ScsiAddress::parse(std::string_view text) {
  std::array<unsigned, 4> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string_view part = text.substr(0, text.find(':'));
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), numbers[i]);
    if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
    const bool last = i + 1 == numbers.size();
    if (last != (part.size() == text.size())) return std::nullopt;
    text.remove_prefix(last ? part.size() : part.size() + 1);
  }
  const auto [host, channel, target, lun] = numbers;
  if (host > kMostHosts || channel > kMostOthers || target > kMostOthers || lun > kMostOthers) return std::nullopt;
  return ScsiAddress{host, channel, target, lun};
}

std::string ScsiAddress::text() const {
  return fmt::format("{}:{}", port(), lun);
}

std::string ScsiAddress::port() const {
  return fmt::format("{}:{}:{}", host, channel, target);
}

ScsiAdapter parse_scsi(const sxp::Value& element) {
  ScsiAdapter adapter;
  adapter.whole = sxp::child_text(element, "feature-host").value_or("0") == "1";
  for (const sxp::Value* dev : sxp::children_named(element, "dev")) {
    ScsiLun lun{address(*dev, "p-dev"), address(*dev, "v-dev"), sxp::child_text(*dev, "p-devname").value_or("")};
    if (lun.name == "None" || !is_name(lun.name)) lun.name.clear();
    for (const ScsiLun& other : adapter.luns) {
      if (other.physical == lun.physical)
        throw Error(fmt::format("vscsi: the device {} is given twice.", lun.physical.text()));
      if (other.in_guest == lun.in_guest)
        throw Error(fmt::format("vscsi: two devices are to be {} in the guest.", lun.in_guest.text()));
      if (other.in_guest.host != lun.in_guest.host)
        throw Error("vscsi: the devices of one adapter have the same first number in the guest.");
    }
    if (adapter.luns.size() == kMostLuns)
      throw Error(fmt::format("vscsi: an adapter has {} devices at most.", kMostLuns));
    adapter.luns.push_back(std::move(lun));
  }
  if (adapter.luns.empty()) throw Error("vscsi: there is no device in the request");
  return adapter;
}

sxp::Value scsi_element(const ScsiAdapter& adapter) {
  sxp::Value element = sxp::Value::list({"vscsi", pair("feature-host", adapter.whole ? 1 : 0)});
  for (const ScsiLun& lun : adapter.luns)
    element.as_list().push_back(
        sxp::Value::list({"dev", pair("state", 1), pair("devid", lun.in_guest.host), pair("p-dev", lun.physical.text()),
                          pair("p-devname", lun.name), pair("v-dev", lun.in_guest.text())}));
  return element;
}

}  // namespace xend
