// Files past the page cache: what goes in comes out, wherever it begins and ends, on file systems that know O_DIRECT
// and on those that do not.
#include "xend/helpers/direct_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <csignal>
#include <random>

#include "tests/unit/xend/helpers/image_file.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/fd_stream.h"

namespace xend {
namespace {

using test::bytes;

constexpr std::size_t kBlock = AlignedBuffer::kBlock, kSize = AlignedBuffer::kSize;

std::string random_text(std::size_t length) {
  std::mt19937 random(static_cast<unsigned>(length));
  std::string text(length, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// A file in `folder` that has no name.
class Nameless {
 public:
  explicit Nameless(const std::string& folder, const std::string& head = "")
      : file_(::open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600)) {
    EXPECT_GE(fd(), 0);
    EXPECT_EQ(::write(fd(), head.data(), head.size()), static_cast<ssize_t>(head.size()));
  }
  int fd() const { return file_.get(); }
  off_t offset() const { return ::lseek(fd(), 0, SEEK_CUR); }
  std::string content() const {
    struct stat status {};
    EXPECT_EQ(::fstat(fd(), &status), 0);
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    EXPECT_EQ(::pread(fd(), text.data(), text.size(), 0), status.st_size);
    return text;
  }
  // Out of the page cache, where the file system allows it.
  void forget() const {
    ::fsync(fd());
    ::posix_fadvise(fd(), 0, 0, POSIX_FADV_DONTNEED);
  }

 private:
  Descriptor file_;
};

struct Place {
  std::string name, folder;
  bool opens_again = true;  // false: O_DIRECT is not to be had there
};

class DirectFile : public testing::TestWithParam<Place> {
 protected:
  DirectWriter writer(const Nameless& file) const {
    if (GetParam().opens_again) return DirectWriter(file.fd());
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    DirectWriter made(file.fd());
    ::setrlimit(RLIMIT_NOFILE, &before);
    return made;
  }
  const std::string folder_ = GetParam().folder;
};

TEST_P(DirectFile, EveryLengthAroundTheBordersBehindEveryKindOfHead) {
  const std::string text = random_text(kSize + 4 * kBlock);
  for (const std::size_t head : {0UL, 1UL, kBlock - 1, kBlock, kBlock + 1, 3 * kBlock - 7}) {
    for (const std::size_t border : {std::size_t{0}, kBlock, 2 * kBlock, kSize, kSize + kBlock}) {
      for (const std::size_t end : {border, border + kBlock - head % kBlock}) {  // of the data, and of the file
        for (const std::size_t length : {end - std::min(end, 1UL), end, end + 1}) {
          const Nameless file(folder_, text.substr(0, head));
          DirectWriter out = writer(file);
          out.write(bytes(text).subspan(0, length));
          out.finish();
          ASSERT_EQ(file.offset(), static_cast<off_t>(head + length));
          ASSERT_TRUE(file.content() == text.substr(0, head) + text.substr(0, length)) << head << " + " << length;
        }
      }
    }
  }
}

TEST_P(DirectFile, PiecesOfEverySizeMakeTheSameFile) {
  std::mt19937 random(3);
  const std::string text = random_text(3 * kSize + 12345);
  for (const std::size_t most : {std::size_t{100'000}, kSize, 2 * kSize}) {
    const Nameless file(folder_, "head");
    DirectWriter out = writer(file);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t part = std::min<std::size_t>(random() % most, text.size() - at);
      out.write(bytes(text).subspan(at, part));
      at += part;
    }
    out.finish();
    ASSERT_TRUE(file.content() == "head" + text) << most;
  }
}

TEST_P(DirectFile, ItMayGoOnAfterItWasFinished) {
  const Nameless file(folder_);
  DirectWriter out = writer(file);
  out.write(bytes("one "));
  out.finish();
  const std::string more = random_text(kBlock * 2);
  out.write(bytes(more));
  out.finish();
  EXPECT_TRUE(file.content() == "one " + more);
}

TEST_P(DirectFile, TheDescriptorThatWasGivenStaysAsItIs) {
  const Nameless file(folder_, "head");
  const int before = ::fcntl(file.fd(), F_GETFL);
  DirectWriter out = writer(file);
  out.write(bytes(random_text(kSize + 1)));
  EXPECT_EQ(::fcntl(file.fd(), F_GETFL), before);
}

TEST_P(DirectFile, ReadsWhatIsThereFromWhereItStands) {
  const std::string text = random_text(2 * kSize + 777);
  const Nameless file(folder_, text);
  file.forget();
  for (const off_t start : {0, 1, 4095, 4096, 100'000}) {
    ::lseek(file.fd(), start, SEEK_SET);
    FdSource source(file.fd(), 0, FileWay::kDirect);
    std::string got;
    std::vector<std::byte> piece(70'001);
    while (const std::size_t part = source.read(piece)) {
      got.append(reinterpret_cast<const char*>(piece.data()), part);
      ASSERT_EQ(file.offset(), start + static_cast<off_t>(got.size())) << "others read on from there";
    }
    EXPECT_TRUE(got == text.substr(static_cast<std::size_t>(start))) << start;
    EXPECT_EQ(source.read(piece), 0U);
  }
}

// By turns; where it is not in memory in one piece nothing is taken, and nothing is lost.
TEST_P(DirectFile, WhatIsTakenAndWhatIsReadMakeTheWhole) {
  const std::string text = random_text(3 * kSize + 777);
  const Nameless file(folder_, text);
  file.forget();
  ::lseek(file.fd(), 0, SEEK_SET);
  FdSource source(file.fd(), 0, FileWay::kDirect);
  std::string got;
  std::vector<std::byte> piece(300'001);
  for (bool taking = false;; taking = !taking) {
    const auto taken = taking ? source.take(200'003) : std::span<const std::byte>();
    const auto part = taken.empty() ? std::span<const std::byte>(piece).first(source.fill(piece)) : taken;
    if (part.empty()) break;
    got.append(reinterpret_cast<const char*>(part.data()), part.size());
    ASSERT_EQ(source.position(), got.size());
    ASSERT_EQ(file.offset(), static_cast<off_t>(got.size()));
  }
  EXPECT_TRUE(got == text);
}

// A sink of the image, as xc_save has it.
TEST_P(DirectFile, TheSinkCountsAndFinishes) {
  const std::string text = random_text(kSize + 5000);
  const Nameless file(folder_, "head");
  std::size_t announced = 0;
  FdSink sink(
      file.fd(), [&](std::size_t count) { announced += count; }, FileWay::kDirect);
  sink.write(bytes(text.substr(0, 10)));
  sink.write(bytes(text.substr(10)));
  sink.flush();
  EXPECT_TRUE(file.content() == "head" + text);
  EXPECT_EQ(sink.bytes_written(), text.size());
  EXPECT_EQ(announced, text.size());
}

TEST_P(DirectFile, AFileThatMayNotGrowIsAFailureWithItsErrno) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1 << 20, before.rlim_max};
  const Nameless file(folder_, "head");
  ::setrlimit(RLIMIT_FSIZE, &small);
  std::string said;
  int error = 0;
  try {
    DirectWriter out = writer(file);
    out.write(bytes(random_text(kSize + 1)));
    out.finish();
  } catch (const Failure& failure) {
    said = failure.what();
    error = failure.error();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(said, "the image could not be written after 1048572 bytes: File too large");
  EXPECT_EQ(error, EFBIG);
}

INSTANTIATE_TEST_SUITE_P(On, DirectFile,
                         testing::Values(Place{"Disk", "/tmp"}, Place{"Memory", "/dev/shm"},
                                         Place{"WithoutODirect", "/tmp", false}),
                         [](const auto& where) { return where.param.name; });

bool is_on_disk(int fd) {
  constexpr long kTmpfs = 0x01021994, kOverlay = 0x794c7630;
  struct statfs status {};
  return ::fstatfs(fd, &status) == 0 && status.f_type != kTmpfs && status.f_type != kOverlay;
}

// What was written past the cache is not in it, and is read past it too; what is in the cache is read from there.
TEST(DirectFiles, TheCacheIsPassedByWhereThatPays) {
  const Nameless file("/tmp", "head");
  if (!is_on_disk(file.fd())) GTEST_SKIP() << "/tmp is in memory";
  DirectWriter writer(file.fd());
  writer.write(bytes(random_text(2 * kSize)));
  writer.finish();
  EXPECT_TRUE(DirectReader(file.fd()).useful());
  std::string all(3 * kSize, '\0');
  ASSERT_GT(::pread(file.fd(), all.data(), all.size(), 0), 0);
  EXPECT_FALSE(DirectReader(file.fd()).useful());
}

}  // namespace
}  // namespace xend
