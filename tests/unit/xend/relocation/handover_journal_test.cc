// The records of handovers on disk: what a daemon has written the next one reads, and nothing else.
#include "xend/relocation/handover_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/error.h"

namespace {

std::vector<std::string> g_synced;  // paths

}  // namespace

// In place of the C library's, for this program: a sync cannot be seen otherwise.
extern "C" int fsync(int fd) {
  std::error_code none;
  g_synced.push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), none).string());
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace xend {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

DepartureRecord departure() {
  return {.ticket = *Ticket::parse("0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0"),
          .state = DepartureState::kCommitted,
          .name = "TestGuest",
          .uuid = *xc::Uuid::parse("3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1"),
          .domid = 12,
          .boot = "a-boot",
          .destination = "two.example.org",
          .port = 8002,
          .ssl = true,
          .change_home_server = true};
}

ArrivalRecord arrival() {
  return {.ticket = departure().ticket,
          .state = ArrivalState::kOwner,
          .name = "TestGuest",
          .uuid = departure().uuid,
          .domid = 7,
          .boot = "b-boot",
          .source = "192.0.2.1"};
}

class Journal : public testing::Test {
 protected:
  test::TemporaryFolder folder;
  std::string path = folder.path().string() + "/xend/relocation";
  std::string departure_file = path + "/departures/0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0.sxp";
  HandoverJournal journal{path};
};

TEST_F(Journal, TheNextDaemonReadsWhatWasWritten) {
  journal.write(departure());
  journal.write(arrival());
  const auto departures = HandoverJournal(path).departures();
  ASSERT_EQ(departures.size(), 1u);
  EXPECT_EQ(to_sxp(departures[0]), to_sxp(departure()));
  const auto arrivals = HandoverJournal(path).arrivals();
  ASSERT_EQ(arrivals.size(), 1u);
  EXPECT_EQ(to_sxp(arrivals[0]), to_sxp(arrival()));
}

TEST_F(Journal, WhatIsReadIsDurableFirst) {
  journal.write(departure());
  journal.write(arrival());
  g_synced.clear();
  ASSERT_EQ(HandoverJournal(path).departures().size(), 1u);
  EXPECT_THAT(g_synced, Contains(path + "/departures"));
  EXPECT_THAT(g_synced, Not(Contains(path + "/arrivals")));
  ASSERT_EQ(HandoverJournal(path).arrivals().size(), 1u);
  EXPECT_THAT(g_synced, Contains(path + "/arrivals"));
}

TEST_F(Journal, OnlyRootReadsIt) {
  journal.write(departure());
  struct stat file {
  }, in{};
  ASSERT_EQ(stat(departure_file.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(path.c_str(), &in), 0);
  EXPECT_EQ(in.st_mode & 0777, 0700u);
}

TEST_F(Journal, TheLastStateIsTheOneThatCounts) {
  auto record = departure();
  record.state = DepartureState::kBegun;
  journal.write(record);
  record.state = DepartureState::kAborted;
  journal.write(record);
  ASSERT_EQ(journal.departures().size(), 1u);
  EXPECT_EQ(journal.departures()[0].state, DepartureState::kAborted);
}

TEST_F(Journal, WhatIsForgottenIsGoneAndMayBeForgottenTwice) {
  journal.write(departure());
  journal.forget_departure(departure().ticket);
  journal.forget_departure(departure().ticket);
  journal.forget_arrival(departure().ticket);
  EXPECT_TRUE(journal.departures().empty());
}

TEST_F(Journal, AFileThatIsNoRecordIsLeftForSomebodyToLookAt) {
  journal.write(departure());
  for (const std::string text : {"", "(departure", "(arrival (state prepared))", "(departure (ticket 7))",
                                 "(departure (ticket 0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0) (state elsewhere))"}) {
    std::ofstream(departure_file) << text;
    EXPECT_TRUE(journal.departures().empty()) << text;
    EXPECT_TRUE(std::filesystem::exists(departure_file));
  }
}

TEST_F(Journal, ARecordUnderTheNameOfAnotherIsNotBelieved) {
  journal.write(departure());
  std::filesystem::rename(departure_file, path + "/departures/ffffffff-4b5a-4988-9786-a5b4c3d2e1f0.sxp");
  EXPECT_TRUE(journal.departures().empty());
}

TEST_F(Journal, WhatAPowerCutLeftHalfWrittenIsCleanedUp) {
  journal.write(departure());
  std::ofstream(departure_file + ".Xy12ab") << "(depar";
  EXPECT_EQ(journal.departures().size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(departure_file + ".Xy12ab"));
}

TEST_F(Journal, ADiskThatDoesNotTakeItIsSaidWithTheFile) {
  std::filesystem::create_directory(folder.path() / "xend");
  std::ofstream(path) << "a file where the folder belongs";
  try {
    journal.write(departure());
    FAIL() << "it was written";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("cannot be written to " + departure_file));
  }
}

TEST_F(Journal, ARelativeFolderIsRefused) {
  EXPECT_THROW(HandoverJournal("relocation").write(departure()), Error);
  EXPECT_FALSE(std::filesystem::exists("relocation"));
}

TEST_F(Journal, RoomForAnArrivalIsNoRecordAndGoesWithIt) {
  const std::filesystem::path arrivals = path + "/arrivals";
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator(arrivals), {}); };
  journal.make_room(arrival().ticket);
  EXPECT_EQ(files(), 2);
  journal.write(arrival());
  EXPECT_EQ(files(), 1);
  journal.make_room(arrival().ticket);
  journal.forget_arrival(arrival().ticket);
  EXPECT_EQ(files(), 0);
}

TEST_F(Journal, RoomThatAKilledDaemonHadTakenIsGivenBackByTheNext) {
  journal.make_room(arrival().ticket);
  EXPECT_TRUE(HandoverJournal(path).arrivals().empty());
  EXPECT_TRUE(std::filesystem::is_empty(path + "/arrivals"));
}

// A file system that holds the folder `arrivals`, so many files besides, and so many blocks of them.
class SmallDisk : public Journal {
 protected:
  ~SmallDisk() override {
    if (mounted_) umount2(path.c_str(), MNT_DETACH);
  }
  // False where the test may not mount.
  bool holds(unsigned files, unsigned blocks) {
    std::filesystem::create_directories(path);
    const auto options = "size=" + std::to_string(blocks * 4) + "k,nr_inodes=" + std::to_string(files + 2);
    return mounted_ = mount("full", path.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  std::string refusal() {
    try {
      journal.make_room(arrival().ticket);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  void expect_refusal() {
    EXPECT_THAT(refusal(), HasSubstr("cannot be written to " + path + "/arrivals/0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0" +
                                     ".sxp: No space left on device. Make room on its file system"));
    EXPECT_TRUE(std::filesystem::is_empty(path + "/arrivals"));
  }

 private:
  bool mounted_ = false;
};

TEST_F(SmallDisk, ThatCannotTakeARecordAndItsSuccessorIsToldBefore) {
  if (!holds(2, 1)) GTEST_SKIP() << "may not mount";
  expect_refusal();
}

TEST_F(SmallDisk, ThatHasNoRoomForAnotherFileIsToldBefore) {
  if (!holds(1, 2)) GTEST_SKIP() << "may not mount";
  expect_refusal();
}

TEST_F(SmallDisk, ThatFillsUpMeanwhileTakesTheRecordsAllTheSame) {
  if (!holds(2, 2)) GTEST_SKIP() << "may not mount";
  EXPECT_EQ(refusal(), "");
  EXPECT_FALSE(std::ofstream(path + "/others") << std::string(8192, 'x') << std::flush) << "it is full";
  auto record = arrival();
  for (const auto state : {ArrivalState::kPrepared, ArrivalState::kOwner, ArrivalState::kRunning}) {
    record.state = state;
    journal.write(record);
    EXPECT_EQ(journal.arrivals().at(0).state, state);
  }
}

}  // namespace
}  // namespace xend
