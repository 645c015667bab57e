// A save or a migration that goes on, as clients see it: how far it is, cancelling it, its limits, what it answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <future>

#include "rpc/fault.h"
#include "rpc/file_descriptor.h"
#include "tests/sim/sim_host.h"
#include "xend/api/dispatcher.h"

namespace sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class Transfers : public testing::Test {
 protected:
  void SetUp() override { one.start_guest("TestGuest"); }

  rpc::Value call(const std::string& method, const rpc::Array& params, const rpc::Caller& caller = {}) {
    return xend::dispatch(*one.host, "xend.domain." + method, params, caller);
  }
  // "" when there is none.
  std::string fault(const std::string& method, const rpc::Array& params, const rpc::Caller& caller = {}) {
    try {
      call(method, params, caller);
      return "";
    } catch (const rpc::Fault& e) {
      return e.what();
    }
  }
  // The fault of a call that hangs in copying memory.
  std::future<std::string> hanging(const std::string& method, const rpc::Array& params,
                                   const rpc::Caller& caller = {}) {
    one.helpers.hang_saves(true);
    auto ending = std::async(std::launch::async, [=, this] { return fault(method, params, caller); });
    EXPECT_TRUE(eventually([&] { return one.helpers.hanging(); }));
    return ending;
  }
  rpc::Array migration(rpc::Struct limits = {}) {
    return {"TestGuest", "127.0.0.1", true, port, -1, {}, false, {}, std::move(limits)};
  }
  std::string image() { return (one.folder / "image").string(); }

  SimHost one, two;
  const unsigned port = two.listen();
};

TEST_F(Transfers, ShowHowFarTheyAre) {
  EXPECT_EQ(fault("progress", {"TestGuest"}), "Domain TestGuest is not being saved or moved.");
  auto moving = hanging("migrate", migration());
  for (const char* name : {"TestGuest", "migrating-TestGuest", "1"})
    EXPECT_EQ(call("progress", {name}), rpc::Value(rpc::Struct{{"round", 3},
                                                               {"pages_sent", 100},
                                                               {"pages_total", 200},
                                                               {"pages_dirty", 300},
                                                               {"bytes", 5e9},
                                                               {"bytes_per_second", 2e7},
                                                               {"dirty_per_second", 4000},
                                                               {"estimated_downtime_ms", 162},
                                                               {"phase", "copying"}}))
        << name;
  call("cancel", {"TestGuest"});
  moving.wait();
  EXPECT_EQ(fault("progress", {"TestGuest"}), "Domain TestGuest is not being saved or moved.");
}

TEST_F(Transfers, ACancelledMigrationLeavesTheGuestHereAndNothingThere) {
  auto moving = hanging("migrate", migration());
  EXPECT_EQ(one.list(), "migrating-TestGuest -b----");
  EXPECT_EQ(call("cancel", {"TestGuest"}), rpc::Value("TestGuest"));
  EXPECT_EQ(one.list(), "TestGuest -b----") << "it answered too early";
  EXPECT_THAT(moving.get(), HasSubstr("cancelled"));
  EXPECT_TRUE(eventually([&] { return two.list().empty(); }));
  one.helpers.hang_saves(false);
  EXPECT_EQ(fault("migrate", migration()), "") << "it does not move any more";
  EXPECT_EQ(two.list(), "TestGuest -b----");
}

TEST_F(Transfers, ACancelledSaveLeavesTheGuestAndNoFile) {
  auto saving = hanging("save", {"TestGuest", image(), false});
  EXPECT_EQ(call("cancel", {"migrating-TestGuest"}), rpc::Value("TestGuest"));
  EXPECT_THAT(saving.get(), HasSubstr("cancelled"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
  EXPECT_FALSE(std::filesystem::exists(image()));
}

// It is cancelled between the guest's taking the request and its stopping: somebody has to be there to let it go on.
TEST_F(Transfers, CancelledWhileItStopsTheGuestGoesOn) {
  one.guests_suspend(false);
  auto moving = std::async(std::launch::async, [this] { return fault("migrate", migration()); });
  const std::string request = "/local/domain/1/control/shutdown";
  ASSERT_TRUE(eventually([&] { return one.store.read(request) == "suspend"; }));
  one.store.write(request, "");
  auto cancelling = std::async(std::launch::async, [this] { return fault("cancel", {"TestGuest"}); });
  EXPECT_EQ(cancelling.wait_for(500ms), std::future_status::timeout);
  one.xen.guest_shuts_down(1, xc::ShutdownReason::kSuspend);
  EXPECT_EQ(cancelling.get(), "");
  EXPECT_THAT(moving.get(), HasSubstr("cancelled"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
}

TEST_F(Transfers, NothingElseIsCancelled) {
  EXPECT_EQ(fault("cancel", {"TestGuest"}),
            "Nothing goes on with domain TestGuest that could be cancelled: it is not being saved or moved.");
  EXPECT_EQ(fault("cancel", {"Stranger"}), "Stranger");
  const auto operation = one.host->domains.get("TestGuest")->begin("dumped");
  EXPECT_THAT(fault("cancel", {"TestGuest"}), StartsWith("Nothing goes on with domain TestGuest"));
  EXPECT_FALSE(operation.cancellation().cancelled());
}

// As it classically was: xm dies of a lost connection to its terminal, and the night's migration is done all the same.
TEST_F(Transfers, GoOnWhenTheCallerHasGone) {
  for (const auto& [method, params] :
       {std::pair{"migrate", migration()}, std::pair{"save", rpc::Array{"TestGuest", image(), true}}}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const rpc::FileDescriptor here(ends[0]);
    rpc::FileDescriptor caller(ends[1]);
    auto going_on = hanging(method, params, {.connection = here.get(), .stopping = -1});
    caller = {};
    EXPECT_EQ(going_on.wait_for(300ms), std::future_status::timeout) << method;
    call("cancel", {"TestGuest"});
    going_on.wait();
  }
}

TEST_F(Transfers, EndWhenTheDaemonIsStopped) {
  const rpc::FileDescriptor stopping(eventfd(0, EFD_CLOEXEC));
  const rpc::FileDescriptor caller(eventfd(0, EFD_CLOEXEC));
  auto moving = hanging("migrate", migration(), {.connection = caller.get(), .stopping = stopping.get()});
  eventfd_write(stopping.get(), 1);
  EXPECT_EQ(moving.wait_for(5s), std::future_status::ready);
  EXPECT_THAT(moving.get(), HasSubstr("cancelled"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
}

TEST_F(Transfers, WhoAsksInTheNewWayHearsWhereTheDomainIs) {
  two.start_guest("Other");
  const auto answer = call("migrate", migration());
  ASSERT_TRUE(answer.is_struct());
  EXPECT_EQ(*answer.member("name"), rpc::Value("TestGuest"));
  EXPECT_EQ(*answer.member("destination"), rpc::Value("127.0.0.1"));
  EXPECT_EQ(*answer.member("domid"), rpc::Value(2));
  EXPECT_GT(answer.member("milliseconds")->as_int(), 0);
  EXPECT_GT(answer.member("stopped_milliseconds")->as_int(), 0);
  EXPECT_LE(answer.member("stopped_milliseconds")->as_int(), answer.member("milliseconds")->as_int());
}

TEST_F(Transfers, ClassicClientsHearWhatTheyAlwaysHeard) {
  const auto full = migration();
  EXPECT_TRUE(call("migrate", {full.begin(), full.begin() + 7}).is_nil());
  one.start_guest("Another");
  EXPECT_TRUE(call("migrate", {"Another", "127.0.0.1", false, port, -1, {}, false, 100}).is_nil());
}

TEST_F(Transfers, LimitsGoWithTheSave) {
  call("migrate", migration({{"max_downtime", 300}, {"timeout", 60}, {"max_rounds", 9}}));
  const auto asked = one.helpers.last_save();
  EXPECT_TRUE(asked.live);
  EXPECT_EQ(asked.limits.max_downtime, 300ms);
  EXPECT_EQ(asked.limits.timeout, 60s);
  EXPECT_EQ(asked.limits.max_rounds, 9u);
  EXPECT_EQ(asked.pages, 64u * 256);
}

TEST_F(Transfers, LimitsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(fault("migrate", migration({{"max_downtime", 0}})), "max_downtime must be a number from 1 to 86400000.");
  EXPECT_EQ(fault("migrate", migration({{"timeout", "soon"}})), "timeout must be a number from 1 to 86400.");
  auto params = migration({{"max_rounds", 3}});
  params[2] = false;
  EXPECT_THAT(fault("migrate", params), HasSubstr("TestGuest was not touched. Give --live, too."));
  EXPECT_EQ(one.list(), "TestGuest -b----");
}

// The destination has no part in that decision, and would only be waited for.
TEST_F(Transfers, OneThatDoesNotKeepToItsLimitsIsGivenUpAtOnce) {
  one.helpers.fail_next_save("after 3 rounds the rest would take too long", ETIME);
  const auto began = std::chrono::steady_clock::now();
  const auto error = fault("migrate", migration({{"max_rounds", 3}}));
  EXPECT_THAT(error, HasSubstr("after 3 rounds the rest would take too long"));
  EXPECT_THAT(error, HasSubstr("TestGuest runs on here"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  EXPECT_EQ(one.list(), "TestGuest -b----");
  EXPECT_TRUE(eventually([&] { return two.list().empty(); })) << two.list();
}

TEST_F(Transfers, ACheckpointCanBeWrittenWhileTheGuestRuns) {
  call("save", {"TestGuest", image(), true, true});
  EXPECT_TRUE(one.helpers.last_save().live);
  EXPECT_EQ(one.list(), "TestGuest -b----");
  call("save", {"TestGuest", image(), true});
  EXPECT_FALSE(one.helpers.last_save().live);
}

}  // namespace
}  // namespace sim
