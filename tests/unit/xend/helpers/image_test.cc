// Which kind of image it is, and what can be checked of each.
#include "xend/helpers/image.h"

#include <gtest/gtest.h>

#include "tests/unit/xend/helpers/image_file.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/libxc_stream.h"

namespace xend {
namespace {

using test::framed;
using test::ImageFile;

std::string le32(std::uint32_t value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string record(std::uint32_t type, const std::string& body) {
  std::string padded = body;
  padded.resize((body.size() + 7) / 8 * 8);
  return le32(type) + le32(static_cast<std::uint32_t>(body.size())) + padded;
}

// Headers as in spec protocols 8.2, a page record, END.
std::string libxc_stream(std::uint32_t version = 3, std::uint32_t type = 2) {
  std::string stream(8, '\xff');
  stream += "XENF";
  stream += std::string("\0\0\0", 3) + static_cast<char>(version) + std::string(8, '\0');
  stream += le32(type) + le32(12) + le32(4) + le32(17);
  stream += record(1, std::string(4100, 'p')) + record(0x80000123, "optional") + record(0, "");
  return stream;
}

std::string check(ImageFile& file) {
  file.rewind();
  try {
    Image(file.fd()).check();
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "whole";
}

TEST(Image, RecognisesTheThreeKinds) {
  ImageFile file(framed(libxc_stream()));
  EXPECT_EQ(Image(file.fd()).format(), ImageFormat::kFramed);
  file.set(libxc_stream());
  EXPECT_EQ(Image(file.fd()).format(), ImageFormat::kLibxc);
  file.set(std::string("\0\0\2\0\0\0\0\0", 8));
  Image legacy(file.fd());
  EXPECT_EQ(legacy.format(), ImageFormat::kLegacy);
  try {
    legacy.stream();
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_NE(std::string(failure.what()).find("convert-legacy-stream"), std::string::npos);
  }
  file.set("short");
  EXPECT_THROW(Image(file.fd()).format(), Failure);
}

TEST(Image, TheStreamIsCompleteForBothKinds) {
  for (const std::string& image : {libxc_stream(), framed(libxc_stream())}) {
    ImageFile file(image + "what follows");
    Image opened(file.fd());
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
  EXPECT_NE(check_stream(start + le32(1) + le32(0xfffffff0)).find("record 0 at byte 40 claims 4294967280 bytes"),
            std::string::npos);
}

}  // namespace
}  // namespace xend
