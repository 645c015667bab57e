// The PAGE_DATA records of libxenguest's stream (spec protocols 8.2): a count, as many entries of frame number and
// type, then 4096 bytes for each entry whose type has data. What both ends of the leaving out of zero pages know of
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace xend {

inline constexpr std::size_t kPageBytes = 4096;
inline constexpr std::size_t kStreamHeaderBytes = 24 + 16;  // image header and domain header, before the first record
inline constexpr std::size_t kRecordHeaderBytes = 8;        // le32 type, le32 length of the body
inline constexpr std::size_t kCountBytes = 8;               // le32 number of entries, le32 0: where the body begins
inline constexpr std::size_t kEntryBytes = 8;
inline constexpr std::uint32_t kEndRecord = 0, kPageDataRecord = 1;
// libxenguest and Xen's converter put at most 1024 entries into a record; the library takes no record above 128 MiB.
inline constexpr std::uint32_t kMostEntries = 16 << 10;

// Xen's types of pages as the stream has them, in the top four bits of an entry. Those of page tables lie between.
enum class PageType : unsigned {
  kNormal = 0,
  kBroken = 0xd,
  kAllocated = 0xe,  // XALLOC: is to be there, contents not told
  kAbsent = 0xf,     // XTAB: nothing is there
};

struct PageEntry {
  std::uint64_t bits = 0;

  PageEntry() = default;
  PageEntry(std::uint64_t frame, PageType type) : bits(frame | std::uint64_t{static_cast<unsigned>(type)} << 60) {}
  std::uint64_t frame() const { return bits & ((std::uint64_t{1} << 52) - 1); }
  PageType type() const { return static_cast<PageType>(bits >> 60); }
  bool has_data() const { return type() < PageType::kBroken; }
};
static_assert(sizeof(PageEntry) == kEntryBytes);

struct RecordHeader {
  std::uint32_t type = 0, length = 0;

  std::uint64_t padded() const { return (std::uint64_t{length} + 7) / 8 * 8; }  // how much follows the header
};
static_assert(sizeof(RecordHeader) == kRecordHeaderBytes);

// Throw Failure, before anything is allocated or read for it, when a PAGE_DATA record with a body of `length` bytes
// cannot have `count` entries, or cannot have these.
void check_page_count(std::uint32_t length, std::uint32_t count);
void check_page_entries(std::uint32_t length, std::span<const PageEntry> entries);

}  // namespace xend
