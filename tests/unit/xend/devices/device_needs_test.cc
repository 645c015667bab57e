// What devices need in dom0, looked for before a guest comes: on a host whose scripts and interfaces are in a folder.
#include "xend/devices/device_needs.h"

#include "tests/unit/xend/devices/fixture.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DeviceNeeds : public DevicesTest {
 protected:
  DeviceNeeds() {
    settings.root = folder.path("root");
    have("/etc/xen/scripts/block");
    have("/etc/xen/scripts/vif-bridge");
    have("/sys/class/net/xenbr0/bridge");
  }
  void have(const std::string& path) { std::filesystem::create_directories(settings.root + path); }
  std::vector<std::string> missing(const std::string& element) {
    return missing_for(store, settings, owner, complete(element));
  }

  DeviceSettings settings = short_settings();
};

TEST_F(DeviceNeeds, NothingIsMissing) {
  EXPECT_THAT(missing(disk()), IsEmpty());
  EXPECT_THAT(missing("(vif (bridge xenbr0))"), IsEmpty());
  EXPECT_THAT(missing("(console (location 2))"), IsEmpty());
  EXPECT_THAT(missing("(vbd (dev hdc:cdrom) (mode r))"), IsEmpty()) << "a drive without a medium";
}

TEST_F(DeviceNeeds, AnImageOrABlockDevice) {
  EXPECT_THAT(missing("(vbd (uname file:/nonexistent/a.img) (dev xvda) (mode w))"),
              ElementsAre("Disk image does not exist: /nonexistent/a.img"));
  EXPECT_THAT(missing("(vbd (uname phy:nonexistent/lv) (dev xvda) (mode w))"),
              ElementsAre("Block device does not exist: /dev/nonexistent/lv"));
  EXPECT_THAT(missing("(tap (uname tap:qcow2:/nonexistent/a.qcow2) (dev xvda) (mode w))"),
              ElementsAre("Disk image does not exist: /nonexistent/a.qcow2"));
}

TEST_F(DeviceNeeds, ABridge) {
  have("/sys/class/net/eth0");
  EXPECT_THAT(missing("(vif (bridge xenbr1))"), ElementsAre("There is no bridge xenbr1 for vif 0."));
  EXPECT_THAT(missing("(vif (bridge eth0))"),
              ElementsAre("The network interface eth0 is there, but is no bridge for vif 0."));
}

// The script finds one, or knows better what the name means.
TEST_F(DeviceNeeds, WhatTheScriptDecides) {
  have("/etc/xen/scripts/vif-openvswitch");
  have("/etc/xen/scripts/vif-route");
  EXPECT_THAT(missing("(vif (mac 00:16:3e:00:00:01))"), IsEmpty());
  EXPECT_THAT(missing("(vif (bridge ovs0) (script vif-openvswitch))"), IsEmpty());
  EXPECT_THAT(missing("(vif (bridge xenbr1) (script vif-route))"), IsEmpty());
}

TEST_F(DeviceNeeds, AScript) {
  EXPECT_THAT(missing("(vif (script /opt/vif-own))"),
              ElementsAre("There is no script /opt/vif-own for device 0 (vif) that can be run."));
  std::filesystem::remove(settings.root + "/etc/xen/scripts/block");
  EXPECT_THAT(missing(disk()),
              ElementsAre("There is no script /etc/xen/scripts/block for device 51712 (vbd) that can be run."));
}

TEST_F(DeviceNeeds, AScriptThatCannotBeRun) {
  std::filesystem::remove(settings.root + "/etc/xen/scripts/block");
  std::ofstream(settings.root + "/etc/xen/scripts/block") << "no program";
  EXPECT_THAT(missing(disk()),
              ElementsAre("There is no script /etc/xen/scripts/block for device 51712 (vbd) that can be run."));
}

TEST_F(DeviceNeeds, SomebodyElseHasTheImage) {
  DeviceOwner other = owner;
  other.domid = 6;
  other.vm_path = "/vm/7c1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1";
  store.write("/local/domain/6/vm", other.vm_path);
  devices.write(other, {complete(disk())});
  EXPECT_THAT(missing(disk()), ElementsAre(testing::HasSubstr("is loopback-mounted through")));
}

}  // namespace
}  // namespace xend
