#include "xend/build/usb_device.h"

#include <fmt/format.h>

#include <charconv>

namespace xend {

namespace {

constexpr char kHostDriver[] = "usb-host";

// A number from 1 to `most`.
std::optional<std::uint32_t> number(std::string_view text, int base, std::uint32_t most) {
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, base);
  if (error != std::errc{} || end != text.data() + text.size() || n == 0 || n > most) return std::nullopt;
  return n;
}

std::optional<UsbDevice> parse_host_device(std::string_view name, std::string_view place) {
  constexpr std::uint32_t kLastId = 0xffff, kLastBus = 0xffff, kLastAddress = 127;
  const auto at = place.find_first_of(":.");
  if (at == std::string_view::npos) return std::nullopt;
  const bool by_product = place[at] == ':';
  const int base = by_product ? 16 : 10;
  const auto first = number(place.substr(0, at), base, by_product ? kLastId : kLastBus);
  const auto second = number(place.substr(at + 1), base, by_product ? kLastId : kLastAddress);
  if (!first || !second) return std::nullopt;
  return UsbDevice{std::string(name),
                   kHostDriver,
                   {{by_product ? "vendorid" : "hostbus", *first}, {by_product ? "productid" : "hostaddr", *second}}};
}

}  // namespace

std::string UsbDevice::id() const {
  return fmt::format("usb{}", port);
}

bool UsbDevice::of_host() const {
  return driver == kHostDriver;
}

bool UsbDevice::by_place() const {
  return of_host() && properties.front().first == "hostbus";
}

bool UsbDevice::is(const UsbDevice& other) const {
  return driver == other.driver && properties == other.properties;
}

std::optional<UsbDevice> parse_usb_device(std::string_view name) {
  constexpr std::string_view kHost = "host:";
  if (name == "tablet" || name == "mouse") return UsbDevice{std::string(name), fmt::format("usb-{}", name), {}};
  if (name == "kbd" || name == "keyboard") return UsbDevice{std::string(name), "usb-kbd", {}};
  if (name.starts_with(kHost)) return parse_host_device(name, name.substr(kHost.size()));
  return std::nullopt;
}

}  // namespace xend
