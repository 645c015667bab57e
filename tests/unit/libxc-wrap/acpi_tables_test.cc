#include "libxc-wrap/acpi_tables.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>

namespace xc {
namespace {

// Reads tables as a guest does: from physical addresses, checking what it is given.
class Reader {
 public:
  explicit Reader(std::vector<std::uint8_t> image, std::uint32_t address = kAcpiAddress)
      : image_(std::move(image)), address_(address) {}

  std::uint64_t number(std::uint64_t at, std::size_t width) const {
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) value = value << 8 | image_.at(at - address_ + i);
    return value;
  }
  std::string text(std::uint64_t at, std::size_t length) const {
    const auto* const start = reinterpret_cast<const char*>(image_.data()) + (at - address_);
    return std::string(start, length);
  }
  unsigned sum(std::uint64_t at, std::size_t length) const {
    const auto start = image_.begin() + static_cast<std::ptrdiff_t>(at - address_);
    return std::accumulate(start, start + static_cast<std::ptrdiff_t>(length), 0U) & 0xff;
  }
  void expect_table(std::uint64_t at, const std::string& signature) const {
    EXPECT_EQ(text(at, 4), signature);
    EXPECT_EQ(at % 4, 0U);
    EXPECT_EQ(sum(at, number(at + 4, 4)), 0U) << signature;
  }
  std::size_t size() const { return image_.size(); }

 private:
  std::vector<std::uint8_t> image_;
  std::uint32_t address_;
};

struct Found {
  std::uint64_t madt, fadt;
};

Found walk(const Reader& memory, std::uint64_t rsdp) {
  EXPECT_EQ(memory.text(rsdp, 8), "RSD PTR ");
  EXPECT_EQ(memory.sum(rsdp, 20), 0U);
  EXPECT_EQ(memory.number(rsdp + 15, 1), 2U);
  EXPECT_EQ(memory.number(rsdp + 20, 4), 36U);
  EXPECT_EQ(memory.sum(rsdp, 36), 0U);
  const std::uint64_t xsdt = memory.number(rsdp + 24, 8);
  memory.expect_table(xsdt, "XSDT");
  EXPECT_EQ(memory.number(xsdt + 4, 4), 36U + 2 * 8);
  return {memory.number(xsdt + 36, 8), memory.number(xsdt + 44, 8)};
}

TEST(AcpiTables, EveryTableIsReachedAndSumsToZero) {
  const Reader memory(acpi_tables(1));
  const auto [madt, fadt] = walk(memory, kAcpiAddress);
  memory.expect_table(madt, "APIC");
  memory.expect_table(fadt, "FACP");
  EXPECT_EQ(memory.number(fadt + 4, 4), 268U);
  EXPECT_EQ(memory.number(fadt + 8, 1), 5U);
  const std::uint64_t dsdt = memory.number(fadt + 40, 4);
  EXPECT_EQ(memory.number(fadt + 140, 8), dsdt);
  memory.expect_table(dsdt, "DSDT");
  EXPECT_EQ(memory.number(dsdt + 4, 4), 36U);
}

TEST(AcpiTables, HardwareReducedWithoutVgaAndClock) {
  const Reader memory(acpi_tables(1));
  const std::uint64_t fadt = walk(memory, kAcpiAddress).fadt;
  EXPECT_EQ(memory.number(fadt + 112, 4), 0x100035U);
  EXPECT_EQ(memory.number(fadt + 109, 2), 0x24U);
}

TEST(AcpiTables, OneApicForEachVcpu) {
  for (const unsigned vcpus : {1U, 2U, 3U, 32U, 127U, 128U}) {
    const Reader memory(acpi_tables(vcpus));
    EXPECT_EQ(memory.size(), 4096U);
    const std::uint64_t madt = walk(memory, kAcpiAddress).madt;
    EXPECT_EQ(memory.number(madt + 36, 4), 0xfee00000U);
    EXPECT_EQ(memory.number(madt + 4, 4), 44U + 8 * vcpus);
    for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) {
      const std::uint64_t entry = madt + 44 + std::uint64_t{8} * vcpu;
      EXPECT_EQ(memory.number(entry, 2), 0x0800U);
      EXPECT_EQ(memory.number(entry + 2, 1), vcpu);
      EXPECT_EQ(memory.number(entry + 3, 1), 2 * vcpu);
      EXPECT_EQ(memory.number(entry + 4, 4), 1U);
    }
  }
}

TEST(AcpiTables, AddressesFollowThePlace) {
  const Reader memory(acpi_tables(2, 0x12340000), 0x12340000);
  memory.expect_table(walk(memory, 0x12340000).madt, "APIC");
}

TEST(AcpiTables, RefusesImpossibleNumbers) {
  EXPECT_THROW(acpi_tables(0), std::invalid_argument);
  EXPECT_THROW(acpi_tables(129), std::invalid_argument);
}

}  // namespace
}  // namespace xc
