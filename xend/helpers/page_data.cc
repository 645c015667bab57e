#include "xend/helpers/page_data.h"

#include <algorithm>
#include <string>

#include "xend/helpers/failure.h"

namespace xend {
namespace {

Failure damaged(const std::string& what) {
  return Failure("the domain's memory image is damaged: a record of pages " + what);
}

}  // namespace

void check_page_count(std::uint32_t length, std::uint32_t count) {
  if (count == 0 || count > kMostEntries)
    throw damaged("claims " + std::to_string(count) + " pages, 1 to " + std::to_string(kMostEntries) + " are possible");
  if (kCountBytes + kEntryBytes * std::uint64_t{count} > length)
    throw damaged("of " + std::to_string(length) + " bytes claims " + std::to_string(count) + " pages");
}

void check_page_entries(std::uint32_t length, std::span<const PageEntry> entries) {
  const auto with_data = std::count_if(entries.begin(), entries.end(), [](PageEntry e) { return e.has_data(); });
  const std::uint64_t needed =
      kCountBytes + kEntryBytes * entries.size() + kPageBytes * static_cast<std::uint64_t>(with_data);
  if (needed != length) {
    throw damaged("with the data of " + std::to_string(with_data) + " of " + std::to_string(entries.size()) +
                  " pages has " + std::to_string(length) + " bytes instead of " + std::to_string(needed));
  }
}

}  // namespace xend
