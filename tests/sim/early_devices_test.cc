// Devices that are connected while the memory of a restored or received guest is still coming in, so that it does not
// stand still for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <fstream>

#include "tests/sim/life.h"
#include "xend/domain/save.h"
#include "xend/error.h"
#include "xend/relocation/sender.h"

namespace sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class EarlyDevices : public Life {
 protected:
  EarlyDevices() { std::ofstream(path("disk")) << "disk"; }

  void start(const std::string& vif) {
    ASSERT_EQ(create("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version) (type pvh))) (device " +
                     vif + ") (device (vbd (uname file:" + path("disk") + ") (dev xvda) (mode w))))"),
              "");
    ASSERT_EQ(error_of([&] { xend::wait_for_devices(*guest()); }), "");
    xend::unpause_domain(*host.host, *guest());
  }
  void save(const std::string& vif = "(vif)") {
    start(vif);
    xend::save_domain(*host.host, guest(), path("image"), false);
    nodes_ = nodes();
  }
  // When nobody is tidying up any more.
  std::map<std::string, std::string> nodes() {
    host.host->devices.finish_releasing();
    return host.store.tree();
  }
  std::string restore() {
    return error_of([&] { xend::restore_domain(*host.host, path("image"), false); });
  }
  static bool was_called(const SimHost& on, const std::string& script) {
    const auto calls = on.scripts.calls();
    return std::any_of(calls.begin(), calls.end(),
                       [&](const std::string& call) { return call.find(script) != std::string::npos; });
  }
  bool connected(const std::string& backend) {
    return host.store.read("/local/domain/0/backend/" + backend + "/hotplug-status") == "connected";
  }
  void expect_nothing_is_left() {
    EXPECT_EQ(host.list(), "");
    EXPECT_EQ(nodes(), nodes_);
    EXPECT_TRUE(was_called(host, "vif-bridge offline type_if=vif backend/vif/2/0"));
  }

  std::map<std::string, std::string> nodes_;
};

TEST_F(EarlyDevices, ACardIsPluggedInWhileTheMemoryComesIn) {
  save();
  host.helpers.while_restoring([this](const xend::RestoreRequest&, const xend::Cancellation&) {
    EXPECT_TRUE(eventually([this] { return connected("vif/2/0"); }));
  });
  EXPECT_EQ(restore(), "");
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_TRUE(connected("vif/2/0"));
  EXPECT_TRUE(connected("vbd/2/51712"));
  const auto calls = host.scripts.calls();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "/etc/xen/scripts/vif-bridge online type_if=vif backend/vif/2/0"),
            1);
}

// Its blocks may change at the source as long as the guest runs there, and what is read here would be kept.
TEST_F(EarlyDevices, ADiskIsNotOpenedBeforeTheMemoryIsWhole) {
  save();
  host.helpers.while_restoring([this](const xend::RestoreRequest&, const xend::Cancellation&) {
    EXPECT_TRUE(eventually([this] { return connected("vif/2/0"); }));
    EXPECT_FALSE(host.store.read("/local/domain/0/backend/vbd/2/51712/state"));
    EXPECT_FALSE(was_called(host, "block add backend/vbd/2"));
  });
  EXPECT_EQ(restore(), "");
  EXPECT_TRUE(was_called(host, "block add backend/vbd/2"));
}

// Its script makes a route to the guest, which still runs elsewhere.
TEST_F(EarlyDevices, ARoutedCardWaitsForTheMemory) {
  save("(vif (script vif-route) (ip 192.0.2.7))");
  host.helpers.while_restoring([this](const xend::RestoreRequest&, const xend::Cancellation&) {
    EXPECT_FALSE(host.store.read("/local/domain/0/backend/vif/2/0/state"));
  });
  EXPECT_EQ(restore(), "");
  EXPECT_TRUE(connected("vif/2/0"));
}

TEST_F(EarlyDevices, ARestoreThatFailsUnplugsTheCard) {
  save();
  host.helpers.while_restoring([this](const xend::RestoreRequest&, const xend::Cancellation&) {
    EXPECT_TRUE(eventually([this] { return connected("vif/2/0"); }));
    throw xend::Error("xc_restore failed\nthe image is damaged");
  });
  EXPECT_EQ(restore(), "xc_restore failed\nthe image is damaged");
  expect_nothing_is_left();
}

TEST_F(EarlyDevices, ARestoreThatFailsDoesNotWaitForAScript) {
  save();
  std::atomic<bool> hangs = false, killed = false;
  host.scripts.behave([&](const xend::ScriptCall& call) {
    if (call.arguments.front() != "online") return host.scripts.succeed(call);
    hangs = true;
    pollfd stop{call.stop, POLLIN, 0};
    killed = poll(&stop, 1, 10'000) == 1;
    return xend::ScriptResult{.status = 137, .timed_out = true, .output = ""};
  });
  host.helpers.while_restoring([&](const xend::RestoreRequest&, const xend::Cancellation&) {
    EXPECT_TRUE(eventually([&] { return hangs.load(); }));
    throw xend::Error("xc_restore failed\nthe image is damaged");
  });
  EXPECT_EQ(restore(), "xc_restore failed\nthe image is damaged");
  EXPECT_TRUE(killed);
  expect_nothing_is_left();
}

// What it does at last must not be done to a domain that is gone.
TEST_F(EarlyDevices, AScriptThatWorksOnIsWaitedForBeforeTheCardIsTakenAway) {
  save();
  std::atomic<bool> begun = false, works = false;
  host.scripts.behave([&](const xend::ScriptCall& call) {
    EXPECT_FALSE(works) << call.arguments.front() << " beside another script of the card";
    if (call.arguments.front() != "online") return host.scripts.succeed(call);
    begun = works = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    works = false;
    return host.scripts.succeed(call);
  });
  host.helpers.while_restoring([&](const xend::RestoreRequest&, const xend::Cancellation&) {
    EXPECT_TRUE(eventually([&] { return begun.load(); }));
    throw xend::Error("xc_restore failed\nthe image is damaged");
  });
  EXPECT_EQ(restore(), "xc_restore failed\nthe image is damaged");
  expect_nothing_is_left();
}

TEST_F(EarlyDevices, ACardThatCannotBePluggedInEndsTheRestore) {
  save();
  host.scripts.behave([&](const xend::ScriptCall& call) {
    if (call.arguments.front() != "online") return host.scripts.succeed(call);
    const auto backend = "/local/domain/0/" + call.environment.at("XENBUS_PATH");
    host.store.write(backend + "/hotplug-error", "Could not find bridge device xenbr7");
    host.store.write(backend + "/hotplug-status", "error");
    return xend::ScriptResult{.status = 1, .timed_out = false, .output = ""};
  });
  host.helpers.while_restoring([](const xend::RestoreRequest&, const xend::Cancellation& cancel) {
    EXPECT_TRUE(eventually([&] { return cancel.cancelled(); }));
    throw xend::Error("xc_restore failed\nit was cancelled");
  });
  EXPECT_EQ(restore(), "Device 0 (vif) could not be connected. Could not find bridge device xenbr7");
  expect_nothing_is_left();
}

TEST_F(EarlyDevices, ACardThatTheDestinationCannotPlugInLeavesTheGuestAtItsSource) {
  SimHost two;
  start("(vif)");
  two.scripts.behave([&](const xend::ScriptCall& call) {
    if (call.arguments.front() != "online") return two.scripts.succeed(call);
    return xend::ScriptResult{.status = 1, .timed_out = false, .output = "No bridge"};
  });
  two.helpers.while_restoring([](const xend::RestoreRequest&, const xend::Cancellation& cancel) {
    EXPECT_TRUE(eventually([&] { return cancel.cancelled(); }));
    throw xend::Error("xc_restore failed\nit was cancelled");
  });
  const auto error = error_of([&] {
    xend::relocate_domain(*host.host, guest(), {.destination = "127.0.0.1", .live = true, .port = two.listen()});
  });
  EXPECT_THAT(error, AllOf(HasSubstr("Device 0 (vif) could not be connected. Hotplug scripts not working"),
                           HasSubstr("No bridge"), HasSubstr("(from 127.0.0.1)")));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_TRUE(eventually([&] { return two.list().empty(); }));
  EXPECT_FALSE(two.store.read("/local/domain/1"));
  EXPECT_TRUE(two.store.list("/vm").empty());
  EXPECT_TRUE(two.store.list("/local/domain/0/backend/vif").empty());
  EXPECT_FALSE(was_called(two, "block add")) << "the disk was opened";
}

}  // namespace
}  // namespace sim
