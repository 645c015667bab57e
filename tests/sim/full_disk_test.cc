// Moves when one of the hosts cannot write down what it has to remember of them: the disk of its journal is full, or
// worse. It is played with a file where the journal's folder belongs, which no right of root's overcomes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/sim/life.h"
#include "xend/error.h"
#include "xend/relocation/sender.h"

namespace sim {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class FullDisk : public Life {
 protected:
  std::string move() {
    return error_of([this] {
      xend::relocate_domain(*host.host, guest(), {.destination = "127.0.0.1", .live = true, .port = two.listen()});
    });
  }
  static void spoil(const std::filesystem::path& folder) {
    std::filesystem::remove_all(folder);
    std::ofstream(folder) << "full";
  }
  static bool has_records(const SimHost& on) {
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(on.folder / "relocation", none))
      if (entry.is_regular_file()) return true;
    return false;
  }
  // What Xen was asked to do with guests since `before`.
  std::vector<std::string> asked_since(const std::vector<std::string>& before) {
    const auto calls = host.xen.calls();
    return {calls.begin() + static_cast<std::ptrdiff_t>(before.size()), calls.end()};
  }

  SimHost two;
};

TEST_F(FullDisk, OfTheSourceIsToldBeforeTheGuestNotices) {
  host.start_guest("TestGuest");
  spoil(host.folder / "relocation");
  const auto before = host.xen.calls();
  EXPECT_THAT(move(), AllOf(StartsWith("What is known of the move cannot be written to " +
                                       (host.folder / "relocation/departures").string()),
                            EndsWith("TestGuest runs on here.")));
  EXPECT_THAT(asked_since(before), testing::IsEmpty());
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(two.list(), "");
}

TEST_F(FullDisk, OfTheDestinationIsToldBeforeTheGuestNotices) {
  host.start_guest("TestGuest");
  spoil(two.folder / "relocation");
  const auto before = host.xen.calls();
  EXPECT_THAT(move(), AllOf(StartsWith("What is known of the move cannot be written to " +
                                       (two.folder / "relocation/arrivals").string()),
                            EndsWith("(from 127.0.0.1)")));
  EXPECT_THAT(asked_since(before), testing::IsEmpty());
  EXPECT_EQ(two.xen.calls().size(), 0u) << "something was made";
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_FALSE(has_records(host));
}

TEST_F(FullDisk, OfTheDestinationAtTheLastMomentLetsTheGuestGoOn) {
  host.start_guest("TestGuest");
  two.helpers.while_restoring(
      [this](const xend::RestoreRequest&, const xend::Cancellation&) { spoil(two.folder / "relocation/arrivals"); });
  EXPECT_THAT(move(), AllOf(HasSubstr("cannot be written to " + (two.folder / "relocation/arrivals").string()),
                            EndsWith("(from 127.0.0.1)")));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_TRUE(eventually([&] { return two.list().empty(); })) << two.list();
  EXPECT_TRUE(eventually([&] { return !has_records(host); }));
}

// The destination has all of it: as long as the source cannot write down whose it is, it is nobody's but its own.
TEST_F(FullDisk, OfTheSourceAtTheCommitLetsTheGuestGoOn) {
  host.start_guest("TestGuest");
  two.helpers.while_restoring(
      [this](const xend::RestoreRequest&, const xend::Cancellation&) { spoil(host.folder / "relocation/departures"); });
  EXPECT_THAT(move(), HasSubstr("cannot be written to " + (host.folder / "relocation/departures").string()));
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest -b----"; })) << host.list();
  EXPECT_TRUE(eventually([&] { return two.list().empty(); })) << two.list();
  EXPECT_FALSE(has_records(two));
}

}  // namespace
}  // namespace sim
