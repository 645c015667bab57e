// A set of a guest's frame numbers: one bit each, up to the highest that was put in.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace xend {

class FrameSet {
 public:
  // Frames from here on cannot be put in: a guest of a TiB has none, and the bits below take at most 32 MiB. To be
  // checked before insert, as frame numbers come from guests and images.
  static constexpr std::uint64_t kLimit = 1 << 28;

  bool contains(std::uint64_t frame) const {
    return frame / 64 < words_.size() && (words_[frame / 64] >> frame % 64 & 1) != 0;
  }

  void insert(std::uint64_t frame) {
    if (frame / 64 >= words_.size()) words_.resize(std::bit_ceil(frame / 64 + 1));
    words_[frame / 64] |= std::uint64_t{1} << frame % 64;
  }

  // Those that are not in `other`, ascending.
  std::vector<std::uint64_t> without(const FrameSet& other) const {
    std::vector<std::uint64_t> frames;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t word = words_[i] & ~(i < other.words_.size() ? other.words_[i] : 0); word != 0;
           word &= word - 1)
        frames.push_back(64 * i + static_cast<unsigned>(std::countr_zero(word)));
    }
    return frames;
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace xend
