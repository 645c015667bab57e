// Makes small ELF files with Xen notes, good or damaged, for the tests of this folder.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace xc::test {

struct Note {
  std::uint32_t type;
  std::string value;  // raw bytes
  std::string owner = std::string("Xen\0", 4);
};

inline std::string u32(std::uint32_t value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

inline std::string u64(std::uint64_t value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

inline std::string padded(std::string bytes) {
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}

// A 32-bit (Elf32) or 64-bit file: one PT_LOAD of 64 bytes at 1 MiB, one PT_NOTE.
template <typename FileHeader, typename ProgramHeader>
std::string make_elf(const std::vector<Note>& notes) {
  std::string segment;
  for (const Note& note : notes) {
    segment += u32(static_cast<std::uint32_t>(note.owner.size())) + u32(static_cast<std::uint32_t>(note.value.size())) +
               u32(note.type) + padded(note.owner) + padded(note.value);
  }
  FileHeader header{};
  constexpr bool kWide = sizeof(FileHeader) == sizeof(Elf64_Ehdr);
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = kWide ? ELFCLASS64 : ELFCLASS32;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = kWide ? EM_X86_64 : EM_386;
  header.e_version = EV_CURRENT;
  header.e_entry = 0x100000;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(ProgramHeader);
  header.e_phnum = 2;
  header.e_shentsize = kWide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);

  ProgramHeader load{};
  load.p_type = PT_LOAD;
  load.p_offset = sizeof header + 2 * sizeof load;
  load.p_vaddr = load.p_paddr = 0x100000;
  load.p_filesz = load.p_memsz = 64;
  load.p_flags = PF_R | PF_X;
  ProgramHeader note{};
  note.p_type = PT_NOTE;
  note.p_offset = load.p_offset + 64;
  note.p_filesz = note.p_memsz = static_cast<decltype(note.p_filesz)>(segment.size());

  std::string file(reinterpret_cast<const char*>(&header), sizeof header);
  file.append(reinterpret_cast<const char*>(&load), sizeof load);
  file.append(reinterpret_cast<const char*>(&note), sizeof note);
  file.append(64, '\x90');
  return file + segment;
}

inline std::string make_elf32(const std::vector<Note>& notes) {
  return make_elf<Elf32_Ehdr, Elf32_Phdr>(notes);
}

inline std::string make_elf64(const std::vector<Note>& notes) {
  return make_elf<Elf64_Ehdr, Elf64_Phdr>(notes);
}

inline std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace xc::test
