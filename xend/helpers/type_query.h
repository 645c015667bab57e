// Stands between libxenguest and Xen where the library asks for the types of a guest's frames. A PVH or HVM guest's
// frames end just below 4 GiB whatever its memory, because of the special pages there; stock save asks for every one of
// them, which is half of its time (spec image-speed 1 and 3). This knows the batches in which there is nothing, and
// answers for them.
//
// The function that takes over, xc_get_pfn_type_batch, is defined in xc_save_main.cc: exported by libxenctrl 4.17, but
// not declared in its headers.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace xend {

// How many pages a guest has, and its highest frame.
struct FrameExtent {
  std::uint64_t pages = 0, highest = 0;
};

class TypeQuery {
 public:
  // Frame numbers in, types out, in their place, at most kBatch; 0, or -1 and errno. Xen's.
  using Ask = std::function<int(std::span<unsigned long> frames)>;
  static constexpr std::size_t kBatch = 1024;
  static constexpr unsigned long kAbsent = 0xfUL << 28;  // XEN_DOMCTL_PFINFO_XTAB

  // `extent` is asked when the library asks first: a save that is not live has stopped its guest by then. What it
  // throws has no consequence but that Xen is asked for everything. One at a time.
  explicit TypeQuery(std::function<FrameExtent()> extent);
  ~TypeQuery();
  TypeQuery(const TypeQuery&) = delete;
  TypeQuery& operator=(const TypeQuery&) = delete;

  // From now on Xen is asked for everything. To be called after the first round of a live save: in that round a page
  // that comes where nothing was is sent in a later one, being dirty; in later rounds there must be an answer for it.
  void stop() { state_ = State::kOff; }

  // For the function that takes over: what it returns, errno set.
  static int answer(std::span<unsigned long> frames, const Ask& ask) noexcept;

 private:
  enum class State { kNotLooked, kOn, kOff };

  int reply(std::span<unsigned long> frames, const Ask& ask);
  void look(const Ask& ask);
  bool is_empty(unsigned long frame) const;

  std::function<FrameExtent()> extent_;
  State state_ = State::kNotLooked;
  std::vector<bool> known_empty_;  // by batch; only where nothing was found
};

}  // namespace xend
