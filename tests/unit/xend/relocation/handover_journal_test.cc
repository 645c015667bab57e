// The records of handovers on disk: what a daemon has written the next one reads, and nothing else.
#include "xend/relocation/handover_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/error.h"

namespace xend {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace xend
