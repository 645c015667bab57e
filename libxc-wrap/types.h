// Words that everything about domains is said in: ids, sizes with their units, types of guests, reasons of shutdowns.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xc {

using DomId = std::uint32_t;
using Port = std::uint32_t;   // an event channel
using Frame = std::uint64_t;  // machine frame of a PV guest, guest frame of a PVH or HVM guest

struct KiB {
  std::uint64_t value = 0;
  auto operator<=>(const KiB&) const = default;
};

struct MiB {
  std::uint64_t value = 0;
  auto operator<=>(const MiB&) const = default;
  constexpr operator KiB() const { return KiB{value * 1024}; }
};

enum class GuestType { kPv, kPvh, kHvm };

// "pv", "pvh", "hvm"
std::string_view to_string(GuestType type);
std::optional<GuestType> parse_guest_type(std::string_view text);

// Xen's numbers (xen/sched.h, SHUTDOWN_*).
enum class ShutdownReason { kPoweroff = 0, kReboot = 1, kSuspend = 2, kCrash = 3, kWatchdog = 4, kSoftReset = 5 };

// A domain's handle. Text form: 8-4-4-4-12 lower-case hex digits, bytes in text order.
class Uuid {
 public:
  Uuid() = default;
  explicit Uuid(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}

  // Any hex text of 32 digits, with or without dashes, either case (spec protocols 7.1). Nothing for other text.
  static std::optional<Uuid> parse(std::string_view text);
  static Uuid random();

  std::string to_string() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  bool is_zero() const;
  auto operator<=>(const Uuid&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace xc
