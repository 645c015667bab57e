#include "xend/domain/usb_ports.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr char kKey[] = "usbdevice";

std::string text_of(const DomainConfig& config) {
  return config.image.platform_value(kKey).value_or("");
}

}  // namespace

bool has_usb(const DomainConfig& config) {
  return config.image.platform_flag("usb", false) || text_of(config).find_first_not_of(',') != std::string::npos;
}

UsbPorts::UsbPorts(const DomainConfig& config) : domain_(config.name) {
  const std::string text = text_of(config);
  unsigned port = 1;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string word = text.substr(at, comma - at);
    at = comma + 1;
    auto device = parse_usb_device(word);
    if (!device && !word.empty()) {
      XEND_LOG(Warning, "Domain {}: usbdevice {} is not known and left out.", domain_, word);
      continue;
    }
    if (device && port > kUsbPorts)
      throw Error(fmt::format("{} cannot have the USB device {}: {}\nTake one out of its usbdevice, which is '{}'.",
                              domain_, word, said(), text));
    if (device) {
      device->port = port;
      ports_[port - 1] = std::move(device);
    }
    ++port;
  }
}

std::string UsbPorts::said() const {
  std::vector<std::string> ports;
  for (unsigned port = 1; port <= kUsbPorts; ++port)
    ports.push_back(fmt::format("{} at port {}", ports_[port - 1] ? ports_[port - 1]->name : "nothing", port));
  return fmt::format("its USB controller has {} ports, with {}.", kUsbPorts, fmt::join(ports, " and "));
}

std::vector<UsbDevice> UsbPorts::devices() const {
  std::vector<UsbDevice> devices;
  for (const auto& device : ports_)
    if (device) devices.push_back(*device);
  return devices;
}

UsbDevice UsbPorts::plug(UsbDevice device) {
  for (const UsbDevice& other : devices())
    if (other.is(device))
      throw Error(fmt::format("{} has the USB device {} already.\nIt is at port {} of its USB controller.", domain_,
                              other.name, other.port));
  const auto free = std::find(ports_.begin(), ports_.end(), std::nullopt);
  if (free == ports_.end())
    throw Error(fmt::format("{} cannot have the USB device {}: {}\nxm usb-del {} {} frees one.", domain_, device.name,
                            said(), domain_, ports_.back()->name));
  device.port = static_cast<unsigned>(free - ports_.begin()) + 1;
  *free = device;
  return device;
}

UsbDevice UsbPorts::pull(const UsbDevice& device) {
  const auto here =
      std::find_if(ports_.begin(), ports_.end(), [&](const auto& other) { return other && other->is(device); });
  if (here == ports_.end()) throw Error(fmt::format("{} has no USB device {}: {}", domain_, device.name, said()));
  const UsbDevice pulled = **here;
  here->reset();
  return pulled;
}

void UsbPorts::write_to(DomainConfig& config) const {
  std::vector<std::string> words;
  for (const auto& device : ports_) words.push_back(device ? device->name : "");
  while (!words.empty() && words.back().empty()) words.pop_back();
  config.image.set_platform("usb", "1");
  config.image.set_platform(kKey, fmt::format("{}", fmt::join(words, ",")));
}

}  // namespace xend
