#include "libxc-wrap/types.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace xc {
namespace {

constexpr std::array<std::pair<GuestType, std::string_view>, 3> kGuestTypes = {
    {{GuestType::kPv, "pv"}, {GuestType::kPvh, "pvh"}, {GuestType::kHvm, "hvm"}}};

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

std::string_view to_string(GuestType type) {
  for (const auto& [known, name] : kGuestTypes) {
    if (known == type) return name;
  }
  return "unknown";
}

std::optional<GuestType> parse_guest_type(std::string_view text) {
  for (const auto& [type, name] : kGuestTypes) {
    if (name == text) return type;
  }
  return std::nullopt;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    const std::optional<unsigned> digit = hex_digit(c);
    if (!digit || digits == 32) return std::nullopt;
    bytes[digits / 2] = static_cast<std::uint8_t>(bytes[digits / 2] << 4 | *digit);
    ++digits;
  }
  if (digits != 32) return std::nullopt;
  return Uuid(bytes);
}

Uuid Uuid::random() {
  std::array<std::uint8_t, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4, variant 1 (RFC 4122)
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  return Uuid(bytes);
}

std::string Uuid::to_string() const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes_[i] >> 4];
    text += kDigits[bytes_[i] & 0x0f];
  }
  return text;
}

bool Uuid::is_zero() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace xc
