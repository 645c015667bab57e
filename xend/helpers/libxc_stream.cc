#include "xend/helpers/libxc_stream.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "xend/helpers/failure.h"
#include "xend/helpers/page_data.h"

namespace xend {
namespace {

constexpr std::uint32_t kMagic = 0x58454e46;     // "XENF", big-endian
constexpr std::uint32_t kMaxRecord = 128 << 20;  // the library's own limit
constexpr std::uint32_t kLastKnown = 0x12;       // record type
constexpr std::uint32_t kOptional = 0x80000000;  // a reader may skip such a record
constexpr std::uint32_t kPv = 1, kHvm = 2;

class Walker {
 public:
  explicit Walker(ByteSource& source) : source_(source) {}

  LibxcStream run() {
    read_headers();
    for (;;) {
      const std::uint64_t start = position_;
      const std::uint32_t type = le32(), length = le32();
      const std::string name = "record " + std::to_string(seen_.records) + " at byte " + std::to_string(start);
      if (type > kLastKnown && (type & kOptional) == 0)
        throw damaged(name + " has the unknown type " + std::to_string(type));
      if (length > kMaxRecord) throw damaged(name + " claims " + std::to_string(length) + " bytes");
      const RecordHeader header{type, length};
      skip(header.padded() - (type == kPageDataRecord ? count_pages(length) : 0));
      if (type == kEndRecord) break;
      ++seen_.records;
    }
    seen_.bytes = position_;
    return seen_;
  }

 private:
  void read_headers() {
    const bool marked = le32() == 0xffffffff && le32() == 0xffffffff;
    const std::uint32_t magic = be32();
    const std::uint32_t version = seen_.version = be32();
    if (!marked || magic != kMagic) throw damaged("its first 12 bytes are not those of a Xen image");
    if (version != 2 && version != 3) throw damaged("version " + std::to_string(version) + " is neither 2 nor 3");
    const std::uint32_t options = be32();
    le32();
    if ((options & 0x10000) != 0) throw damaged("it was written by a big-endian machine");
    const std::uint32_t type = le32(), page_shift = le32() & 0xffff;
    if (type != kPv && type != kHvm) throw damaged("type " + std::to_string(type) + " is neither PV (1) nor HVM (2)");
    if (page_shift != 12) throw damaged("its pages are not of 4096 bytes");
    seen_.xen_major = le32();
    seen_.xen_minor = le32();
  }

  // Returns how much of the record it has read.
  std::uint64_t count_pages(std::uint32_t length) {
    check_page_count(length, 1);
    const std::uint32_t count = le32();
    le32();
    check_page_count(length, count);
    std::vector<PageEntry> entries(count);
    fill(std::as_writable_bytes(std::span(entries)));
    check_page_entries(length, entries);
    for (const PageEntry entry : entries) {
      seen_.pages += entry.has_data() ? 1 : 0;
      seen_.pages_left_out += entry.type() == PageType::kAllocated ? 1 : 0;
    }
    return kCountBytes + kEntryBytes * std::uint64_t{count};
  }

  void fill(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
      const std::size_t got = source_.read(bytes);
      if (got == 0) {
        throw Failure("the domain's memory image is cut short: it ends after " + std::to_string(position_) +
                      " bytes, in record " + std::to_string(seen_.records));
      }
      position_ += got;
      bytes = bytes.subspan(got);
    }
  }

  std::uint32_t le32() {
    std::array<std::byte, 4> bytes{};
    fill(bytes);
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
    return value;
  }

  std::uint32_t be32() { return __builtin_bswap32(le32()); }

  void skip(std::uint64_t length) {
    while (length > 0) {
      const std::size_t part = std::min<std::uint64_t>(length, discarded_.size());
      fill(std::span(discarded_).first(part));
      length -= part;
    }
  }

  static Failure damaged(const std::string& what) { return Failure("the domain's memory image is damaged: " + what); }

  ByteSource& source_;
  std::vector<std::byte> discarded_ = std::vector<std::byte>(64 << 10);
  std::uint64_t position_ = 0;
  LibxcStream seen_;
};

}  // namespace

LibxcStream walk_libxc_stream(ByteSource& source) {
  return Walker(source).run();
}

}  // namespace xend
