// A guest's life on one host: starting, ending, saving, and the daemon dying and coming back meanwhile.
#include "xend/domain/lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <thread>

#include "tests/sim/life.h"
#include "xend/domain/save.h"
#include "xend/error.h"

namespace sim {
namespace {

using testing::HasSubstr;

TEST_F(Life, CreatedPausedUnpausedDestroyed) {
  EXPECT_EQ(create("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))))"), "");
  EXPECT_EQ(host.list(), "TestGuest --p---");
  xend::unpause_domain(*host.host, *guest());
  EXPECT_EQ(host.list(), "TestGuest -b----");
  xend::destroy_domain(*host.host, guest());
  EXPECT_EQ(host.list(), "");
  EXPECT_EQ(host.store.tree("/local/domain/1").size(), 0u);
}

// Xen counts pauses; whoever types them does not.
TEST_F(Life, OneUnpauseEndsAllPauses) {
  host.start_guest("TestGuest");
  xend::unpause_domain(*host.host, *guest());
  xend::pause_domain(*host.host, *guest());
  xend::pause_domain(*host.host, *guest());
  EXPECT_EQ(host.list(), "TestGuest -bp---");
  xend::unpause_domain(*host.host, *guest());
  EXPECT_EQ(host.list(), "TestGuest -b----");
  host.xen.pause(1);
  host.xen.pause(1);
  xend::unpause_domain(*host.host, *guest());
  EXPECT_EQ(host.list(), "TestGuest -b----");
}

TEST_F(Life, ANameAndAUuidAreTakenOnce) {
  host.start_guest("TestGuest");
  EXPECT_EQ(create("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))))"),
            "Domain 'TestGuest' already exists with ID '1'");
  EXPECT_EQ(create("(vm (name Other) (uuid " + guest()->uuid().to_string() +
                   ") (memory 64) (image (linux (kernel /proc/version))))"),
            "Domain 'TestGuest' already exists with ID '1'");
}

// Whatever call fails, nothing of the guest is left and its name is free.
TEST_F(Life, AFailureAtAnyStepLeavesNothing) {
  for (const char* call :
       {"create_domain", "set_max_memory", "allocate_channel", "prepare_for_memory", "apply_cpuid_policy"}) {
    host.xen.fail_next(call, EINVAL, "as the test wants");
    EXPECT_THAT(create("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))))"),
                HasSubstr("as the test wants"))
        << call;
    EXPECT_EQ(host.list(), "") << call;
    EXPECT_EQ(host.xen.domains().size(), 1u) << call;
    EXPECT_LE(host.store.tree("/vm").size(), 1u) << call;
  }
  host.helpers.fail_next_build("xc_build failed\nno memory");
  EXPECT_EQ(create("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))))"),
            "xc_build failed\nno memory");
  host.store.fail_next("introduce_domain", EINVAL);
  EXPECT_NE(create("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))))"), "");
  EXPECT_EQ(host.xen.domains().size(), 1u);
  EXPECT_EQ(create("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))))"), "");
}

TEST_F(Life, WhatCannotRunIsSaidBeforeAnythingIsMade) {
  const auto before = host.xen.calls();
  EXPECT_EQ(create("(vm (name a) (memory 64) (image (linux (kernel /no/such))))"),
            "Kernel image does not exist: /no/such");
  EXPECT_THAT(create("(vm (name a) (memory 99999) (image (linux (kernel /proc/version))))"), HasSubstr("I need "));
  EXPECT_THAT(create("(vm (name a) (memory 64) (image (hvm (kernel hvmloader) (device_model /opt/my-dm))))"),
              HasSubstr("The device model /opt/my-dm does not exist"));
  EXPECT_EQ(create("(vm (name a) (memory 64) (device (vtpm (instance 1))) (image (linux (kernel /proc/version))))"),
            "XendConfig: vtpm not a valid device type");
  EXPECT_EQ(host.list(), "");
}

// Two guests of 2 GiB do not fit into 3 GiB, even when both are started in the same moment.
TEST_F(Life, MemoryIsPromisedOnce) {
  std::atomic<int> made{0}, refused{0};
  std::vector<std::thread> both;
  for (const char* name : {"a", "b"})
    both.emplace_back([&, name] {
      const auto text =
          create(std::string("(vm (name ") + name + ") (memory 2000) (image (linux (kernel /proc/version))))");
      text == "" ? ++made : ++refused;
    });
  for (auto& thread : both) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(refused, 1);
}
TEST_F(Life, PoweroffEndsIt) {
  host.xen.guest_shuts_down(host.start_guest("TestGuest"), xc::ShutdownReason::kPoweroff);
  EXPECT_TRUE(eventually([&] { return host.list().empty(); })) << host.list();
}

TEST_F(Life, RebootStartsItAnewUnderAnotherId) {
  const auto domid = host.start_guest("TestGuest");
  started_ago(100);
  host.xen.guest_shuts_down(domid, xc::ShutdownReason::kReboot);
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest -b----"; })) << host.list();
  EXPECT_NE(guest()->running_domid(), domid);
  EXPECT_EQ(guest()->state().restart_count, 1u);
}

TEST_F(Life, RestartingTooFastIsRefused) {
  host.xen.guest_shuts_down(host.start_guest("TestGuest"), xc::ShutdownReason::kCrash);
  EXPECT_TRUE(eventually([&] { return host.list().empty(); })) << host.list();
}

TEST_F(Life, ACrashedGuestIsKeptWhenItsConfigurationSaysSo) {
  create("(vm (name TestGuest) (memory 64) (on_crash preserve) (image (linux (kernel /proc/version))))");
  xend::unpause_domain(*host.host, *guest());
  host.xen.guest_shuts_down(1, xc::ShutdownReason::kCrash);
  EXPECT_TRUE(eventually([&] { return guest()->state().preserved; }));
  EXPECT_EQ(host.list(), "TestGuest ----c-");
  EXPECT_EQ(host.store.read("/local/domain/1/xend/shutdown_completed"), "True");
}

TEST_F(Life, SavedAndRestored) {
  host.start_guest("TestGuest", "what it knows");
  xend::save_domain(*host.host, guest(), path("image"), false);
  EXPECT_EQ(host.list(), "");
  xend::restore_domain(*host.host, path("image"), false);
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(host.helpers.memory_of(guest()->running_domid()), "what it knows");
}

TEST_F(Life, ACheckpointLeavesItRunning) {
  host.start_guest("TestGuest");
  xend::save_domain(*host.host, guest(), path("image"), true);
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(error_of([&] { xend::restore_domain(*host.host, path("image"), false); }),
            "Domain 'TestGuest' already exists with ID '1'");
}

TEST_F(Life, ASaveThatCannotBeWrittenLeavesTheGuestRunningAndTheOldFileAlone) {
  host.start_guest("TestGuest");
  EXPECT_EQ(error_of([&] { xend::save_domain(*host.host, guest(), "/no/such/folder/image", false); }),
            "can't write guest state file /no/such/folder/image: No such file or directory");
  std::ofstream(path("old")) << "old";
  host.guests_suspend(false);
  EXPECT_THAT(error_of([&] { xend::save_domain(*host.host, guest(), path("old"), false); }),
              HasSubstr("Timeout waiting for domain 1 to suspend"));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  std::string text;
  std::ifstream(path("old")) >> text;
  EXPECT_EQ(text, "old");
}

// As Linux is while it is still getting up from the suspend before.
TEST_F(Life, AGuestThatWasDeafToTheRequestIsAskedAgain) {
  host.start_guest("TestGuest");
  xend::unpause_domain(*host.host, *guest());
  host.guests_suspend(false);
  auto saved = std::async(std::launch::async, [&] { xend::save_domain(*host.host, guest(), path("image"), false); });
  while (host.store.read("/local/domain/1/control/shutdown") != "suspend") std::this_thread::yield();
  host.guests_suspend(true);
  EXPECT_NO_THROW(saved.get());
  EXPECT_EQ(host.list(), "");
}

TEST_F(Life, AGuestThatIsPausedIsNotSaved) {
  host.start_guest("TestGuest");
  xend::pause_domain(*host.host, *guest());
  EXPECT_EQ(error_of([&] { xend::save_domain(*host.host, guest(), path("image"), false); }), "Domain is not running");
}

TEST_F(Life, Domain0IsLeftAlone) {
  const auto dom0 = guest("Domain-0");
  EXPECT_EQ(error_of([&] { xend::destroy_domain(*host.host, dom0); }), "Cannot destroy privileged domain Domain-0");
  EXPECT_EQ(error_of([&] { xend::pause_domain(*host.host, *dom0); }), "Cannot pause privileged domain Domain-0");
  EXPECT_EQ(error_of([&] { xend::save_domain(*host.host, dom0, path("image"), false); }),
            "Cannot save privileged domain Domain-0");
  EXPECT_EQ(error_of([&] { xend::shut_down_domain(*host.host, *dom0, "poweroff"); }), "Domain 0 cannot be shutdown");
}

TEST_F(Life, TheDaemonComesBackAndKnowsItsGuests) {
  host.start_guest("TestGuest", "kept");
  const auto uuid = guest()->uuid();
  host.restart_daemon();
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(guest()->uuid(), uuid);
  xend::save_domain(*host.host, guest(), path("image"), false);
  EXPECT_EQ(host.list(), "");
}

// The daemon is killed while it makes a guest: what there is of it goes when the daemon comes back.
TEST_F(Life, AHalfMadeGuestIsTakenAwayByTheNextDaemon) {
  host.start_guest("TestGuest");
  const auto made = guest()->state();
  auto half = made;
  half.being_made = true;
  host.host->running_state.remember(half);
  host.restart_daemon();
  EXPECT_EQ(host.list(), "");
  EXPECT_EQ(host.xen.domains().size(), 1u);
  EXPECT_EQ(host.store.tree("/local/domain/1").size(), 0u);
  EXPECT_EQ(create("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))))"), "");
}

// Killed between the creation in Xen and the note with the number: the UUID was announced before.
TEST_F(Life, AGuestThatWasOnlyBegunIsTakenAwayByTheNextDaemon) {
  const auto uuid = xc::Uuid::random();
  const auto announced = host.host->running_state.announce(uuid);
  host.xen.create_domain({uuid, xc::GuestType::kPv, 1, 0, 0});
  const auto named = xc::Uuid::random();
  const auto announced_too = host.host->running_state.announce(named);
  const auto theirs = host.xen.create_domain({named, xc::GuestType::kPv, 1, 0, 0});
  host.store.write("/local/domain/" + std::to_string(theirs) + "/name", "xlguest");
  const auto nobody = host.xen.create_domain({xc::Uuid::random(), xc::GuestType::kPv, 1, 0, 0});
  host.restart_daemon();
  EXPECT_EQ(host.list(), "Domain-" + std::to_string(nobody) + " --p---, xlguest --p---");
}

TEST_F(Life, AGuestIsAnnouncedUntilThereIsANoteOfIt) {
  std::vector<xc::Uuid> announced;
  host.xen.on_create([&] { announced = host.host->running_state.take_announced(); });
  host.start_guest("TestGuest");
  EXPECT_THAT(announced, testing::ElementsAre(guest()->uuid()));
  host.xen.on_create({});
  host.start_guest("Other");
  EXPECT_THAT(host.host->running_state.take_announced(), testing::IsEmpty());
}

TEST_F(Life, AGuestThatEndedWhileTheDaemonWasAwayGetsItsAction) {
  const auto domid = host.start_guest("TestGuest");
  host.start_guest("Gone");
  host.xen.on_release({});
  host.xen.guest_shuts_down(domid, xc::ShutdownReason::kPoweroff);
  host.xen.destroy(guest("Gone")->running_domid());
  host.xen.on_release([this] { host.store.fire("@releaseDomain"); });
  host.restart_daemon();
  EXPECT_TRUE(eventually([&] { return host.list().empty(); })) << host.list();
  EXPECT_TRUE(eventually([&] { return host.store.tree("/vm").size() <= 1; }));  // a moment after it has left the list
}

TEST_F(Life, WhenTheDaemonStopsAGuestIsAskedToEndIfItsConfigurationSaysSo) {
  create("(vm (name Ends) (memory 64) (on_xend_stop shutdown) (image (linux (kernel /proc/version))))");
  create("(vm (name Stays) (memory 64) (image (linux (kernel /proc/version))))");
  xend::begin_stop_actions(*host.host);
  EXPECT_EQ(host.store.read("/local/domain/1/control/shutdown"), "poweroff");
  EXPECT_EQ(host.store.read("/local/domain/2/control/shutdown"), "");
}

TEST_F(Life, AGuestOfAnotherToolstackIsListedAndLeftAlone) {
  const auto domid = host.xen.create_domain({xc::Uuid::random(), xc::GuestType::kPv, 1, 0, 0});
  host.store.write("/local/domain/" + std::to_string(domid) + "/name", "xlguest");
  host.store.introduce_domain(domid, 1, 1);
  EXPECT_TRUE(eventually([&] { return host.list() == "xlguest --p---"; })) << host.list();
  EXPECT_THAT(error_of([&] { xend::save_domain(*host.host, guest("xlguest"), path("image"), false); }),
              HasSubstr("another toolstack"));
  host.xen.destroy(domid);
  EXPECT_TRUE(eventually([&] { return host.list().empty(); }));
}

TEST_F(Life, ANameWrittenByAHostileGuestIsNotUsed) {
  const auto domid = host.xen.create_domain({xc::Uuid::random(), xc::GuestType::kPv, 1, 0, 0});
  host.store.write("/local/domain/" + std::to_string(domid) + "/name", "x\n(domid 0) $(reboot)");
  host.store.introduce_domain(domid, 1, 1);
  EXPECT_TRUE(eventually([&] { return host.list() == "Domain-1 --p---"; })) << host.list();
}

TEST_F(Life, RenamedAndFoundUnderTheNewName) {
  host.start_guest("TestGuest");
  host.start_guest("Other");
  EXPECT_EQ(error_of([&] { xend::rename_domain(*host.host, guest(), "Other"); }),
            "VM name 'Other' already exists as domain 2");
  xend::rename_domain(*host.host, guest(), "New");
  EXPECT_EQ(host.list(), "New -b----, Other -b----");
  EXPECT_EQ(host.store.read("/local/domain/1/name"), "New");
}

}  // namespace
}  // namespace sim
