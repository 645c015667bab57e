#include "libxc-wrap/elf_notes.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/libxc-wrap/test_elf.h"

namespace xc {
namespace {

using test::bytes;
using test::Note;
using test::u32;
using test::u64;

const std::vector<Note> kLinux = {{6, std::string("linux\0", 6)},
                                  {10, "!writable_page_tables|pae_pgdir_above_4gb"},
                                  {12, u64(18446603336221196288U)},
                                  {14, u32(1)},
                                  {77, "unknown"}};

TEST(ElfNotes, ReadsBothClasses) {
  for (const std::string& file : {test::make_elf32(kLinux), test::make_elf64(kLinux)}) {
    const auto notes = elf_notes(bytes(file));
    EXPECT_EQ(notes.size(), 4U);
    EXPECT_EQ(notes.at("GUEST_OS"), "linux");
    EXPECT_EQ(notes.at("FEATURES"), "!writable_page_tables|pae_pgdir_above_4gb");
    EXPECT_EQ(notes.at("HV_START_LOW"), "18446603336221196288");
    EXPECT_EQ(notes.at("SUSPEND_CANCEL"), "1");
  }
}

TEST(ElfNotes, SkipsNotesOfOthersAndValuesOfOddSize) {
  const std::string file = test::make_elf64({{14, u32(1), std::string("GNU\0", 4)}, {1, "ab"}, {3, u64(7)}});
  const auto notes = elf_notes(bytes(file));
  EXPECT_EQ(notes, (std::map<std::string, std::string>{{"VIRT_BASE", "7"}}));
}

TEST(ElfNotes, TextIsMadePrintableAndShort) {
  const std::string file = test::make_elf64({{6, "a\nb\x1b"}, {7, std::string(5000, 'x')}});
  const auto notes = elf_notes(bytes(file));
  EXPECT_EQ(notes.at("GUEST_OS"), "a?b?");
  EXPECT_EQ(notes.at("GUEST_VERSION").size(), 1024U);
}

TEST(ElfNotes, OtherFilesHaveNone) {
  EXPECT_TRUE(elf_notes({}).empty());
  EXPECT_TRUE(elf_notes(bytes("not an ELF file at all, but long enough to be read as a header of one.......")).empty());
}

TEST(ElfNotes, EveryTruncationIsHarmless) {
  const std::string whole = test::make_elf64(kLinux);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);
    EXPECT_LE(elf_notes(bytes(cut)).size(), 4U);
  }
}

TEST(ElfNotes, WildSizesAndOffsetsAreHarmless) {
  std::mt19937 random(1);
  const std::string whole = test::make_elf64(kLinux);
  for (int run = 0; run < 20000; ++run) {
    std::string wild = whole;
    for (int change = 0; change < 4; ++change) wild[random() % wild.size()] = static_cast<char>(random());
    elf_notes(bytes(wild));
  }
  std::string file = whole;
  for (std::size_t offset = 0; offset + 8 <= file.size(); ++offset) {
    std::string huge = file;
    std::memset(huge.data() + offset, 0xff, 8);
    elf_notes(bytes(huge));
  }
}

}  // namespace
}  // namespace xc
