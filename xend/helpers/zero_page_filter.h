// Leaves pages of zeros out of libxenguest's stream on its way into our own images: their entries get the type XALLOC,
// which has no data, and entries that tell a reader nothing go altogether (spec image-speed 2).
//
// Stock libxenguest populates such a page and leaves in it what Xen gave, which may be another guest's memory: only a
// reader that clears may restore what comes out of here. Ours does (left_out_pages.h), and the mark of our images says
// so (frame_format.h). Bare streams, which others read too, never go through here.
//
// PV guests need no exceptions: libxenguest insists on the type NOTAB for the start info page, the GDT's frames and the
// frames of the p2m list, but our reader puts pages and types of PV guests back before libxenguest sees them.
#pragma once

#include <cstdint>
#include <vector>

#include "xend/helpers/byte_stream.h"
#include "xend/helpers/frame_set.h"
#include "xend/helpers/page_data.h"

namespace xend {

class ZeroPageFilter final : public ByteSink {
 public:
  // `sink` must outlive the filter, and gets the stream with shorter records.
  explicit ZeroPageFilter(ByteSink& sink);

  // The stream from its first byte, in pieces of any size; what follows its END record goes through unchanged. Throws
  // Failure when a record of pages contradicts itself: the library is not the one this program was written for.
  void write(std::span<const std::byte> bytes) override;

  // Pages whose data were not sent, counted each time.
  std::uint64_t left_out() const { return left_out_; }

 private:
  enum class State { kPass, kRecord, kCount, kEntries, kPages, kBehind };

  void gather(State state, std::size_t bytes);
  void gathered();
  void start_record();
  void start_pages();
  void add_to_page(std::span<const std::byte> part);
  void page_complete();
  bool may_leave_out(PageEntry entry) const;
  void send_record();

  ByteSink& sink_;
  State state_ = State::kPass;
  std::uint64_t left_ =
      kStreamHeaderBytes;        // kPass: bytes of the record, or of the headers; others: of what is gathered
  std::vector<std::byte> head_;  // what is being gathered
  RecordHeader record_;
  std::vector<PageEntry> entries_;
  std::size_t next_ = 0;          // the entry whose page comes
  std::vector<std::byte> pages_;  // the private copy: the guest may change its page between the check and the sending
  std::size_t page_start_ = 0;    // in it: of the page that comes
  FrameSet told_, with_data_;     // frames that a reader has heard of; those of which it has data
  std::uint64_t left_out_ = 0;
};

}  // namespace xend
