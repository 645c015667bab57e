// The state of a device model behind a guest's memory: spec protocols 2.1.
#include "xend/helpers/device_state_record.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/xend/helpers/image_file.h"
#include "xend/helpers/failure.h"

namespace xend {
namespace {

using test::bytes;
using test::ImageFile;

constexpr const char* kMark = "QemuDeviceModelRecord";
constexpr std::uint64_t kLargest = 256 << 20;

// Keeps what it is given, or only counts it.
class Kept final : public ByteSink {
 public:
  void write(std::span<const std::byte> piece) override {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  std::string text;
};

// A text, a byte at a time; then as many zeros as wanted, in large pieces.
class Given final : public ByteSource {
 public:
  explicit Given(std::string text, std::uint64_t zeros = 0) : text_(std::move(text)), zeros_(zeros) {}
  std::size_t read(std::span<std::byte> wanted) override {
    if (at_ < text_.size()) {
      wanted[0] = static_cast<std::byte>(text_[at_++]);
      return 1;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(wanted.size(), zeros_));
    std::memset(wanted.data(), 0, count);
    zeros_ -= count;
    return count;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
  std::uint64_t zeros_;
};

std::string refusal(const std::string& image, std::uint64_t zeros = 0) {
  Given given(image, zeros);
  try {
    read_device_state(given, nullptr);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "no refusal";
}

TEST(DeviceStateRecord, IsTheMarkAndTheFile) {
  const ImageFile state("devices of QEMU");
  Kept image;
  write_device_state(image, state.fd());
  EXPECT_EQ(image.text, std::string(kMark) + "devices of QEMU");
}

TEST(DeviceStateRecord, WhatIsWrittenIsReadAgain) {
  const std::string content(3'000'000, 'q');
  const ImageFile state(content);
  Kept image, read;
  write_device_state(image, state.fd());
  Given given(image.text);
  EXPECT_EQ(read_device_state(given, &read), content.size());
  EXPECT_TRUE(read.text == content);
}

TEST(DeviceStateRecord, AnImageMayHaveNone) {
  Kept read;
  Given given("");
  EXPECT_EQ(read_device_state(given, &read), 0U);
  EXPECT_EQ(read.text, "");
}

TEST(DeviceStateRecord, SomethingElseIsRefused) {
  const char* kRefusal = "the image has something behind the domain's memory that is not the state of a device model";
  EXPECT_EQ(refusal("Qemu"), kRefusal);
  EXPECT_EQ(refusal("DeviceModelRecord0002"), kRefusal);
  EXPECT_EQ(refusal("QemuDeviceModelRecorD and more"), kRefusal);
}

TEST(DeviceStateRecord, TooMuchOfItIsRefusedOnBothSides) {
  EXPECT_EQ(refusal(kMark, kLargest), "no refusal");
  EXPECT_EQ(refusal(kMark, kLargest + 1), "the state of the device model in the image is longer than 256 MiB");
  const ImageFile state;
  ASSERT_EQ(::ftruncate(state.fd(), kLargest + 1), 0);
  class : public ByteSink {
    void write(std::span<const std::byte>) override {}
  } image;
  EXPECT_THROW(write_device_state(image, state.fd()), Failure);
}

}  // namespace
}  // namespace xend
