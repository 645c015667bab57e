#include "libxc-wrap/kernel_image.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "libxc-wrap/error.h"
#include "tests/unit/libxc-wrap/test_elf.h"

namespace xc {
namespace {

class File {
 public:
  explicit File(const std::string& content) {
    const int fd = ::mkstemp(path_);
    EXPECT_GE(fd, 0);
    ::close(fd);
    std::ofstream(path_) << content;
  }
  ~File() { ::unlink(path_); }
  std::string path() const { return path_; }

 private:
  char path_[32] = "/tmp/kernel-XXXXXX";
};

constexpr std::uint32_t kPhys32Entry = 18;

TEST(KernelImage, ReadsAPlainKernelWithoutXen) {
  const std::string elf = test::make_elf32({{kPhys32Entry, test::u32(0x100000)}, {6, std::string("tiny\0", 5)}});
  const File file(elf);
  const KernelImage kernel(file.path(), GuestType::kPvh);
  const auto expected = test::bytes(elf);
  EXPECT_TRUE(std::equal(kernel.elf().begin(), kernel.elf().end(), expected.begin(), expected.end()));
}

TEST(KernelImage, SaysWhichFileIsNoKernel) {
  const File file("#!/bin/sh\n");
  try {
    KernelImage(file.path(), GuestType::kPv);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(file.path()), std::string::npos) << error.what();
  }
}

TEST(KernelImage, SaysWhichFileIsMissing) {
  try {
    KernelImage("/nonexistent/vmlinuz", GuestType::kPv);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/nonexistent/vmlinuz"), std::string::npos) << error.what();
    EXPECT_EQ(error.error(), ENOENT) << error.what();
  }
}

}  // namespace
}  // namespace xc
