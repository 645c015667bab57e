#include "xend/build/usb_device.h"

#include <fmt/format.h>

#include <charconv>

namespace xend {

namespace {

std::optional<std::uint32_t> number(std::string_view text, int base) {
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, base);
  if (error != std::errc{} || end != text.data() + text.size() || n > 0xffff) return std::nullopt;
  return n;
}

// "A" and "B" of "A:B", as numbers; nothing when they are none.
std::optional<std::pair<std::uint32_t, std::uint32_t>> two_numbers(std::string_view text, char between, int base) {
  const auto at = text.find(between);
  if (at == std::string_view::npos) return std::nullopt;
  const auto first = number(text.substr(0, at), base), second = number(text.substr(at + 1), base);
  if (!first || !second) return std::nullopt;
  return std::pair(*first, *second);
}

}  // namespace

std::optional<UsbDevice> parse_usb_device(std::string_view name) {
  constexpr std::string_view kHost = "host:";
  if (name == "tablet" || name == "mouse")
    return UsbDevice{fmt::format("usb-{}", name), fmt::format("usb-{}", name), {}};
  if (name == "kbd" || name == "keyboard") return UsbDevice{"usb-kbd", "usb-kbd", {}};
  if (!name.starts_with(kHost)) return std::nullopt;
  name.remove_prefix(kHost.size());
  if (const auto product = two_numbers(name, ':', 16))
    return UsbDevice{"usb-host",
                     fmt::format("usb-{:04x}-{:04x}", product->first, product->second),
                     {{"vendorid", product->first}, {"productid", product->second}}};
  if (const auto place = two_numbers(name, '.', 10))
    return UsbDevice{"usb-host",
                     fmt::format("usb-{}.{}", place->first, place->second),
                     {{"hostbus", place->first}, {"hostaddr", place->second}}};
  return std::nullopt;
}

}  // namespace xend
