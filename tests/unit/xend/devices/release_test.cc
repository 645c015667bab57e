// Devices that go away: with the guest's consent, by force, and when their domain ends (spec domain-lifecycle 9.4).
#include <cerrno>
#include <future>
#include <thread>

#include "tests/unit/xend/devices/fixture.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class Release : public DevicesTest {
 protected:
  fakes::FakeDrivers drivers{store};

  Device connected(const std::string& element, const std::vector<Device>& others = {}) {
    const Device device = write(element, others);
    devices.connect(owner, device);
    return device;
  }

  // A booted guest has taken the device up.
  void guest_uses(const std::string& front) { store.write(front + "/state", "4"); }

  std::string refusal(const Device& device, bool force) {
    return error_of([&] { devices.disconnect(owner, device, force); });
  }

  void expect_nothing_left() {
    devices.finish_releasing();
    EXPECT_THAT(below("/local/domain/0"), IsEmpty());
    EXPECT_THAT(below("/local/domain/5/device/vbd"), IsEmpty());
    EXPECT_THAT(below(kVm), IsEmpty());
  }
};

TEST_F(Release, EverythingOfADomain) {
  const Device a = connected(disk());
  const Device b = connected("(vif (script vif-mine))", {a});
  connected("(console)", {a, b});
  store.write("/local/domain/0/error/backend/vbd/5/51712/error", "5 oops");
  guest_uses(kVbdFront);
  devices.release_all(owner);
  EXPECT_THAT(scripts.calls(), UnorderedElementsAre("/etc/xen/scripts/block add backend/vbd/5/51712",
                                                    "/etc/xen/scripts/vif-mine online type_if=vif backend/vif/5/0",
                                                    "/etc/xen/scripts/block remove backend/vbd/5/51712",
                                                    "/etc/xen/scripts/vif-mine offline type_if=vif backend/vif/5/0"));
  expect_nothing_left();
}

TEST_F(Release, ScriptComesAfterTheDriverAndBeforeTheNodesGo) {
  connected(disk());
  scripts.behave([this](const ScriptCall&) {
    EXPECT_EQ(read(kVbd + "/state"), "6");
    EXPECT_EQ(read(kVbd + "/online"), "0");
    EXPECT_EQ(read(kVbd + "/node"), "/dev/loop7");
    EXPECT_EQ(read(kVbdFront + "/state"), "(none)");
    return ScriptResult{};
  });
  devices.release_all(owner);
  EXPECT_EQ(scripts.calls().size(), 2U);
}

TEST_F(Release, WorksFromXenstoreAlone) {
  connected(disk());
  connected("(vif (script /opt/vif-mine))");
  Devices next_daemon(store, scripts, short_settings());
  next_daemon.release_all(owner);
  EXPECT_EQ(scripts.calls().size(), 4U);
  expect_nothing_left();
}

TEST_F(Release, BackendsThatTheIndexForgot) {
  connected(disk());
  store.remove(kVm);
  store.remove("/local/domain/5");
  devices.release_all(owner);
  EXPECT_EQ(scripts.calls().back(), "/etc/xen/scripts/block remove backend/vbd/5/51712");
  expect_nothing_left();
}

TEST_F(Release, GuestWhoseNodesXenstoredTookAwayItself) {
  connected(disk());
  connected("(vif)");
  drivers.remove_unnoticed("/local/domain/5");
  const auto start = std::chrono::steady_clock::now();
  devices.release_all(owner);
  EXPECT_LT(std::chrono::steady_clock::now() - start, short_settings().backend_timeout);
  expect_nothing_left();
  EXPECT_EQ(store.read("/local/domain/5"), std::nullopt);
}

TEST_F(Release, DriverThatHasLetGoAlreadyIsNotWaitedFor) {
  connected(disk());
  drivers.never_let_go();
  DeviceSettings settings = short_settings();
  settings.served_dir = folder.path("");
  const auto start = std::chrono::steady_clock::now();
  Devices(store, scripts, settings).release_all(owner);
  EXPECT_LT(std::chrono::steady_clock::now() - start, settings.backend_timeout);
  EXPECT_EQ(scripts.calls().back(), "/etc/xen/scripts/block remove backend/vbd/5/51712");
  expect_nothing_left();
}

TEST_F(Release, DriverThatIsStillThereIsWaitedFor) {
  connected(disk());
  drivers.never_let_go();
  DeviceSettings settings = short_settings();
  settings.served_dir = folder.path("");
  folder.file("vbd-5-51712");
  const auto start = std::chrono::steady_clock::now();
  Devices(store, scripts, settings).release_all(owner);
  EXPECT_GE(std::chrono::steady_clock::now() - start, settings.backend_timeout);
  expect_nothing_left();
}

TEST_F(Release, StrayNodesOfXensBridgeScript) {
  connected("(vif (vifname web1))");
  connected("(vif (vifname vif7.3) (uuid u))", {complete("(vif)")});
  store.write("/local/domain/web1/device/vif/web1/mtu", "1500");
  store.write("/local/domain/7/device/vif/3/mtu", "1500");
  devices.release_all(owner);
  EXPECT_EQ(store.read("/local/domain/web1"), std::nullopt);
  EXPECT_EQ(store.read("/local/domain/7/device/vif/3/mtu"), "1500");
  expect_nothing_left();
}

TEST_F(Release, FolderThatQemuLeft) {
  store.write("/local/domain/0/backend/qdisk/5", "");
  store.write("/local/domain/0/backend/qdisk/6", "");
  devices.release_all(owner);
  EXPECT_EQ(store.read("/local/domain/0/backend/qdisk/5"), std::nullopt);
  EXPECT_EQ(store.read("/local/domain/0/backend/qdisk/6"), "");
}

constexpr char kVifOffline[] = "/etc/xen/scripts/vif-bridge offline type_if=vif backend/vif/5/0";

TEST_F(Release, NobodyWaitsForTheBridgesScript) {
  connected("(vif (bridge xenbr0))");
  std::promise<void> let_it_end;
  scripts.behave([&](const ScriptCall& call) {
    EXPECT_FALSE(call.hurried);
    let_it_end.get_future().wait();
    EXPECT_EQ(read("/local/domain/0/backend/vif/5/0/bridge"), "xenbr0");
    return ScriptResult{};
  });
  devices.release_all(owner);
  EXPECT_EQ(read("/local/domain/0/backend/vif/5/0/leaving"), "1");
  // The guest's next life finds nothing of it.
  EXPECT_THAT(below(kVm), IsEmpty());
  EXPECT_THAT(below("/local/domain/5/device/vif"), IsEmpty());
  store.write(kVm + "/device/vif/0/backend", "/local/domain/0/backend/vif/6/0");
  let_it_end.set_value();
  devices.finish_releasing();
  EXPECT_EQ(scripts.calls().back(), kVifOffline);
  EXPECT_THAT(below("/local/domain/0"), IsEmpty());
  EXPECT_EQ(read(kVm + "/device/vif/0/backend"), "/local/domain/0/backend/vif/6/0");
}

TEST_F(Release, InterfacesWithANameOfTheirOwnAreWaitedFor) {
  connected("(vif (vifname web1))");
  scripts.behave([](const ScriptCall& call) {
    EXPECT_TRUE(call.hurried);
    return ScriptResult{};
  });
  devices.release_all(owner);
  EXPECT_EQ(scripts.calls().back(), kVifOffline);
  EXPECT_THAT(below("/local/domain/0"), IsEmpty());
}

TEST_F(Release, TheNextDaemonGoesOnWithWhatWasLeftToTheBackground) {
  connected("(vif)");
  connected(disk());
  store.write("/local/domain/0/backend/vif/5/0/leaving", "1");
  const auto before = scripts.calls().size();
  Devices next_daemon(store, scripts, short_settings());
  next_daemon.go_on_releasing();
  next_daemon.finish_releasing();
  EXPECT_EQ(scripts.calls().size(), before + 1);
  EXPECT_EQ(scripts.calls().back(), kVifOffline);
  EXPECT_THAT(below("/local/domain/0/backend/vif"), IsEmpty());
  EXPECT_EQ(read(kVbd + "/online"), "1");
}

TEST_F(Release, OtherDomainsKeepTheirs) {
  connected(disk());
  DeviceOwner other = owner;
  other.domid = 6;
  other.vm_path = "/vm/other";
  devices.write(other, {complete(disk("xvda", "other.img"))});
  devices.release_all(owner);
  EXPECT_EQ(read("/local/domain/0/backend/vbd/6/51712/domain"), "web1");
  EXPECT_EQ(read("/vm/other/device/vbd/51712/backend-id"), "0");
}

TEST_F(Release, DeviceThatNoDriverTookUp) {
  drivers.ignore_new_backends();
  write(disk());
  const auto start = std::chrono::steady_clock::now();
  devices.release_all(owner);
  EXPECT_LT(std::chrono::steady_clock::now() - start, short_settings().backend_timeout);
  EXPECT_THAT(scripts.calls(), IsEmpty());
  expect_nothing_left();
}

TEST_F(Release, DriverThatNeverLetsGoIsNotWaitedForForEver) {
  connected(disk());
  drivers.never_let_go();
  devices.release_all(owner);
  EXPECT_EQ(scripts.calls().back(), "/etc/xen/scripts/block remove backend/vbd/5/51712");
  expect_nothing_left();
}

TEST_F(Release, ScriptsThatFailChangeNothing) {
  connected(disk());
  connected("(vif)");
  scripts.behave([](const ScriptCall&) -> ScriptResult { throw Error("Hotplug script X cannot be run."); });
  devices.release_all(owner);
  expect_nothing_left();
}

TEST_F(Release, UnknownClassesLoseTheirNodes) {
  store.write(kVm + "/device/vscsi/2/backend", "/local/domain/0/backend/vscsi/5/2");
  store.write("/local/domain/0/backend/vscsi/5/2/state", "4");
  store.write("/local/domain/5/device/vscsi/2/state", "4");
  devices.release_all(owner);
  EXPECT_THAT(store.tree(kVm + "/device/vscsi"), IsEmpty());
  EXPECT_THAT(store.tree("/local/domain/0/backend/vscsi/5"), IsEmpty());
  EXPECT_THAT(store.tree("/local/domain/5/device/vscsi/2"), IsEmpty());
}

TEST_F(Release, TroubleWithXenstoreIsOnlyLogged) {
  connected(disk());
  store.fail_next("list", EIO, kVm + "/device");  // the drivers list as well, elsewhere
  devices.release_all(owner);
}

TEST_F(Release, NothingThereIsFine) {
  devices.release_all(owner);
  EXPECT_THAT(store.calls(), testing::Not(testing::Contains(StartsWith("write"))));
}

TEST_F(Release, GuestIsAskedToLetGo) {
  const Device device = connected(disk());
  guest_uses(kVbdFront);
  std::thread guest([this] {
    const auto watch = store.watch();
    watch->add(kVbd + "/state", "backend");
    while (read(kVbd + "/state") != "5") watch->wait(xc::Deadline::max());
    EXPECT_EQ(read(kVbd + "/online"), "0");
    store.write(kVbdFront + "/state", "6");
  });
  EXPECT_EQ(refusal(device, false), "");
  guest.join();
  EXPECT_EQ(scripts.calls().back(), "/etc/xen/scripts/block remove backend/vbd/5/51712");
  expect_nothing_left();
}

TEST_F(Release, GuestThatDoesNotLetGo) {
  const Device device = connected(disk());
  guest_uses(kVbdFront);
  EXPECT_THAT(refusal(device, false), StartsWith("Device 51712 (vbd) could not be disconnected. "));
  EXPECT_EQ(read(kVbdFront + "/state"), "4");
  EXPECT_EQ(scripts.calls().size(), 1U);
  // By force it goes all the same.
  EXPECT_EQ(refusal(device, true), "");
  expect_nothing_left();
}

TEST_F(Release, GuestThatNeverTookItUpIsNotAsked) {
  const Device device = connected(disk());
  EXPECT_EQ(refusal(device, false), "");
  expect_nothing_left();
}

TEST_F(Release, GuestsStateIsNotTrustedToBeOne) {
  const Device device = connected(disk());
  store.write(kVbdFront + "/state", std::string(3000, '6'));
  EXPECT_THAT(refusal(device, false), StartsWith("Device 51712 (vbd) could not be disconnected. "));
}

TEST_F(Release, ConsoleGoesAtOnce) {
  const Device device = connected("(console)");
  EXPECT_EQ(refusal(device, false), "");
  expect_nothing_left();
}

TEST_F(Release, DeviceThatIsNotThere) {
  EXPECT_EQ(refusal(complete(disk()), false), "");
}

}  // namespace
}  // namespace xend
