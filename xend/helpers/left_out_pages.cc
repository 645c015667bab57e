#include "xend/helpers/left_out_pages.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "xend/helpers/failure.h"

namespace xend {

LeftOutPages::LeftOutPages(ByteSource& source, Zeros zeros, Clear clear)
    : source_(source), zeros_(zeros), clear_(std::move(clear)) {}

std::size_t LeftOutPages::read(std::span<std::byte> bytes) {
  while (head_used_ == head_.size() && run_ == runs_.size()) {
    if (ended_) return source_.read(bytes);
    next_record();
  }
  if (head_used_ < head_.size()) {
    const std::size_t part = std::min(bytes.size(), head_.size() - head_used_);
    std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(head_used_), part, bytes.begin());
    head_used_ += part;
    return part;
  }
  Run& run = runs_[run_];
  const auto part = bytes.first(std::min<std::uint64_t>(bytes.size(), run.bytes));
  if (run.zeros) std::fill(part.begin(), part.end(), std::byte{0});
  const std::size_t got = run.zeros ? part.size() : source_.read(part);
  run.bytes -= got;
  if (run.bytes == 0) ++run_;
  return got;
}

// The library is done with a record when it asks for the next one.
void LeftOutPages::clear_new() {
  std::erase_if(new_, [this](std::uint64_t frame) { return with_data_.contains(frame); });
  if (!new_.empty() && clear_) clear_(new_);
  new_.clear();
}

void LeftOutPages::next_record() {
  clear_new();
  head_.clear();
  head_used_ = 0;
  runs_.clear();
  run_ = 0;
  append(kRecordHeaderBytes);
  RecordHeader header;
  std::memcpy(&header, head_.data(), sizeof header);
  if (header.type == kPageDataRecord) return read_pages(header);
  ended_ = header.type == kEndRecord;
  add_run(header.padded(), false);
}

// Takes the record's head apart, and puts it together again with the pages that the library is to see.
void LeftOutPages::read_pages(RecordHeader header) {
  check_page_count(header.length, 1);
  append(kCountBytes);
  std::uint32_t count = 0;
  std::memcpy(&count, &head_[kRecordHeaderBytes], sizeof count);
  check_page_count(header.length, count);
  constexpr std::size_t kEntriesAt = kRecordHeaderBytes + kCountBytes;
  append(kEntryBytes * count);
  std::vector<PageEntry> entries(count);
  std::memcpy(entries.data(), &head_[kEntriesAt], kEntryBytes * count);
  check_page_entries(header.length, entries);
  for (PageEntry& entry : entries) {
    const bool had_data = entry.has_data();
    if (note(entry)) {
      entry = PageEntry(entry.frame(), PageType::kNormal);
      header.length += kPageBytes;  // of at most kMostEntries: far from what the library or the number can take
    }
    if (entry.has_data()) add_run(kPageBytes, !had_data);
  }
  std::memcpy(head_.data(), &header, sizeof header);
  std::memcpy(&head_[kEntriesAt], entries.data(), kEntryBytes * count);
}

// Says whether the page is to be put back. One that has data keeps them, as libxenguest has it.
bool LeftOutPages::note(PageEntry entry) {
  if (entry.has_data() && entry.frame() < FrameSet::kLimit) with_data_.insert(entry.frame());
  if (entry.type() != PageType::kAllocated) return false;
  if (entry.frame() >= FrameSet::kLimit)
    throw Failure("the domain's memory image is damaged: a page without data is at frame " +
                  std::to_string(entry.frame()) + ", and no guest has frames from " + std::to_string(FrameSet::kLimit) +
                  " on");
  if (zeros_ == Zeros::kAreMemory && !allocated_.contains(entry.frame())) new_.push_back(entry.frame());
  allocated_.insert(entry.frame());
  return zeros_ == Zeros::kAreData && !with_data_.contains(entry.frame());
}

void LeftOutPages::add_run(std::uint64_t bytes, bool zeros) {
  if (bytes == 0) return;
  if (runs_.empty() || runs_.back().zeros != zeros) runs_.push_back({0, zeros});
  runs_.back().bytes += bytes;
}

void LeftOutPages::append(std::size_t bytes) {
  const std::size_t start = head_.size();
  head_.resize(start + bytes);
  for (std::span<std::byte> rest = std::span(head_).subspan(start); !rest.empty();) {
    const std::size_t got = source_.read(rest);
    if (got == 0) throw Failure("the domain's memory image is cut short: it ends in the head of a record");
    rest = rest.subspan(got);
  }
}

}  // namespace xend
