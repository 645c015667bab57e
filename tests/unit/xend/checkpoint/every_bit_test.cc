// No bit of a save file of ours can change, and no byte be missing at its end, without being noticed: by those who only
// look (xm checkpoint-verify), by xend before it makes a domain, and by the restore itself.
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/xend/checkpoint/saved_guest.h"
#include "xend/checkpoint/image_report.h"
#include "xend/helpers/device_state_record.h"
#include "xend/helpers/image.h"
#include "xend/helpers/left_out_pages.h"
#include "xend/helpers/libxc_stream.h"

namespace xend {
namespace {

using test::ImageFile;
using test::saved_guest;
using test::saved_head;

struct Nowhere final : ByteSink {
  void write(std::span<const std::byte>) override {}
};

// Whether each way of reading goes through to the end of the file without a complaint.
bool looks_whole(int fd) {
  return sxp::child_text(image_report(fd), "verdict") == "whole";
}

bool is_checked(int fd) try {
  Image(fd, read_container_head(fd).checksum).check();
  return true;
} catch (const std::exception&) {
  return false;
}

// As xc_restore and the library in it read: no more than they need, then the end.
bool is_restored(int fd, bool hvm) try {
  Image image(fd, read_container_head(fd).checksum);
  LeftOutPages stream(image.stream(), hvm ? LeftOutPages::Zeros::kAreMemory : LeftOutPages::Zeros::kAreData);
  walk_libxc_stream(stream);
  Nowhere device_model;
  if (hvm && read_device_state(image.rest(), &device_model) == 0) return false;
  image.finish();
  return true;
} catch (const std::exception&) {
  return false;
}

class EveryBit : public testing::TestWithParam<bool> {
 protected:
  const bool hvm_ = GetParam();
  const std::string image_ =
      hvm_ ? saved_guest(saved_head("(hvm (boot c))"), 2, "QemuDeviceModelRecordQEVM state") : saved_guest();
  ImageFile file_{image_};

  // The names of the readers that take the file as it is now.
  std::string taken_by() {
    std::string names;
    const auto try_one = [&](const char* name, bool taken) {
      if (taken) names += name;
      file_.rewind();
    };
    try_one(" verify", looks_whole(file_.fd()));
    try_one(" xend", is_checked(file_.fd()));
    try_one(" restore", is_restored(file_.fd(), hvm_));
    return names;
  }
};

TEST_P(EveryBit, AWholeImageIsTaken) {
  EXPECT_GE(image_.size(), 1800U);
  EXPECT_LE(image_.size(), 4000U);
  EXPECT_EQ(taken_by(), " verify xend restore");
}

TEST_P(EveryBit, NoBitMayChange) {
  for (std::size_t bit = 0; bit < 8 * image_.size(); ++bit) {
    std::string flipped = image_;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    file_.set(flipped);
    ASSERT_EQ(taken_by(), "") << "bit " << bit % 8 << " of byte " << bit / 8 << " of " << image_.size();
  }
}

TEST_P(EveryBit, NoByteMayBeMissing) {
  for (std::size_t length = 0; length < image_.size(); ++length) {
    file_.set(image_.substr(0, length));
    ASSERT_EQ(taken_by(), "") << "the first " << length << " bytes of " << image_.size();
  }
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, EveryBit, testing::Bool(),
                         [](const auto& kind) { return kind.param ? "Hvm" : "Pv"; });

}  // namespace
}  // namespace xend
