// Watches a libxc stream on its way into libxenguest for pages that are to be there and have no data (XALLOC): pages of
// zeros that our writer left out (zero_page_filter.h), and what other toolstacks did not send.
//
// PV: the pages are put back, as data of zeros and type NOTAB; libxenguest never learns that they were away. PVH, HVM:
// the library makes such a page of what Xen gives it, which may have been another guest's, so they are cleared as soon
// as they are there (xc::PageCleaner): in a live migration while the guest still runs at its source, but for the last
// ones.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "xend/helpers/byte_stream.h"
#include "xend/helpers/frame_set.h"
#include "xend/helpers/page_data.h"

namespace xend {

class LeftOutPages final : public ByteSource {
 public:
  enum class Zeros {
    kAreData,    // PV
    kAreMemory,  // PVH, HVM
  };

  using Clear = std::function<void(std::span<const std::uint64_t> frames)>;

  // `source` stands at the first byte of the stream and must outlive this. Nothing is read ahead: when the library has
  // its END record, the source stands behind it. `clear` is called with kAreMemory, by read(), when the library has
  // made the pages of a record, those that have had no data until then, and asks for what follows; may throw.
  LeftOutPages(ByteSource& source, Zeros zeros, Clear clear = {});

  // Throws Failure when a record of pages contradicts itself, names an impossible frame, or the stream ends within its
  // headers.
  std::size_t read(std::span<std::byte> bytes) override;

  // The frames, ascending, that were to be there and have had no data until now.
  std::vector<std::uint64_t> frames() const { return allocated_.without(with_data_); }

 private:
  struct Run {
    std::uint64_t bytes = 0;
    bool zeros = false;  // not from the source
  };

  void next_record();
  void clear_new();
  void read_pages(RecordHeader header);
  bool note(PageEntry entry);
  void add_run(std::uint64_t bytes, bool zeros);
  void append(std::size_t bytes);

  ByteSource& source_;
  const Zeros zeros_;
  const Clear clear_;
  std::vector<std::byte> head_;  // of the record as the library is to see it
  std::size_t head_used_ = 0;
  std::vector<Run> runs_{{kStreamHeaderBytes, false}};  // what follows the head
  std::size_t run_ = 0;
  bool ended_ = false;  // END has been passed on
  FrameSet allocated_, with_data_;
  std::vector<std::uint64_t> new_;  // in allocated_ since the record that the library has now
};

}  // namespace xend
