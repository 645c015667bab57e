#include "libxc-wrap/elf_notes.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

extern "C" {
#include <xen/elfnote.h>
}

namespace xc {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kMaxText = 1024;          // longest note text kept; FEATURES has about 50 bytes
constexpr std::size_t kMaxSegments = 128;       // program headers looked at; kernels have five
constexpr std::size_t kMaxNoteBytes = 1 << 20;  // of one segment; kernels have 500

struct KnownNote {
  std::uint32_t type;
  const char* name;
  bool text;
};

constexpr std::array<KnownNote, 17> kNotes = {{
    {XEN_ELFNOTE_ENTRY, "ENTRY", false},
    {XEN_ELFNOTE_HYPERCALL_PAGE, "HYPERCALL_PAGE", false},
    {XEN_ELFNOTE_VIRT_BASE, "VIRT_BASE", false},
    {XEN_ELFNOTE_PADDR_OFFSET, "PADDR_OFFSET", false},
    {XEN_ELFNOTE_XEN_VERSION, "XEN_VERSION", true},
    {XEN_ELFNOTE_GUEST_OS, "GUEST_OS", true},
    {XEN_ELFNOTE_GUEST_VERSION, "GUEST_VERSION", true},
    {XEN_ELFNOTE_LOADER, "LOADER", true},
    {XEN_ELFNOTE_PAE_MODE, "PAE_MODE", true},
    {XEN_ELFNOTE_FEATURES, "FEATURES", true},
    {XEN_ELFNOTE_BSD_SYMTAB, "BSD_SYMTAB", true},
    {XEN_ELFNOTE_HV_START_LOW, "HV_START_LOW", false},
    {XEN_ELFNOTE_SUSPEND_CANCEL, "SUSPEND_CANCEL", false},
    {XEN_ELFNOTE_INIT_P2M, "INIT_P2M", false},
    {XEN_ELFNOTE_MOD_START_PFN, "MOD_START_PFN", false},
    {XEN_ELFNOTE_SUPPORTED_FEATURES, "SUPPORTED_FEATURES", false},
    {XEN_ELFNOTE_PHYS32_ENTRY, "PHYS32_ENTRY", false},
}};

// The part of `bytes` from `offset` on, `length` long; nothing when it does not lie inside.
std::optional<Bytes> part(Bytes bytes, std::uint64_t offset, std::uint64_t length) {
  if (offset > bytes.size() || length > bytes.size() - offset) return std::nullopt;
  return bytes.subspan(offset, length);
}

// A structure of the file, copied: the file promises no alignment.
template <typename T>
std::optional<T> structure(Bytes bytes, std::uint64_t offset) {
  const std::optional<Bytes> raw = part(bytes, offset, sizeof(T));
  if (!raw) return std::nullopt;
  T value;
  std::memcpy(&value, raw->data(), sizeof value);
  return value;
}

std::string text(Bytes bytes) {
  std::string value;
  for (const std::byte byte : bytes.first(std::min(bytes.size(), kMaxText))) {
    const auto c = static_cast<unsigned char>(byte);
    if (c == 0) break;
    value += c >= 0x20 && c < 0x7f ? static_cast<char>(c) : '?';
  }
  return value;
}

std::optional<std::string> number(Bytes bytes) {
  if (const auto wide = structure<std::uint64_t>(bytes, 0)) return std::to_string(*wide);
  if (const auto narrow = structure<std::uint32_t>(bytes, 0)) return std::to_string(*narrow);
  return std::nullopt;
}

void add(std::map<std::string, std::string>& notes, std::uint32_t type, Bytes value) {
  const auto* const known =
      std::find_if(kNotes.begin(), kNotes.end(), [type](const KnownNote& note) { return note.type == type; });
  if (known == kNotes.end()) return;
  if (known->text) {
    notes[known->name] = text(value);
  } else if (const auto decimal = number(value)) {
    notes[known->name] = *decimal;
  }
}

void read_segment(Bytes segment, std::map<std::string, std::string>& notes) {
  static constexpr std::string_view kOwner("Xen\0", 4);
  const auto padded = [](std::uint64_t length) { return (length + 3) / 4 * 4; };
  std::uint64_t offset = 0;
  while (const auto header = structure<Elf64_Nhdr>(segment, offset)) {  // the same for both classes
    offset += sizeof *header;
    const auto owner = part(segment, offset, header->n_namesz);
    const auto value = part(segment, offset + padded(header->n_namesz), header->n_descsz);
    if (!owner || !value) return;
    if (owner->size() == kOwner.size() && std::memcmp(owner->data(), kOwner.data(), kOwner.size()) == 0)
      add(notes, header->n_type, *value);
    offset += padded(header->n_namesz) + padded(header->n_descsz);
  }
}

template <typename FileHeader, typename ProgramHeader>
std::map<std::string, std::string> read_file(Bytes file) {
  std::map<std::string, std::string> notes;
  const auto header = structure<FileHeader>(file, 0);
  if (!header || header->e_phentsize != sizeof(ProgramHeader)) return notes;
  const std::size_t segments = std::min<std::size_t>(header->e_phnum, kMaxSegments);
  for (std::size_t i = 0; i < segments; ++i) {
    if (header->e_phoff > file.size()) break;  // and the sum below cannot wrap
    const auto program = structure<ProgramHeader>(file, std::uint64_t{header->e_phoff} + i * sizeof(ProgramHeader));
    if (!program) break;
    if (program->p_type != PT_NOTE || program->p_filesz > kMaxNoteBytes) continue;
    if (const auto segment = part(file, program->p_offset, program->p_filesz)) read_segment(*segment, notes);
  }
  return notes;
}

}  // namespace

std::map<std::string, std::string> elf_notes(std::span<const std::byte> file) {
  const auto identification = structure<std::array<unsigned char, EI_NIDENT>>(file, 0);
  if (!identification || std::memcmp(identification->data(), ELFMAG, SELFMAG) != 0) return {};
  if (identification->at(EI_DATA) != ELFDATA2LSB) return {};
  if (identification->at(EI_CLASS) == ELFCLASS64) return read_file<Elf64_Ehdr, Elf64_Phdr>(file);
  if (identification->at(EI_CLASS) == ELFCLASS32) return read_file<Elf32_Ehdr, Elf32_Phdr>(file);
  return {};
}

}  // namespace xc
