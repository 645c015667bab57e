// Backends becoming usable: the handshake with driver and script, its verdicts and their texts (spec
// domain-lifecycle 9.3).
#include <thread>

#include "tests/unit/xend/devices/fixture.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Connect : public DevicesTest {
 protected:
  fakes::FakeDrivers drivers{store};

  std::string refusal(const Device& device) {
    return error_of([&] { devices.connect(owner, device); });
  }

  // A script that leaves a verdict for disks.
  void answer(const std::string& status, const std::string& error, int exit_status = 1) {
    scripts.behave([=, this](const ScriptCall&) {
      if (!error.empty()) store.write(kVbd + "/hotplug-error", error);
      if (!status.empty()) store.write(kVbd + "/hotplug-status", status);
      return ScriptResult{exit_status, false, "first\nlast words\n"};
    });
  }

  void expect_nothing_left() {
    EXPECT_THAT(below("/local/domain/0/backend/vbd"), IsEmpty());
    EXPECT_THAT(below("/local/domain/5/device/vbd"), IsEmpty());
    EXPECT_THAT(below(kVm + "/device"), IsEmpty());
  }
};

TEST_F(Connect, DiskRunsTheBlockScript) {
  devices.connect(owner, write(disk()));
  EXPECT_EQ(read(kVbd + "/hotplug-status"), "connected");
  const ScriptCall call = scripts.last();
  EXPECT_EQ(call.path, "/etc/xen/scripts/block");
  EXPECT_THAT(call.arguments, ElementsAre("add"));
  auto environment = call.environment;
  EXPECT_THAT(environment.at("PATH"), HasSubstr("/usr/sbin"));
  environment.erase("PATH");
  EXPECT_EQ(environment, (std::map<std::string, std::string>{{"script", "/etc/xen/scripts/block"},
                                                             {"XENBUS_TYPE", "vbd"},
                                                             {"XENBUS_PATH", "backend/vbd/5/51712"},
                                                             {"XENBUS_BASE_PATH", "backend"}}));
}

TEST_F(Connect, InterfaceRunsItsOwnScript) {
  devices.connect(owner, write("(vif (script /opt/vif-mine))"));
  const ScriptCall call = scripts.last();
  EXPECT_EQ(call.path, "/opt/vif-mine");
  EXPECT_THAT(call.arguments, ElementsAre("online", "type_if=vif"));
  EXPECT_EQ(call.environment.at("script"), "/opt/vif-mine");
  EXPECT_EQ(call.environment.at("vif"), "vif5.0");
  EXPECT_EQ(call.environment.at("netdev"), "");
  EXPECT_FALSE(call.environment.contains("INTERFACE"));
}

TEST_F(Connect, EmulatedCardNamesItsTap) {
  devices.connect(owner, write("(vif (type ioemu))"));
  EXPECT_EQ(scripts.last().environment.at("INTERFACE"), "vif5.0-emu");
}

TEST_F(Connect, ScriptRunsOnlyWhenTheDriverIsReady) {
  scripts.behave([this](const ScriptCall& call) {
    EXPECT_EQ(read(kVbd + "/state"), "2");
    return scripts.succeed(call);
  });
  devices.connect(owner, write(disk()));
}

TEST_F(Connect, EmptyDriveNeedsNoScript) {
  devices.connect(owner, write("(vbd (uname '') (dev xvda:cdrom))"));
  EXPECT_EQ(read(kVbd + "/hotplug-status"), "connected");
  EXPECT_THAT(scripts.calls(), IsEmpty());
}

TEST_F(Connect, NobodyWaitsForAConsole) {
  drivers.ignore_new_backends();
  devices.connect(owner, write("(console)"));
  EXPECT_THAT(scripts.calls(), IsEmpty());
}

TEST_F(Connect, AskedAgainChangesNothing) {
  const Device device = write(disk());
  devices.connect(owner, device);
  devices.connect(owner, device);
  EXPECT_THAT(scripts.calls(), ElementsAre("/etc/xen/scripts/block add backend/vbd/5/51712"));
}

TEST_F(Connect, NoDriver) {
  drivers.ignore_new_backends();
  const Device device = write(disk());
  EXPECT_EQ(
      refusal(device),
      "Device 51712 (vbd) could not be connected. Backend device not found: no driver took it up within 0.5 s. Its "
      "module may not be loaded: modprobe xen-blkback");
  EXPECT_THAT(scripts.calls(), IsEmpty());
  expect_nothing_left();
  EXPECT_THAT(refusal(write("(vif)")), HasSubstr("modprobe xen-netback"));
}

TEST_F(Connect, DriversComplaintIsPassedOn) {
  drivers.ignore_new_backends();
  const std::string complaints = "/local/domain/0/error/backend/vbd/5/51712";
  store.write(complaints + "/error", "2 reading physical-device");
  EXPECT_EQ(refusal(write(disk())),
            "Device 51712 (vbd) could not be connected. Backend device not found: 2 reading physical-device");
  EXPECT_THAT(store.tree(complaints), IsEmpty());
}

TEST_F(Connect, Error) {
  answer("error", "/srv/a.img does not exist.");
  EXPECT_EQ(refusal(write(disk())), "Device 51712 (vbd) could not be connected. /srv/a.img does not exist.");
  expect_nothing_left();
  answer("error", "");
  EXPECT_EQ(refusal(write(disk())), "Device 51712 (vbd) could not be connected. Backend device not found.");
  answer("error", "/etc/xen/scripts/block failed; error detected.");
  EXPECT_EQ(refusal(write(disk())),
            "Device 51712 (vbd) could not be connected. /etc/xen/scripts/block failed; error detected.\n"
            "What went wrong is at the end of /var/log/xen/xen-hotplug.log.");
}

TEST_F(Connect, Busy) {
  answer("busy", "Device /dev/vg/a is mounted in a guest domain,\nand so cannot be mounted now.");
  EXPECT_EQ(
      refusal(write(disk())),
      "Device 51712 (vbd) could not be connected.\nDevice /dev/vg/a is mounted in a guest domain,\nand so cannot be "
      "mounted now.");
  expect_nothing_left();
  answer("busy", "");
  EXPECT_EQ(refusal(write(disk())), "Device 51712 (vbd) could not be connected.\nBusy.");
}

TEST_F(Connect, VerdictCountsNotTheExitStatus) {
  answer("connected", "", 1);
  EXPECT_EQ(refusal(write(disk())), "");
}

TEST_F(Connect, FailedWithoutAVerdict) {
  answer("", "", 3);
  EXPECT_EQ(refusal(write(disk())),
            "Device 51712 (vbd) could not be connected. Hotplug scripts not working. /etc/xen/scripts/block ended with "
            "status 3 and did not say whether it worked: last words");
  expect_nothing_left();
}

TEST_F(Connect, VerdictMayComeLater) {
  std::thread late;
  scripts.behave([&](const ScriptCall&) {
    late = std::thread([this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      store.write(kVbd + "/hotplug-status", "connected");
    });
    return ScriptResult{};
  });
  EXPECT_EQ(refusal(write(disk())), "");
  late.join();
}

TEST_F(Connect, VerdictThatNeverComes) {
  answer("", "", 0);
  EXPECT_THAT(refusal(write(disk())),
              StartsWith("Device 51712 (vbd) could not be connected. Hotplug scripts not working."));
  expect_nothing_left();
}

TEST_F(Connect, ScriptThatHangs) {
  scripts.behave([](const ScriptCall&) { return ScriptResult{137, true, ""}; });
  EXPECT_THAT(refusal(write("(vif)")),
              HasSubstr("Hotplug scripts not working. /etc/xen/scripts/vif-bridge did not end within 1 s"));
}

TEST_F(Connect, ScriptThatIsNotThere) {
  scripts.behave(
      [](const ScriptCall&) -> ScriptResult { throw xend::Error("Hotplug script X cannot be run: reason."); });
  EXPECT_EQ(refusal(write(disk())),
            "Device 51712 (vbd) could not be connected. Hotplug script X cannot be run: reason.");
  expect_nothing_left();
}

TEST_F(Connect, DeviceTakenAwayMeanwhile) {
  const Device device = write(disk());
  scripts.behave([this](const ScriptCall&) {
    store.remove(kVm);
    return ScriptResult{1, false, ""};
  });
  EXPECT_EQ(refusal(device), "Device 51712 (vbd) could not be connected. Device not found.");
  expect_nothing_left();
  EXPECT_EQ(refusal(device), "Device 51712 (vbd) could not be connected. Device not found.");
}

TEST_F(Connect, FailureIsUndoneByTheScript) {
  scripts.behave([this](const ScriptCall& call) {
    if (call.arguments[0] == "add") {
      store.write(kVbd + "/node", "/dev/loop7");
      store.write(kVbd + "/hotplug-status", "error");
    } else {
      EXPECT_EQ(read(kVbd + "/node"), "/dev/loop7");
    }
    return ScriptResult{};
  });
  EXPECT_THAT(refusal(write(disk())), Not(""));
  EXPECT_THAT(scripts.calls(), ElementsAre("/etc/xen/scripts/block add backend/vbd/5/51712",
                                           "/etc/xen/scripts/block remove backend/vbd/5/51712"));
  expect_nothing_left();
}

TEST_F(Connect, NothingToUndoForTheScript) {
  answer("busy", "Busy.");
  EXPECT_THAT(refusal(write(disk())), Not(""));
  EXPECT_THAT(scripts.calls(), ElementsAre("/etc/xen/scripts/block add backend/vbd/5/51712"));
}

TEST_F(Connect, ManyAtOnce) {
  std::vector<Device> all;
  for (char letter = 'a'; letter <= 'h'; ++letter) {
    all.push_back(complete(disk(std::string("xvd") + letter, std::string(1, letter)), all));
    all.push_back(complete("(vif)", all));
  }
  devices.write(owner, all);
  std::vector<std::thread> threads;
  for (const Device& device : all) threads.emplace_back([&] { EXPECT_EQ(refusal(device), ""); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(scripts.calls().size(), all.size());
}

}  // namespace
}  // namespace xend
