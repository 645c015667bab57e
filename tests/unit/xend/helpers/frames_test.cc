// Frame writer and reader together: what goes in comes out, and no damage to an image goes unnoticed.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/xend/helpers/image_file.h"
#include "xend/helpers/frame_format.h"
#include "xend/helpers/frame_reader.h"
#include "xend/helpers/frame_writer.h"

namespace xend {
namespace {

using test::bytes;
using test::ImageFile;
using test::read_all;

std::string random_bytes(std::size_t length) {
  std::mt19937_64 random(length);
  std::string text(length, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

constexpr std::uint64_t kHead = 0x0123456789abcdef;  // the checksum of what would stand in front
constexpr std::size_t kStart = 16;                   // magic and checksum, before the first frame

std::string framed(const std::string& stream) {
  return test::framed(stream, kHead);
}

// Reads the image that `file` holds from its start, magic and all, as a restore does.
std::string unframed(ImageFile& file) {
  file.rewind();
  FdSource source(file.fd());
  std::array<std::byte, 8> magic{};
  if (source.fill(magic) != magic.size() || magic != kFrameMagic) throw Failure("no magic");
  FrameReader reader(source);
  reader.check_head(kHead);
  std::string stream = read_all(reader);
  reader.finish();
  return stream;
}

std::string reason(ImageFile& file) {
  try {
    unframed(file);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "";
}

TEST(Frames, WhatGoesInComesOut) {
  for (const std::string& stream :
       {std::string(), std::string("x"), std::string(5000, 'a'), random_bytes(kMaxFrame - 1), random_bytes(kMaxFrame),
        random_bytes(kMaxFrame + 1), std::string(3 * kMaxFrame, '\0'),
        random_bytes(2'500'000) + std::string(9999, 'z')}) {
    ImageFile file(framed(stream));
    EXPECT_TRUE(unframed(file) == stream) << stream.size();
  }
}

TEST(Frames, CompressibleDataShrinksAndOtherDataHardlyGrows) {
  EXPECT_LT(framed(std::string(kMaxFrame, 'a')).size(), 10'000U);
  EXPECT_LT(framed(random_bytes(kMaxFrame)).size(), kMaxFrame + 100);
}

TEST(Frames, PiecesDoNotMatter) {
  const std::string stream = random_bytes(300'000) + std::string(1'500'000, 'q');
  ImageFile file;
  FdSink sink(file.fd());
  FrameWriter writer(sink, kHead);
  for (std::size_t at = 0; at < stream.size(); at += 4096) writer.write(bytes(stream.substr(at, 4096)));
  writer.finish();
  sink.flush();
  EXPECT_EQ(file.content(), framed(stream));
  EXPECT_EQ(writer.raw_bytes(), stream.size());
  EXPECT_EQ(sink.bytes_written(), file.content().size());
}

TEST(Frames, NothingBehindTheEndFrameIsRead) {
  const std::string image = framed("stream");
  ImageFile file(image + "(next request)");
  EXPECT_EQ(unframed(file), "stream");
  EXPECT_EQ(file.position(), static_cast<off_t>(image.size()));
}

TEST(Frames, EveryTruncationIsDetected) {
  const std::string image = framed(random_bytes(100) + std::string(200, 'a'));
  for (std::size_t length = 0; length < image.size(); ++length) {
    ImageFile file(image.substr(0, length));
    EXPECT_NE(reason(file), "") << length;
  }
}

TEST(Frames, EverySingleBitFlipIsDetected) {
  for (const std::string& stream : {random_bytes(60), std::string(300, 'a')}) {
    const std::string image = framed(stream);
    ImageFile file;
    for (std::size_t bit = 0; bit < 8 * image.size(); ++bit) {
      std::string flipped = image;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      file.set(flipped);
      EXPECT_NE(reason(file), "") << "bit " << bit;
    }
  }
}

TEST(Frames, EveryLostRepeatedOrEmptiedPieceIsDetected) {
  const std::string one = framed(std::string(100, 'a')), two = framed(std::string(100, 'a') + random_bytes(kMaxFrame));
  ImageFile file;
  const std::size_t end = kFrameHeaderBytes + kEndBodyBytes;
  const std::string start = one.substr(0, kStart), frame = one.substr(kStart, one.size() - kStart - end);
  file.set(start + one.substr(one.size() - end));  // no data frame at all
  EXPECT_NE(reason(file).find("frame 0 at byte 16: it was written as frame 1"), std::string::npos) << reason(file);
  file.set(start + frame + frame + one.substr(one.size() - end));
  EXPECT_NE(reason(file).find("frame 1 at byte "), std::string::npos) << reason(file);
  EXPECT_NE(reason(file).find("it was written as frame 0"), std::string::npos) << reason(file);
  file.set(start + frame + two.substr(two.size() - end));
  EXPECT_NE(reason(file), "");
}

TEST(Frames, SwappedFramesAreDetected) {
  const std::string image = framed(random_bytes(2 * kMaxFrame));  // does not compress: two frames of one length
  const std::size_t frame = kFrameHeaderBytes + kMaxFrame;
  ImageFile file(image.substr(0, kStart) + image.substr(kStart + frame, frame) + image.substr(kStart, frame) +
                 image.substr(kStart + 2 * frame));
  EXPECT_NE(reason(file).find("frame 0 at byte 16: it was written as frame 1"), std::string::npos) << reason(file);
}

TEST(Frames, SaysWhereAndWhat) {
  const std::string image = framed(std::string(100, 'a'));
  ImageFile file(image.substr(0, 28));
  EXPECT_EQ(reason(file),
            "the image is cut short: it ends at byte 28, in frame 0 that starts at byte 16: 12 of 24 bytes are there");
  std::string flipped = image;
  flipped[kStart + kFrameHeaderBytes] ^= 1;
  file.set(flipped);
  EXPECT_NE(reason(file).find("the image is damaged: frame 0 at byte 16: its checksum is "), std::string::npos)
      << reason(file);
  file.set(image.substr(0, 15));
  EXPECT_EQ(reason(file), "the image is cut short: it ends at byte 15, before the domain's memory");
  file.set(test::framed("stream", 0xfedcba));
  EXPECT_EQ(reason(file),
            "the image is damaged: the domain's configuration at its start was written with the checksum "
            "0000000000fedcba (at byte 8) and has 0123456789abcdef");
}

// A frame that its writer meant as it is: the checksum is right.
std::string crafted(std::uint32_t type, const std::string& body, std::uint32_t raw, std::uint32_t number = 0) {
  FrameHeader header{.type = type, .stored = static_cast<std::uint32_t>(body.size()), .raw = raw, .number = number};
  header.checksum = frame_checksum(header, bytes(body));
  const auto encoded = encode(header);
  return framed("").substr(0, kStart) + std::string(reinterpret_cast<const char*>(encoded.data()), encoded.size()) +
         body;
}

TEST(Frames, RefusesWhatIsWholeButImpossible) {
  ImageFile file;
  file.set(crafted(4, "x", 1));
  EXPECT_NE(reason(file).find("frames of type 4 are unknown"), std::string::npos) << reason(file);
  file.set(crafted(1, "x", 1, 1));
  EXPECT_NE(reason(file).find("it was written as frame 1"), std::string::npos) << reason(file);
  file.set(crafted(1, "xy", 1));
  EXPECT_NE(reason(file).find("its two lengths differ"), std::string::npos) << reason(file);
  file.set(crafted(2, "not lz4 at all", 100));
  EXPECT_NE(reason(file).find("cannot be decompressed"), std::string::npos) << reason(file);
  file.set(crafted(1, "", 0));
  EXPECT_NE(reason(file).find("it claims 0 bytes"), std::string::npos) << reason(file);
  file.set(crafted(2, "x", 0xffffffff));
  EXPECT_NE(reason(file).find("it claims 4294967295 bytes, 1 to 1048576 are possible"), std::string::npos)
      << reason(file);
  file.set(crafted(3, "12345678", 8));
  EXPECT_NE(reason(file).find("the end frame has 8 bytes"), std::string::npos) << reason(file);
}

TEST(Frames, FinishFindsDataThatNobodyRead) {
  ImageFile file(framed("the stream and more"));
  file.rewind(kStart);
  FdSource source(file.fd());
  FrameReader reader(source);
  std::array<std::byte, 10> some{};
  EXPECT_EQ(reader.read(some), some.size());
  EXPECT_THROW(reader.finish(), Failure);
}

TEST(Frames, SkippingChecksAsReadingDoes) {
  std::string image = framed(random_bytes(kMaxFrame + 5));
  ImageFile file(image);
  file.rewind(kStart);
  FdSource source(file.fd());
  FrameReader(source).skip_to_end();
  EXPECT_EQ(source.position(), image.size());
  image[image.size() / 2] ^= 4;
  file.set(image);
  file.rewind(kStart);
  FdSource again(file.fd());
  EXPECT_THROW(FrameReader(again).skip_to_end(), Failure);
}

}  // namespace
}  // namespace xend
