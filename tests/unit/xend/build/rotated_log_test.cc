// Logs of programs, one file for each run.
#include "xend/build/rotated_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <system_error>

#include "tests/unit/xend/helpers/temporary_folder.h"

namespace xend {
namespace {

class RotatedLog : public testing::Test {
 protected:
  std::string path(const std::string& suffix = "") const { return folder_.path() / ("qemu-dm-a.log" + suffix); }
  void run(const std::string& says, unsigned old_logs) {
    const Descriptor log = open_rotated_log(path(), old_logs);
    ASSERT_EQ(::write(log.get(), says.data(), says.size()), static_cast<ssize_t>(says.size()));
  }
  std::string content(const std::string& suffix = "") const {
    std::ostringstream text;
    std::ifstream file(path(suffix));
    if (!file) return "not there";
    text << file.rdbuf();
    return text.str();
  }
  std::string end_of(const std::string& text, unsigned lines) {
    std::ofstream(path(), std::ios::binary) << text;
    return end_of_log(path(), lines);
  }

  test::TemporaryFolder folder_;
};

TEST_F(RotatedLog, KeepsAsManyOldOnesAsItIsTold) {
  for (const char* says : {"first", "second", "third", "fourth"}) run(says, 2);
  EXPECT_EQ(content(), "fourth");
  EXPECT_EQ(content(".1"), "third");
  EXPECT_EQ(content(".2"), "second");
  EXPECT_EQ(content(".3"), "not there");
}

TEST_F(RotatedLog, WithoutOldOnesItBeginsAnew) {
  run("first", 0);
  run("second", 0);
  EXPECT_EQ(content(), "second");
  EXPECT_EQ(content(".1"), "not there");
}

TEST_F(RotatedLog, IsForRootAlone) {
  run("first", 1);
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

// Somebody who may write to the folder must not send QEMU's words into another file.
TEST_F(RotatedLog, ALinkIsMovedAwayAndNotFollowed) {
  const std::string target = folder_.path() / "precious";
  std::ofstream(target) << "precious";
  std::filesystem::create_symlink(target, path());
  run("words", 1);
  EXPECT_EQ(content(), "words");
  EXPECT_FALSE(std::filesystem::is_symlink(path()));
  EXPECT_EQ(std::filesystem::file_size(target), 8U);
}

TEST_F(RotatedLog, AFolderThatIsMissingIsNamed) {
  try {
    open_rotated_log("/nowhere/a.log", 3);
    FAIL();
  } catch (const std::system_error& e) {
    EXPECT_STREQ(e.what(), "/nowhere/a.log: No such file or directory");
  }
}

TEST_F(RotatedLog, TheEndIsTheLastLines) {
  EXPECT_EQ(end_of("a\nb\nc\n", 2), "b\nc");
  EXPECT_EQ(end_of("a\nb\nc", 2), "b\nc");
  EXPECT_EQ(end_of("a\nb\n", 5), "a\nb");
  EXPECT_EQ(end_of("\na\n\n\n", 1), "a");
  EXPECT_EQ(end_of("a\n\nb\n", 2), "\nb");
  EXPECT_EQ(end_of("a\n", 0), "");
  EXPECT_EQ(end_of("", 5), "");
  EXPECT_EQ(end_of_log("/nowhere/a.log", 5), "");
}

TEST_F(RotatedLog, TheEndIsShortAndHasNoControlCharacters) {
  EXPECT_EQ(end_of(std::string(10'000, 'x'), 5).size(), 4096U);
  EXPECT_EQ(end_of("a\x1b[31mred\r\n", 5), "a\\x1b[31mred\\r");
}

}  // namespace
}  // namespace xend
