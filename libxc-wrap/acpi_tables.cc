#include "libxc-wrap/acpi_tables.h"

#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>

namespace xc {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::uint32_t kLocalApicAddress = 0xfee00000;

// A table under construction. Numbers are little-endian; offsets are those of the ACPI specification, 5.0.
class Table {
 public:
  explicit Table(std::size_t length) : bytes_(length) {}

  std::size_t size() const { return bytes_.size(); }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

  void put(std::size_t offset, std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) bytes_.at(offset + i) = static_cast<std::uint8_t>(value >> (8 * i));
  }
  void put(std::size_t offset, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) bytes_.at(offset + i) = static_cast<std::uint8_t>(text[i]);
  }
  // Makes the first `length` bytes sum to 0 modulo 256.
  void close(std::size_t checksum_offset, std::size_t length) {
    const auto end = bytes_.begin() + static_cast<std::ptrdiff_t>(length);
    bytes_.at(checksum_offset) = 0;
    bytes_.at(checksum_offset) = static_cast<std::uint8_t>(-std::accumulate(bytes_.begin(), end, 0));
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

constexpr std::size_t kHeader = 36;  // of every table but the RSDP
constexpr std::string_view kOemId = "Xen   ", kOemTableId = "PVH     ";

Table described(std::string_view signature, std::size_t length, unsigned revision) {
  Table table(length);
  table.put(0, signature);
  table.put(4, length, 4);
  table.put(8, revision, 1);
  table.put(10, kOemId);
  table.put(16, kOemTableId);
  table.put(24, 1, 4);  // OEM revision
  table.put(28, "XEND");
  table.put(32, 1, 4);  // creator revision
  return table;
}

void close(Table& table) {
  table.close(9, table.size());
}

Table rsdp(std::uint64_t xsdt) {
  constexpr std::size_t kLength = 36, kFirstPart = 20;
  Table table(kLength);
  table.put(0, "RSD PTR ");
  table.put(9, kOemId);
  table.put(15, 2, 1);  // revision
  table.put(20, kLength, 4);
  table.put(24, xsdt, 8);
  table.close(8, kFirstPart);
  table.close(32, kLength);
  return table;
}

Table xsdt(std::uint64_t madt, std::uint64_t fadt) {
  Table table = described("XSDT", kHeader + 2 * 8, 1);
  table.put(kHeader, madt, 8);
  table.put(kHeader + 8, fadt, 8);
  close(table);
  return table;
}

Table madt(unsigned vcpus) {
  constexpr std::size_t kFixed = kHeader + 8, kEntry = 8;
  Table table = described("APIC", kFixed + vcpus * kEntry, 3);
  table.put(kHeader, kLocalApicAddress, 4);
  for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) {
    const std::size_t entry = kFixed + vcpu * kEntry;
    table.put(entry, 0, 1);  // processor local APIC
    table.put(entry + 1, kEntry, 1);
    table.put(entry + 2, vcpu, 1);
    table.put(entry + 3, 2 * vcpu, 1);  // the APIC id that Xen gives the vcpu
    table.put(entry + 4, 1, 4);         // enabled
  }
  close(table);
  return table;
}

Table fadt(std::uint32_t dsdt) {
  constexpr std::uint32_t kWbinvd = 1 << 0, kProcC1 = 1 << 2, kHwReduced = 1 << 20;
  constexpr std::uint32_t kNoPowerButton = 1 << 4, kNoSleepButton = 1 << 5;  // set: no fixed button
  constexpr std::uint16_t kNoVga = 1 << 2, kNoCmosRtc = 1 << 5;
  Table table = described("FACP", 268, 5);
  table.put(40, dsdt, 4);
  table.put(109, kNoVga | kNoCmosRtc, 2);
  table.put(112, kHwReduced | kWbinvd | kProcC1 | kNoPowerButton | kNoSleepButton, 4);
  table.put(140, dsdt, 8);
  close(table);
  return table;
}

Table dsdt() {
  Table table = described("DSDT", kHeader, 2);
  close(table);
  return table;
}

}  // namespace

std::vector<std::uint8_t> acpi_tables(unsigned vcpus, std::uint32_t address) {
  if (vcpus == 0 || vcpus > kMaxHvmVcpus) {
    throw std::invalid_argument("a PVH guest has 1 to " + std::to_string(kMaxHvmVcpus) + " VCPUs, not " +
                                std::to_string(vcpus));
  }
  std::vector<std::uint8_t> image(64);  // the RSDP comes last, when it is known where the XSDT is
  const auto place = [&image, address](const Table& table) {
    const std::size_t offset = image.size();
    image.insert(image.end(), table.bytes().begin(), table.bytes().end());
    image.resize((image.size() + 15) / 16 * 16);
    return address + static_cast<std::uint32_t>(offset);
  };
  const std::uint32_t dsdt_address = place(dsdt());
  const std::uint32_t fadt_address = place(fadt(dsdt_address));
  const std::uint32_t madt_address = place(madt(vcpus));
  const Table root = rsdp(place(xsdt(madt_address, fadt_address)));
  std::copy(root.bytes().begin(), root.bytes().end(), image.begin());
  image.resize((image.size() + kPage - 1) / kPage * kPage);
  return image;
}

}  // namespace xc
