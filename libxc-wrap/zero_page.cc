#include "libxc-wrap/zero_page.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include <xenforeignmemory.h>
}

#include "libxc-wrap/error.h"

namespace xc {
namespace {

constexpr std::size_t kPage = 4096, kWord = sizeof(std::uint64_t);
constexpr std::size_t kBatch = 1024;  // smaller ones cost more, larger ones gain nothing (spec image-speed 3)

std::uint64_t word_at(const char* page, std::size_t index) {
  std::uint64_t word = 0;
  std::memcpy(&word, page + kWord * index, kWord);
  return word;
}

// A batch of a guest's pages in this process, one behind the other, for as long as the object lives.
class MappedPages {
 public:
  MappedPages(Handle& handle, xenforeignmemory_handle* memory, DomId domid, std::span<const Frame> frames)
      : memory_(memory), count_(frames.size()) {
    const std::vector<xen_pfn_t> numbers(frames.begin(), frames.end());
    std::vector<int> errors(count_);
    pages_ = xenforeignmemory_map(memory_, domid, PROT_READ | PROT_WRITE, count_, numbers.data(), errors.data());
    if (pages_ == nullptr) handle.fail("xenforeignmemory_map", errno);
    const auto bad = std::find_if(errors.begin(), errors.end(), [](int error) { return error != 0; });
    if (bad == errors.end()) return;
    xenforeignmemory_unmap(memory_, pages_, count_);
    const Frame frame = frames[static_cast<std::size_t>(bad - errors.begin())];
    handle.fail("xenforeignmemory_map of frame " + std::to_string(frame) + ", to see whether it is zero,",
                std::abs(*bad));
  }
  ~MappedPages() { xenforeignmemory_unmap(memory_, pages_, count_); }
  MappedPages(const MappedPages&) = delete;
  MappedPages& operator=(const MappedPages&) = delete;

  std::uint64_t clear() const {
    std::uint64_t cleared = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      char* const page = static_cast<char*>(pages_) + kPage * i;
      if (is_zero_page(page)) continue;
      std::memset(page, 0, kPage);
      ++cleared;
    }
    return cleared;
  }

 private:
  xenforeignmemory_handle* const memory_;
  const std::size_t count_;
  void* pages_ = nullptr;
};

}  // namespace

bool is_zero_page(const void* page) {
  const char* const bytes = static_cast<const char*>(page);
  if ((word_at(bytes, 0) | word_at(bytes, 256) | word_at(bytes, 511)) != 0) return false;
  constexpr std::size_t kStep = 8;  // enough for the compiler to use wide registers
  for (std::size_t i = 0; i < kPage / kWord; i += kStep) {
    std::uint64_t all = 0;
    for (std::size_t j = 0; j < kStep; ++j) all |= word_at(bytes, i + j);
    if (all != 0) return false;
  }
  return true;
}

void PageCleaner::CloseMemory::operator()(xenforeignmemory_handle* memory) const {
  xenforeignmemory_close(memory);
}

PageCleaner::PageCleaner(Handle& handle, DomId domid)
    : handle_(handle), domid_(domid), memory_(xenforeignmemory_open(nullptr, 0)) {
  if (!memory_) handle_.fail("xenforeignmemory_open", errno);
}

void PageCleaner::clear(std::span<const Frame> frames) {
  handle_.forget_log();
  for (std::size_t at = 0; at < frames.size(); at += kBatch) {
    const auto batch = frames.subspan(at, std::min(kBatch, frames.size() - at));
    cleared_ += MappedPages(handle_, memory_.get(), domid_, batch).clear();
  }
}

}  // namespace xc
