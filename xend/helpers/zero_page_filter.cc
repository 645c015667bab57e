#include "xend/helpers/zero_page_filter.h"

#include <algorithm>
#include <cstring>

#include "libxc-wrap/zero_page.h"

namespace xend {

ZeroPageFilter::ZeroPageFilter(ByteSink& sink) : sink_(sink) {}

void ZeroPageFilter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (state_ == State::kBehind) return sink_.write(bytes);
    const auto part = bytes.first(std::min<std::uint64_t>(left_, bytes.size()));
    if (state_ == State::kPass) {
      sink_.write(part);
    } else if (state_ == State::kPages) {
      add_to_page(part);
    } else {
      head_.insert(head_.end(), part.begin(), part.end());
    }
    left_ -= part.size();
    bytes = bytes.subspan(part.size());
    if (left_ == 0) gathered();
  }
}

void ZeroPageFilter::gather(State state, std::size_t bytes) {
  state_ = state;
  left_ = bytes;
  head_.clear();
  page_start_ = pages_.size();
}

// All of what was waited for is there.
void ZeroPageFilter::gathered() {
  switch (state_) {
    case State::kPass:
      return gather(State::kRecord, kRecordHeaderBytes);
    case State::kRecord:
      return start_record();
    case State::kCount: {
      std::uint32_t count = 0;
      std::memcpy(&count, head_.data(), sizeof count);
      check_page_count(record_.length, count);
      return gather(State::kEntries, kEntryBytes * count);
    }
    case State::kEntries:
      return start_pages();
    case State::kPages:
      return page_complete();
    case State::kBehind:
      return;
  }
}

void ZeroPageFilter::start_record() {
  std::memcpy(&record_, head_.data(), sizeof record_);
  if (record_.type == kPageDataRecord) {
    check_page_count(record_.length, 1);
    return gather(State::kCount, kCountBytes);
  }
  sink_.write(head_);
  if (record_.type == kEndRecord) {
    state_ = State::kBehind;
  } else if (record_.length == 0) {
    gather(State::kRecord, kRecordHeaderBytes);
  } else {
    state_ = State::kPass;
    left_ = record_.padded();
  }
}

void ZeroPageFilter::start_pages() {
  entries_.resize(head_.size() / kEntryBytes);
  std::memcpy(entries_.data(), head_.data(), head_.size());
  check_page_entries(record_.length, entries_);
  pages_.clear();
  next_ = 0;
  while (next_ < entries_.size() && !entries_[next_].has_data()) ++next_;
  next_ < entries_.size() ? gather(State::kPages, kPageBytes) : send_record();
}

// One of zeros that comes in one piece, as the library writes them, is not copied to be thrown away. Should the guest
// write to it meanwhile, a later round brings it.
void ZeroPageFilter::add_to_page(std::span<const std::byte> part) {
  const bool whole = part.size() == kPageBytes;
  if (whole && may_leave_out(entries_[next_]) && xc::is_zero_page(part.data())) return;
  pages_.insert(pages_.end(), part.begin(), part.end());
}

void ZeroPageFilter::page_complete() {
  PageEntry& entry = entries_[next_];
  const bool here = pages_.size() > page_start_;
  if (may_leave_out(entry) && (!here || xc::is_zero_page(&pages_[page_start_]))) {
    entry = PageEntry(entry.frame(), PageType::kAllocated);
    pages_.resize(page_start_);
    ++left_out_;
  } else if (entry.frame() < FrameSet::kLimit) {
    with_data_.insert(entry.frame());
  }
  do {
    ++next_;
  } while (next_ < entries_.size() && !entries_[next_].has_data());
  next_ < entries_.size() ? gather(State::kPages, kPageBytes) : send_record();
}

// A reader that has data of a page keeps them when it hears that the page is allocated.
bool ZeroPageFilter::may_leave_out(PageEntry entry) const {
  return entry.type() == PageType::kNormal && entry.frame() < FrameSet::kLimit && !with_data_.contains(entry.frame());
}

void ZeroPageFilter::send_record() {
  std::erase_if(entries_, [this](PageEntry entry) {
    if (entry.frame() >= FrameSet::kLimit) return false;
    if (entry.type() == PageType::kAbsent && !told_.contains(entry.frame())) return true;
    told_.insert(entry.frame());
    return false;
  });
  if (!entries_.empty()) {  // a reader refuses a record of no pages
    record_.length = static_cast<std::uint32_t>(kCountBytes + kEntryBytes * entries_.size() + pages_.size());
    const std::uint64_t count = entries_.size();
    sink_.write(std::as_bytes(std::span(&record_, 1)));
    sink_.write(std::as_bytes(std::span(&count, 1)));
    sink_.write(std::as_bytes(std::span(entries_)));
    sink_.write(pages_);
  }
  gather(State::kRecord, kRecordHeaderBytes);
}

}  // namespace xend
