#include "xend/helpers/kernel_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/xend/helpers/image_file.h"
#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/helpers/failure.h"

namespace xend {
namespace {

namespace fs = std::filesystem;

class KernelCacheTest : public ::testing::Test {
 protected:
  KernelCacheTest() {
    std::ofstream(kernel_) << "packed";
    ::testing::internal::CaptureStderr();  // where it says what it does not use
  }
  ~KernelCacheTest() override { ::testing::internal::GetCapturedStderr(); }

  fs::path folder() const { return root_ / "cache" / "kernels"; }
  KernelKey key() const { return KernelKey::of(kernel_); }
  fs::path only_file() const { return fs::directory_iterator(folder())->path(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder()), fs::directory_iterator()));
  }

  std::string found() {
    const std::optional<CachedKernel> kernel = cache_.find(key());
    if (!kernel) return "nothing";
    return std::string(reinterpret_cast<const char*>(kernel->elf().data()), kernel->elf().size());
  }

  const test::TemporaryFolder folder_;
  const fs::path root_ = folder_.path();
  fs::path kernel_ = root_ / "vmlinuz";
  KernelCache cache_{folder()};
};

TEST_F(KernelCacheTest, KeepsWhatItWasGiven) {
  EXPECT_EQ(found(), "nothing");
  cache_.store(key(), test::bytes("unpacked"));
  EXPECT_EQ(found(), "unpacked");
  struct stat status {};
  ASSERT_EQ(::stat(folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat(only_file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(KernelCacheTest, AnotherVersionOfTheFileIsAnotherKernel) {
  cache_.store(key(), test::bytes("unpacked"));
  std::ofstream(kernel_) << "packed, newer";
  EXPECT_EQ(found(), "nothing");
  fs::last_write_time(kernel_, fs::last_write_time(kernel_) - std::chrono::nanoseconds(1));
  cache_.store(key(), test::bytes("unpacked, newer"));
  EXPECT_EQ(found(), "unpacked, newer");
  fs::last_write_time(kernel_, fs::last_write_time(kernel_) - std::chrono::nanoseconds(1));
  EXPECT_EQ(found(), "nothing");
}

TEST_F(KernelCacheTest, AFileThatChangedWhileItWasReadIsNotKept) {
  const KernelKey before = key();
  std::ofstream(kernel_) << "packed, newer";
  cache_.store(before, test::bytes("a mixture"));
  EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(KernelCacheTest, EveryDamagedByteIsNoticedAndTheFileRemoved) {
  cache_.store(key(), test::bytes("unpacked"));
  const std::string whole = [this] {
    std::ifstream in(only_file());
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  const fs::path file = only_file();
  const auto put = [&file](const std::string& content) {
    std::ofstream(file) << content;
    fs::permissions(file, fs::perms(0600));
  };
  const std::size_t used_header = 40 + key().path.size();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    if (at > used_header && at < 4096) continue;  // room that nothing stands in
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    put(damaged);
    EXPECT_EQ(found(), "nothing") << at;
    EXPECT_FALSE(fs::exists(file));
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{100}, std::size_t{4096}, whole.size() - 1}) {
    put(whole.substr(0, length));
    EXPECT_EQ(found(), "nothing") << length;
  }
  put(whole);
  EXPECT_EQ(found(), "unpacked");
}

TEST_F(KernelCacheTest, WhatOthersCanWriteIsNotUsed) {
  cache_.store(key(), test::bytes("unpacked"));
  fs::permissions(only_file(), fs::perms(0622));
  EXPECT_EQ(found(), "nothing");
  fs::permissions(folder(), fs::perms(0777));
  cache_.store(key(), test::bytes("unpacked"));
  EXPECT_EQ(files(), 0U);
}

TEST_F(KernelCacheTest, LinksAreNotFollowed) {
  cache_.store(key(), test::bytes("unpacked"));
  const fs::path file = only_file();
  fs::rename(file, root_ / "elsewhere");
  fs::create_symlink(root_ / "elsewhere", file);
  EXPECT_EQ(found(), "nothing");
}

TEST_F(KernelCacheTest, TheLeastUsedGoFirst) {
  for (std::size_t i = 0; i < KernelCache::kKeep + 3; ++i) {
    kernel_ = root_ / ("vmlinuz-" + std::to_string(i));
    std::ofstream(kernel_) << "packed";
    cache_.store(key(), test::bytes("unpacked " + std::to_string(i)));
    for (const auto& entry : fs::directory_iterator(folder()))
      fs::last_write_time(entry, entry.last_write_time() - std::chrono::seconds(10));
    kernel_ = root_ / "vmlinuz-0";
    EXPECT_EQ(found(), "unpacked 0");
  }
  EXPECT_EQ(files(), KernelCache::kKeep);
  kernel_ = root_ / "vmlinuz-1";
  EXPECT_EQ(found(), "nothing");
}

TEST_F(KernelCacheTest, AMissingKernelIsNamed) {
  try {
    KernelKey::of("/nonexistent/vmlinuz");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_STREQ(failure.what(), "the kernel /nonexistent/vmlinuz cannot be opened: No such file or directory");
  }
}

}  // namespace
}  // namespace xend
