// The ACPI tables of a PVH guest: Xen has none for it, and without a MADT Linux boots and then never wakes from its
// first sleep (spec modern-xen 26.4). RSDP, XSDT, MADT, FADT and an empty DSDT; nothing that needs a device.
#pragma once

#include <cstdint>
#include <vector>

namespace xc {

// Where the tables are in the guest: below the special pages at 0xfeff8000 and the local APICs at 0xfee00000.
constexpr std::uint32_t kAcpiAddress = 0xfc000000;

constexpr unsigned kMaxHvmVcpus = 128;  // Xen's HVM_MAX_VCPUS; APIC ids are twice the number and must stay below 255

// Whole pages, to be placed at the guest-physical `address` (16-byte aligned), the RSDP at their start.
// Throws std::invalid_argument unless 1 <= vcpus <= kMaxHvmVcpus.
std::vector<std::uint8_t> acpi_tables(unsigned vcpus, std::uint32_t address = kAcpiAddress);

}  // namespace xc
