// Reads what a kernel says to Xen about itself: the notes of owner "Xen" in the PT_NOTE segments of an ELF file. The
// file comes from whoever owns the guest: every offset is checked, nothing is trusted.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace xc {

// Upper-case names to values as in the domain's SXP (spec protocols 7.4): numbers in decimal, texts with anything that
// is not printable replaced by '?'. Notes that do not fit into the file are left out. Empty for what is no ELF file.
std::map<std::string, std::string> elf_notes(std::span<const std::byte> file);

}  // namespace xc
