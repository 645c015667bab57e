// Which kind of image it is, and what can be checked of each.
#include "xend/helpers/image.h"

#include <gtest/gtest.h>

#include "tests/unit/xend/helpers/image_file.h"
#include "tests/unit/xend/helpers/libxc_records.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/libxc_stream.h"

namespace xend {
namespace {

using test::framed;
using test::ImageFile;
using test::le32;
using test::libxc_stream;
using test::record;

std::string check(ImageFile& file) {
  file.rewind();
  try {
    Image(file.fd(), 0).check();
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "whole";
}

TEST(Image, RecognisesTheThreeKinds) {
  ImageFile file(framed(libxc_stream()));
  EXPECT_EQ(Image(file.fd(), 0).format(), ImageFormat::kFramed);
  file.set(libxc_stream());
  EXPECT_EQ(Image(file.fd(), 0).format(), ImageFormat::kLibxc);
  file.set(std::string("\0\0\2\0\0\0\0\0", 8));
  Image legacy(file.fd(), 0);
  EXPECT_EQ(legacy.format(), ImageFormat::kLegacy);
  try {
    legacy.stream();
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_NE(std::string(failure.what()).find("convert-legacy-stream"), std::string::npos);
  }
  file.set("short");
  EXPECT_THROW(Image(file.fd(), 0).format(), Failure);
}

// Of 64-bit dom0s, and of 32-bit ones: PV with its marker, HVM with a batch of pages or something special.
TEST(Image, LegacyImagesAreKnownByTheirFirstNumbers) {
  ImageFile file;
  for (const std::string& start : {le32(131072) + le32(0), le32(131072) + le32(0xffffffff), le32(65536) + le32(1024),
                                   le32(65536) + le32(static_cast<std::uint32_t>(-18))}) {
    file.set(start);
    EXPECT_EQ(Image(file.fd(), 0).format(), ImageFormat::kLegacy);
  }
}

TEST(Image, WhatIsOfNoKindIsRefused) {
  ImageFile file;
  for (const std::string& start : {le32(0) + le32(0), le32(255) + le32(0), le32(131072) + le32(1025),
                                   le32(0x10000001) + le32(0), std::string("XENDIMG1"), std::string("no image")}) {
    file.set("head" + start);
    file.rewind(4);
    try {
      const Image image(file.fd(), 0);
      ADD_FAILURE() << start;
    } catch (const Failure& failure) {
      EXPECT_EQ(std::string(failure.what()),
                "the image is damaged, or of a kind that this xend does not know: at byte 4, where the domain's memory "
                "begins, stands neither XENDIMG3 nor what any Xen writes there");
    }
  }
}

TEST(Image, OneThatLeavesNothingOutBelongsToAnEarlierXend) {
  ImageFile file("headXENDIMG2");
  file.rewind(4);
  try {
    const Image image(file.fd(), 0);
    ADD_FAILURE();
  } catch (const Failure& failure) {
    EXPECT_EQ(
        std::string(failure.what()),
        "the image at byte 4 is an XENDIMG2 of an earlier xend; this one restores XENDIMG3. The xend that wrote it "
        "can restore it");
  }
}

TEST(Image, OursKnowTheHeadThatTheyWereWrittenBehind) {
  ImageFile file(framed(libxc_stream(), 5));
  EXPECT_NO_THROW(Image(file.fd(), 5));
  file.rewind();
  EXPECT_THROW(Image(file.fd(), 6), Failure);
}

TEST(Image, OffsetsAreThoseOfTheFileAlsoInAPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::write(ends[1], "no image", 8), 8);
  ::close(ends[1]);
  try {
    const Image image(ends[0], 0, 1000);
    ADD_FAILURE();
  } catch (const Failure& failure) {
    EXPECT_NE(std::string(failure.what()).find("at byte 1000, "), std::string::npos) << failure.what();
  }
  ::close(ends[0]);
}

TEST(Image, TheStreamIsCompleteForBothKinds) {
  for (const std::string& image : {libxc_stream(), framed(libxc_stream())}) {
    ImageFile file(image + "what follows");
    Image opened(file.fd(), 0);
    std::string stream;
    std::array<std::byte, 100> piece{};
    while (stream.size() < libxc_stream().size()) {
      const std::size_t want = std::min(piece.size(), libxc_stream().size() - stream.size());
      stream.append(reinterpret_cast<const char*>(piece.data()), opened.stream().read(std::span(piece).first(want)));
    }
    opened.finish();
    EXPECT_EQ(stream, libxc_stream());
    EXPECT_EQ(file.position(), static_cast<off_t>(image.size()));
    EXPECT_EQ(opened.bytes_read(), image.size());
  }
}

TEST(Image, ChecksToTheExactEnd) {
  for (const std::string& image : {libxc_stream(), framed(libxc_stream())}) {
    ImageFile file(image + "QemuDeviceModelRecord");
    EXPECT_EQ(check(file), "whole");
    EXPECT_EQ(file.position(), static_cast<off_t>(image.size()));
  }
}

TEST(Image, EveryCutIsFound) {
  for (const std::string& image : {libxc_stream(), framed(libxc_stream())}) {
    ImageFile file;
    for (std::size_t length = 0; length < image.size(); ++length) {
      file.set(image.substr(0, length));
      const std::string said = check(file);
      EXPECT_NE(said.find("cut short"), std::string::npos) << length << ": " << said;
    }
  }
}

TEST(Image, FramesAroundSomethingElseAreNoImage) {
  ImageFile file(framed("a story, not a domain's memory"));
  EXPECT_NE(check(file).find("are not those of a Xen image"), std::string::npos) << check(file);
  file.set(framed(libxc_stream() + "more"));
  EXPECT_NE(check(file).find("is not the state of a device model"), std::string::npos) << check(file);
  file.set(framed(libxc_stream() + "QemuDeviceModelRecordQEVM..."));
  EXPECT_EQ(check(file), "whole") << "of an HVM guest";
  file.set(framed(""));
  EXPECT_NE(check(file).find("cut short"), std::string::npos) << check(file);
}

TEST(LibxcStream, TellsItsOrigin) {
  ImageFile file(libxc_stream());
  FdSource source(file.fd());
  const LibxcStream stream = walk_libxc_stream(source);
  EXPECT_EQ(stream.bytes, libxc_stream().size());
  EXPECT_EQ(stream.records, 3U);
  EXPECT_EQ(stream.pages, 1U);
  EXPECT_EQ(stream.pages_left_out, 1U);
  EXPECT_EQ(stream.version, 3U);
  EXPECT_EQ(stream.xen_major, 4U);
  EXPECT_EQ(stream.xen_minor, 17U);
}

TEST(LibxcStream, SaysWhatIsWrongWithIt) {
  const auto check_stream = [](const std::string& stream) {
    ImageFile file(stream);
    return check(file);
  };
  EXPECT_NE(check_stream(libxc_stream(4)).find("version 4 is neither 2 nor 3"), std::string::npos);
  EXPECT_NE(check_stream(libxc_stream(3, 7)).find("type 7 is neither PV (1) nor HVM (2)"), std::string::npos);
  const std::string start = libxc_stream().substr(0, 40);
  EXPECT_NE(check_stream(start + record(0x77, "x")).find("record 0 at byte 40 has the unknown type 119"),
            std::string::npos);
  EXPECT_NE(check_stream(start + record(1, le32(0xffffffff) + le32(0) + std::string(100, 'p')))
                .find("claims 4294967295 pages, 1 to 16384 are possible"),
            std::string::npos);
  EXPECT_NE(
      check_stream(start + record(1, le32(1) + le32(0) + le32(5) + le32(0) + "no page")).find("with the data of 1"),
      std::string::npos);
  EXPECT_NE(check_stream(start + le32(1) + le32(0xfffffff0)).find("record 0 at byte 40 claims 4294967280 bytes"),
            std::string::npos);
}

}  // namespace
}  // namespace xend
