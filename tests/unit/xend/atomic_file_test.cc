// Files that are whole or not there.
#include "xend/atomic_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace xend {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  AtomicFileTest() : path_(fs::temp_directory_path() / ("atomic_file_test." + std::to_string(getpid()))) {
    fs::create_directory(path_);
  }
  ~AtomicFileTest() override { fs::remove_all(path_); }

  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path path_;
};

TEST_F(AtomicFileTest, AppearsWholeAndPrivate) {
  const auto target = path_ / "image";
  {
    AtomicFile out(target);
    out.write("hello ");
    out.write("world");
    EXPECT_FALSE(fs::exists(target));
    out.commit();
  }
  EXPECT_EQ(read(target), "hello world");
  EXPECT_EQ(fs::status(target).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(AtomicFileTest, LeavesTheOldFileAndNothingElseWhenGivenUp) {
  const auto target = path_ / "image";
  std::ofstream(target) << "old";
  { AtomicFile(target).write("new"); }
  EXPECT_EQ(read(target), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(path_), {}), 1);
}

TEST_F(AtomicFileTest, SaysWhichFolderIsNotThere) {
  EXPECT_THROW(AtomicFile("/no/such/folder/image"), std::system_error);
  EXPECT_THROW(AtomicFile{path_.string()}, std::system_error);  // a directory
}

}  // namespace
}  // namespace xend
