// Xen's converter with scripts in its place: what it is given, and every way in which it can end. At the end the real
// one, where Xen is installed.
#include "xend/helpers/legacy_conversion.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/unit/xend/helpers/image_file.h"
#include "tests/unit/xend/helpers/legacy_stream.h"
#include "tests/unit/xend/helpers/libxc_records.h"
#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/helpers/image.h"
#include "xend/helpers/libxc_stream.h"

namespace xend {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::bytes;
using test::ImageFile;
using test::legacy_stream;
using test::libxc_stream;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class LegacyConversionTest : public testing::Test {
 protected:
  LegacyConversionTest() {
    std::signal(SIGPIPE, SIG_IGN);                     // as the helper programs do
    fs::permissions(folder_.path(), fs::perms(0755));  // the converter is nobody
  }

  std::string converter(const std::string& body) {
    const fs::path path = folder_.path() / "convert-legacy-stream";
    std::ofstream(path) << "#!/bin/bash\n" << body << "\n";
    fs::permissions(path, fs::perms(0755));
    return path;
  }
  LegacyImage image() const { return {.fd = image_.fd(), .start = {}, .width = 64}; }

  // All that it writes, until it has ended well.
  static std::string converted(LegacyConversion& conversion, std::size_t length) {
    std::string all;
    std::vector<std::byte> piece(100'000);
    while (all.size() < length) {
      const std::size_t got = conversion.read(std::span(piece).first(std::min(piece.size(), length - all.size())));
      all.append(reinterpret_cast<const char*>(piece.data()), got);
    }
    conversion.finish();
    return all;
  }
  // All that it writes until it ends, however it does.
  static std::string all_of(LegacyConversion& conversion) {
    std::string all;
    std::array<std::byte, 4096> piece{};
    reason([&] {
      for (;;) all.append(reinterpret_cast<const char*>(piece.data()), conversion.read(piece));
    });
    return all;
  }
  static std::string reason(const std::function<void()>& part) {
    try {
      part();
      return "no error";
    } catch (const Failure& failure) {
      return failure.what();
    }
  }

  const test::TemporaryFolder folder_;
  ImageFile image_;
};

TEST_F(LegacyConversionTest, ItIsGivenTheImageFromItsFirstByte) {
  image_.set("xxxxmore");
  image_.rewind(4);
  const std::string first = "first ";
  const auto start = bytes(first);
  const std::string wanted = "-i 3 -o 4 -w 32 -g pv --skip-qemu: first more";
  LegacyConversion conversion(converter("printf '%s: ' \"$*\" >&4; cat <&3 >&4"),
                              {.fd = image_.fd(), .start = {start.begin(), start.end()}, .width = 32});
  EXPECT_EQ(converted(conversion, wanted.size()), wanted);
  EXPECT_EQ(conversion.bytes_taken(), 4U);
}

TEST_F(LegacyConversionTest, ItHasNoRightsAndNothingOpen) {
  const ImageFile secret("a secret of the daemon");
  const Descriptor left_open(::fcntl(secret.fd(), F_DUPFD, 50));
  const std::string program = converter(R"sh(
{ echo $(readlink /proc/$$/fd/{0,1,2,3,4} | cut -d : -f 1); readlink /proc/$$/fd/* | grep -c memfd
  grep NoNewPrivs /proc/self/status; grep '^Groups' /proc/self/status
  ulimit -c; ulimit -f; ulimit -v; echo "user $UID"; echo "$PYTHONPATH"; } >&4)sh");
  LegacyConversion conversion(program, image());
  const std::string said = all_of(conversion);
  const std::string user = ::geteuid() == 0 ? "65534" : std::to_string(::geteuid());
  EXPECT_THAT(said, StartsWith("/dev/null pipe pipe pipe pipe\n0\nNoNewPrivs:\t1\nGroups:"));
  EXPECT_THAT(said, EndsWith("\n0\n0\n1048576\nuser " + user + "\n" + folder_.path().string() + "/../lib/python\n"));
  if (::geteuid() == 0) {
    EXPECT_THAT(said, HasSubstr("\nGroups:\t \n"));
  }
}

TEST_F(LegacyConversionTest, LargeImagesFlowThroughAsTheyAreRead) {
  const std::string large(5'000'000, 'm');
  image_.set(large);
  LegacyConversion conversion(converter("cat <&3 >&4"), image());
  EXPECT_TRUE(converted(conversion, large.size()) == large);
}

// An old xend keeps the connection open until it has heard that the guest runs.
TEST_F(LegacyConversionTest, TheConnectionMayStayOpen) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const Descriptor ours(ends[0]), peer(ends[1]);
  ASSERT_EQ(::write(peer.get(), "0123456789", 10), 10);
  LegacyConversion conversion(converter("head -c 10 <&3 >&4"), {.fd = ours.get(), .start = {}, .width = 64});
  EXPECT_EQ(converted(conversion, 10), "0123456789");
}

TEST_F(LegacyConversionTest, AConverterMayLeaveTheRestOfItsInput) {
  image_.set(std::string(5'000'000, 'm'));
  LegacyConversion conversion(converter("printf done >&4"), image());
  EXPECT_EQ(converted(conversion, 4), "done");
}

TEST_F(LegacyConversionTest, ItsReasonIsTold) {
  const std::string program = converter(
      "printf start >&4; printf 'Stream Error:\\nTraceback:\\n  File x\\nOSError: Stream truncated\\n\\n' >&2; exit 1");
  LegacyConversion conversion(program, image());
  EXPECT_EQ(reason([&] { converted(conversion, 6); }),
            "the image is of Xen 4.5 or older, and Xen's converter " + program +
                " did not convert it to its end, ended with status 1: OSError: Stream truncated");
}

TEST_F(LegacyConversionTest, ASuccessThatItDeniesIsNone) {
  LegacyConversion conversion(converter("printf whole >&4; echo 'Please fix me' >&2; exit 2"), image());
  EXPECT_THAT(reason([&] { converted(conversion, 5); }), HasSubstr(" says that it did not succeed: Please fix me"));
}

TEST_F(LegacyConversionTest, ACrashIsNamed) {
  LegacyConversion conversion(converter("kill -SEGV $$"), image());
  EXPECT_THAT(reason([&] { converted(conversion, 1); }), HasSubstr(", ended by signal 11"));
}

TEST_F(LegacyConversionTest, MoreThanOneImageIsTooMuch) {
  LegacyConversion conversion(converter("printf 'whole and more' >&4"), image());
  EXPECT_THAT(reason([&] { converted(conversion, 5); }), HasSubstr(" writes more than one image"));
}

TEST_F(LegacyConversionTest, OneThatIsNotThereIsNamed) {
  LegacyConversion conversion("/no/such/converter", image());
  EXPECT_THAT(reason([&] { converted(conversion, 1); }), HasSubstr("/no/such/converter did not convert it to its end, "
                                                                   "ended with status 127"));
}

// Gone, or waiting for whoever inherited it to take notice.
bool has_ended(pid_t pid) {
  std::string word;
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  while (status >> word && word != "State:") continue;
  return !(status >> word) || word == "Z";
}

TEST_F(LegacyConversionTest, OneThatSaysNothingIsEndedWithAllItStarted) {
  image_.set(std::string(1000, 'x'));
  const std::string program = converter("sleep 1000 & echo $! >&4; cat <&3 >/dev/null; wait");
  pid_t started = 0;
  {
    LegacyConversion conversion(program, image(), 2s);
    std::array<std::byte, 16> piece{};
    const std::size_t got = conversion.read(piece);
    started = std::stoi(std::string(reinterpret_cast<const char*>(piece.data()), got));
    EXPECT_NE(::getpgid(started), ::getpgrp()) << "a group of its own";
    EXPECT_THAT(reason([&] { conversion.read(piece); }), HasSubstr(" has said nothing for 2 seconds: it was ended"));
    EXPECT_FALSE(has_ended(started));
  }
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (!has_ended(started) && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(has_ended(started));
}

TEST_F(LegacyConversionTest, OneThatDoesNotEndIsEnded) {
  LegacyConversion conversion(converter("printf whole >&4; exec 4>&-; exec sleep 1000"), image(), 2s);
  EXPECT_THAT(reason([&] { converted(conversion, 5); }), HasSubstr(" says that it did not succeed"));
}

// ---- an image of an old xend, as xc_restore comes to it ----

TEST_F(LegacyConversionTest, WithoutAConverterThePackageIsNamed) {
  image_.set(legacy_stream<std::uint64_t>());
  Image image(image_.fd(), 0);
  EXPECT_EQ(reason([&] { image.convert("", true); }),
            "Xen 4.5 or older wrote this image: it must be converted by Xen's convert-legacy-stream, which is not "
            "installed. Debian's package xen-utils-4.17 has it");
}

TEST_F(LegacyConversionTest, AnHvmGuestIsRefusedWhateverThereIs) {
  image_.set(legacy_stream<std::uint64_t>());
  Image image(image_.fd(), 0);
  EXPECT_THAT(reason([&] { image.convert(converter("exit 0"), false); }),
              StartsWith("Xen 4.5 or older wrote this image of an HVM guest: "));
}

TEST_F(LegacyConversionTest, WhatTheConverterWritesIsNotTrusted) {
  image_.set(legacy_stream<std::uint64_t>());
  Image image(image_.fd(), 0);
  image.convert(converter("head -c 1000 /dev/zero >&4; cat <&3 >/dev/null"), true);
  EXPECT_THAT(reason([&] { image.check(); }), HasSubstr("are not those of a Xen image"));
}

TEST_F(LegacyConversionTest, AnImageWhoseConversionFailsAfterItsEndIsNone) {
  const std::string stream = libxc_stream(3, 1, "memory");
  std::ofstream(folder_.path() / "stream") << stream;
  image_.set(legacy_stream<std::uint64_t>());
  Image image(image_.fd(), 0);
  image.convert(converter("cat <&3 >/dev/null; cat ${0%/*}/stream >&4; exit 1"), true);
  EXPECT_THAT(reason([&] { image.check(); }), HasSubstr(" says that it did not succeed"));
}

class RealConverter : public LegacyConversionTest {
 protected:
  void SetUp() override {
    if (::access(kProgram, X_OK) != 0) GTEST_SKIP() << kProgram << " is not installed";
  }
  // What a restore would read of it, or why it would not.
  std::string outcome(const std::string& stream) {
    image_.set(stream);
    return reason([&] {
      Image image(image_.fd(), 0);
      image.convert(kProgram, true);
      image.check();
    });
  }
  static constexpr const char* kProgram = XEN_PRIVATE_BINDIR "/convert-legacy-stream";
};

TEST_F(RealConverter, TurnsAnImageIntoOneOfToday) {
  for (const std::string& stream : {legacy_stream<std::uint64_t>(), legacy_stream<std::uint32_t>()}) {
    image_.set(stream);
    Image image(image_.fd(), 0);
    image.convert(kProgram, true);
    const LibxcStream converted = walk_libxc_stream(image.stream());
    image.finish();
    EXPECT_EQ(converted.version, 3U);
    EXPECT_EQ(converted.xen_major, 0U) << "a mark of the converter";
    EXPECT_EQ(converted.records, 10U);
    EXPECT_GT(converted.bytes, 600U * 4096);
  }
}

TEST_F(RealConverter, NoCutGoesUnnoticed) {
  const std::string whole = legacy_stream<std::uint64_t>();
  EXPECT_EQ(outcome(whole), "no error");
  for (const std::size_t length :
       {std::size_t{8}, std::size_t{20}, std::size_t{5000}, whole.size() / 2, whole.size() - 4800, whole.size() - 1}) {
    EXPECT_THAT(outcome(whole.substr(0, length)),
                MatchesRegex(".* did not convert it to its end, ended with status 1: OSError: Stream truncated"))
        << length;
  }
}

TEST_F(RealConverter, NonsenseIsRefusedWithItsReason) {
  EXPECT_THAT(outcome(test::le(std::uint64_t{600}) + std::string(10'000, 'n')),
              HasSubstr("StreamError: Unexpected extended info marker"));
}

}  // namespace
}  // namespace xend
