// The log as scripts and hostile text see it: line format, levels, rotation, masked passwords, forged lines.
#include "xend/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "xend/log_text.h"

namespace xend {
namespace {

namespace fs = std::filesystem;
using testing::MatchesRegex;

std::string read_file(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

class Log : public testing::Test {
 protected:
  Log() {
    std::string name = "/tmp/xend-log-test-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "logs" / "xend.log";
  }
  ~Log() override {
    log_close();
    log_to_stderr(false);
    fs::remove_all(folder_);
  }

  fs::path folder_, path_;
};

TEST_F(Log, LineHasTheClassicFormat) {
  log_open(path_, Level::kDebug, false);
  XEND_LOG(Info, "Domain {} ({}) unpaused.", "web1", 7);
  EXPECT_THAT(read_file(path_),
              MatchesRegex(R"(\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} )" + std::to_string(::getpid()) +
                           R"(\] INFO \(log_test:[0-9]+\) Domain web1 \(7\) unpaused\.)"
                           "\n"));
}

TEST_F(Log, ParentDirectoryIsMadeForRootAlone) {
  log_open(path_, Level::kDebug, false);
  struct stat info {};
  ASSERT_EQ(::stat(path_.parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777u, 0700u);
  EXPECT_EQ(log_path(), path_);
}

TEST_F(Log, LinesBelowTheThresholdAreDroppedUnevaluated) {
  log_open(path_, Level::kWarning, false);
  int evaluated = 0;
  XEND_LOG(Info, "{}", ++evaluated);
  XEND_LOG(Warning, "{}", ++evaluated);
  EXPECT_EQ(evaluated, 1);
  EXPECT_NE(read_file(path_).find("] WARNING ("), std::string::npos);
}

TEST_F(Log, LinesOfManyThreadsStayWhole) {
  log_open(path_, Level::kDebug, false);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 200; ++i) XEND_LOG(Debug, "{}", std::string(50, 'x'));
    });
  }
  threads.clear();
  std::istringstream text(read_file(path_));
  int lines = 0;
  for (std::string line; std::getline(text, line); ++lines)
    EXPECT_TRUE(line[0] == '[' && line.ends_with(" xxxxxxxxxx" + std::string(40, 'x')));
  EXPECT_EQ(lines, 800);
}

TEST_F(Log, RotatesAtOneMebibyteAndKeepsFiveOldFiles) {
  log_open(path_, Level::kDebug, false);
  const std::string text(1023, 'x');
  for (int i = 0; i < 8 * 1024; ++i) XEND_LOG(Debug, "{}", text);
  for (int i = 1; i <= 5; ++i) {
    const fs::path old = path_.string() + "." + std::to_string(i);
    ASSERT_TRUE(fs::exists(old)) << old;
    EXPECT_LT(fs::file_size(old), 1u << 20);
    EXPECT_GT(fs::file_size(old), (1u << 20) - 2048);
  }
  EXPECT_FALSE(fs::exists(path_.string() + ".6"));
}

TEST_F(Log, FileThatWasMovedAwayIsMadeAnew) {
  log_open(path_, Level::kDebug, false);
  XEND_LOG(Info, "first");
  fs::rename(path_, folder_ / "moved");
  XEND_LOG(Info, "second");
  EXPECT_EQ(read_file(folder_ / "moved").find("second"), std::string::npos);
  EXPECT_NE(read_file(path_).find("second"), std::string::npos);
}

TEST_F(Log, TemporaryFileStandsInForOneThatCannotBeOpened) {
  log_open(folder_ / "no" / "such" / "xend.log", Level::kDebug, false);
  const std::string path = log_path();
  EXPECT_THAT(path, MatchesRegex("/tmp/[A-Za-z0-9]{6}-xend.log"));
  EXPECT_NE(read_file(path).find("cannot be opened: No such file or directory."), std::string::npos);
  fs::remove(path);
}

TEST_F(Log, TextFromOutsideCannotForgeALine) {
  log_open(path_, Level::kDebug, false);
  XEND_LOG(Error, "Bad name {}", "x\n[2009-11-22 13:56:01 1] INFO (A:1) all is well\x1b[2J");
  const std::string log = read_file(path_);
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1);
  EXPECT_NE(log.find(R"(Bad name x\n[2009-11-22 13:56:01 1] INFO (A:1) all is well\x1b[2J)"), std::string::npos);
}

TEST_F(Log, WithoutAFileLinesGoToStderr) {
  testing::internal::CaptureStderr();
  XEND_LOG(Info, "not open");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("INFO (log_test:"), std::string::npos);
}

TEST_F(Log, DebuggingCopiesLinesToStderr) {
  log_open(path_, Level::kDebug, false);
  log_to_stderr(true);
  testing::internal::CaptureStderr();
  XEND_LOG(Info, "both");
  const std::string seen = testing::internal::GetCapturedStderr();
  EXPECT_THAT(seen, MatchesRegex("\\[xend\\] INFO \\(log_test:[0-9]+\\) both\n"));
  EXPECT_NE(read_file(path_).find("both"), std::string::npos);
}

TEST(LogLevel, Names) {
  EXPECT_EQ(level_from_name("FATAL"), Level::kCritical);
  EXPECT_EQ(level_from_name("WARN"), Level::kWarning);
  EXPECT_EQ(level_from_name("NOTSET"), Level::kTrace);
  EXPECT_EQ(level_from_name("debug"), std::nullopt);
}

TEST(LogPasswords, AreMasked) {
  EXPECT_EQ(mask_passwords("(vfb (vncpasswd secret) (vnc 1))"), "(vfb (vncpasswd XXXXXXXX) (vnc 1))");
  EXPECT_EQ(mask_passwords(R"((vncpasswd 'it\'s it') x)"), "(vncpasswd XXXXXXXX) x");
  EXPECT_EQ(mask_passwords("(vncpasswd a,b}) x"), "(vncpasswd XXXXXXXX) x");
  EXPECT_EQ(mask_passwords("{'vncpasswd': 'se cret', 'vnc': 1}"), "{'vncpasswd': XXXXXXXX, 'vnc': 1}");
  EXPECT_EQ(mask_passwords("['vncpasswd', 'secret']"), "['vncpasswd', XXXXXXXX]");
  EXPECT_EQ(mask_passwords(R"({"password":"secret"})"), R"({"password":XXXXXXXX})");
  EXPECT_EQ(mask_passwords("vnc=1,vncpasswd=secret,vncunused=1"), "vnc=1,vncpasswd=XXXXXXXX,vncunused=1");
  EXPECT_EQ(mask_passwords("(vncpasswd one) (vncpasswd two)"), "(vncpasswd XXXXXXXX) (vncpasswd XXXXXXXX)");
  EXPECT_EQ(mask_passwords("(vncpasswd 'unfinished"), "(vncpasswd XXXXXXXX");
}

TEST(LogPasswords, ProseIsLeftAlone) {
  for (const char* text : {"Stored a VNC password for vfb access", "No VNC passwd configured for vfb access",
                           "(vncpasswd)", "vncpasswd=", "vncpasswd", "/etc/passwd: No such file"})
    EXPECT_EQ(mask_passwords(text), text);
}

TEST(LogControls, AreEscapedAndUtf8IsNot) {
  EXPECT_EQ(escape_controls("a\tb\r\n\x7f\x01 \xc3\xa9"), "a\\tb\\r\\n\\x7f\\x01 \xc3\xa9");
}

}  // namespace
}  // namespace xend
