// Records of pages as libxenguest writes them, for the tests of those who leave pages out and put them back.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/xend/helpers/libxc_records.h"

namespace xend::test {

inline constexpr unsigned kNormal = 0, kPageTable = 1, kBroken = 0xd, kAllocated = 0xe, kAbsent = 0xf;

// One entry of a record. `fill`: every byte of the page, where the type has data.
struct Page {
  std::uint64_t frame = 0;
  unsigned type = kNormal;
  char fill = '\0';
};

inline std::string le64(std::uint64_t value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

inline std::string page_record(const std::vector<Page>& pages) {
  std::string body = le64(pages.size()), data;
  for (const Page& page : pages) {
    body += le64(page.frame | std::uint64_t{page.type} << 60);
    if (page.type < kBroken) data += std::string(4096, page.fill);
  }
  return record(1, body + data);
}

// A whole stream with these records between its headers and its END.
inline std::string stream_of(const std::string& records) {
  return libxc_headers(3, 2) + record(0x11, "policy") + records + record(9, "context") + record(0, "");
}

inline std::string stream_of(const std::vector<std::vector<Page>>& rounds) {
  std::string records;
  for (const auto& pages : rounds) records += page_record(pages);
  return stream_of(records);
}

}  // namespace xend::test
