// Elements of a configuration: what is made up for them and what is refused.
#include "tests/unit/xend/devices/fixture.h"
#include "xend/devices/vif.h"

namespace xend {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

std::string get(const Device& device, const std::string& key) {
  return sxp::child_text(device.config, key).value_or("(none)");
}

class Complete : public DevicesTest {
 protected:
  std::string refusal(const std::string& element, const std::vector<Device>& others = {}) {
    return error_of([&] { complete(element, others); });
  }
};

TEST_F(Complete, UnknownClasses) {
  EXPECT_EQ(refusal("(vtpm (instance 1))"), "XendConfig: vtpm not a valid device type");
  EXPECT_EQ(refusal("()"), "XendConfig:  not a valid device type");
  for (const std::string type : {"ioports", "irq"}) {
    EXPECT_EQ(refusal("(" + type + ")"), "Device class " + type + " is not available in this release yet.");
  }
  EXPECT_THAT(refusal("(vif2)"), StartsWith("Device 0 (vif2) could not be connected. Hotplug scripts not working.\n"));
  EXPECT_THAT(refusal("(vusb)"), StartsWith("Device 0 (vusb) could not be connected. Backend device not found.\n"));
}

TEST_F(Complete, Disk) {
  const Device device = complete("(vbd (uname phy:vg0/web1) (dev xvda1))");
  EXPECT_EQ(device.type, "vbd");
  EXPECT_EQ(device.id, 51713U);
  EXPECT_EQ(get(device, "uname"), "phy:vg0/web1");
  EXPECT_EQ(get(device, "mode"), "r");
  EXPECT_EQ(get(device, "bootable"), "1");
  EXPECT_TRUE(xc::Uuid::parse(get(device, "uuid")));
}

TEST_F(Complete, OnlyTheFirstDiskIsBootableUnlessTold) {
  const Device first = complete("(tap (uname tap:aio:/a) (dev xvda))");
  EXPECT_EQ(get(first, "bootable"), "1");
  EXPECT_EQ(get(complete("(vbd (uname phy:b) (dev xvdb))", {first}), "bootable"), "0");
  EXPECT_EQ(get(complete("(vbd (uname phy:b) (dev xvdb) (bootable 1))", {first}), "bootable"), "1");
}

TEST_F(Complete, IsIdempotent) {
  for (const std::string element :
       {"(vbd (uname phy:a) (dev xvda) (mode rw) (uuid u))", "(vif (bridge b) (rate 1Mb/s))", "(console (location 2))",
        "(tap (uname tap:aio:/a) (dev 0x301))"}) {
    const Device once = complete(element);
    const Device twice = devices.complete(once.config, {}, xc::GuestType::kPv);
    EXPECT_EQ(sxp::to_string(twice.config), sxp::to_string(once.config));
    EXPECT_EQ(twice.id, once.id);
  }
}

TEST_F(Complete, DiskModes) {
  const auto mode = [&](const std::string& text) {
    return get(complete("(vbd (uname phy:a) (dev xvda) (mode '" + text + "'))"), "mode");
  };
  EXPECT_EQ(mode("r"), "r");
  EXPECT_EQ(mode("w"), "w");
  EXPECT_EQ(mode("w!"), "w!");
  EXPECT_EQ(mode("rw"), "w");
  EXPECT_THAT(refusal("(vbd (uname phy:a) (dev xvda) (mode x))"), StartsWith("Invalid mode"));
}

TEST_F(Complete, DiskMistakes) {
  EXPECT_EQ(refusal("(vbd (uname phy:a))"), "Block device must have virtual details specified");
  EXPECT_EQ(refusal("(vbd (uname phy:a) (dev floppy))"), "Unable to find number for device (floppy)");
  EXPECT_THAT(refusal("(vbd (dev xvda))"), StartsWith("Block device must have physical details specified"));
  EXPECT_EQ(refusal("(vbd (uname floppy:a) (dev xvda))"), "Block device type \"floppy\" is invalid.");
  EXPECT_EQ(refusal("(vbd (uname ../../a:b) (dev xvda))"), "Block device type \"../../a\" is invalid.");
  EXPECT_THAT(refusal("(vbd (uname phy:a) (dev xvda) (backend storage))"),
              StartsWith("Cannot configure device for unknown backend storage"));
  EXPECT_THAT(refusal("(vbd (uname \"phy:a\\nb\") (dev xvda))"), HasSubstr("control character"));
}

TEST_F(Complete, DiskOfAScriptOfItsOwn) {
  DeviceSettings settings = short_settings();
  const std::string script = folder.script("block-drbd", "#!/bin/sh\n");
  settings.scripts_dir = std::filesystem::path(script).parent_path();
  const Devices with_script(store, scripts, settings);
  const auto element = sxp::parse_one("(vbd (uname drbd:r0) (dev xvda))");
  EXPECT_EQ(get(with_script.complete(element, {}, xc::GuestType::kPv), "script"), script);
}

TEST_F(Complete, EmptyDriveMayOnlyBeACdrom) {
  EXPECT_EQ(complete("(vbd (uname '') (dev hdc:cdrom) (mode r))").id, 22U << 8);
  EXPECT_THAT(refusal("(vbd (uname '') (dev hdc) (mode r))"), StartsWith("Block device must have physical"));
}

TEST_F(Complete, DuplicateDisks) {
  const Device a = complete("(vbd (uname phy:vg/a) (dev xvda))");
  EXPECT_EQ(refusal("(vbd (uname phy:/dev/vg/a) (dev xvdb))", {a}), "The file \"/dev/vg/a\" is already used");
  EXPECT_EQ(refusal("(tap (uname tap:aio:/b) (dev xvda))", {a}), "The device \"xvda\" is already defined");
  EXPECT_EQ(refusal("(vbd (uname phy:vg/b) (dev 51712))", {a}), "The device \"51712\" is already defined");
  const Device drive = complete("(vbd (uname '') (dev hdc:cdrom))");
  EXPECT_EQ(refusal("(vbd (uname '') (dev hdd:cdrom))", {drive}), "");
}

TEST_F(Complete, NetworkInterface) {
  const Device device = complete("(vif)");
  EXPECT_EQ(device.id, 0U);
  EXPECT_THAT(get(device, "mac"), MatchesRegex("00:16:3e:[0-7][0-9a-f]:[0-9a-f]{2}:[0-9a-f]{2}"));
  EXPECT_EQ(get(device, "script"), "/etc/xen/scripts/vif-bridge");
  EXPECT_TRUE(xc::Uuid::parse(get(device, "uuid")));
  EXPECT_EQ(complete("(vif)", {device}).id, 1U);
  EXPECT_EQ(get(complete("(vif (script 'vif-route x'))"), "script"), "/etc/xen/scripts/vif-route x");
  EXPECT_EQ(get(complete("(vif (script /opt/vif))"), "script"), "/opt/vif");
}

TEST_F(Complete, RandomAddressesStayInTheRange) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string mac = random_mac();
    EXPECT_TRUE(is_mac(mac)) << mac;
    EXPECT_THAT(mac, StartsWith("00:16:3e:"));
    EXPECT_LT(mac[9], '8') << mac;
    seen.insert(mac);
  }
  EXPECT_GT(seen.size(), 190U);
}

TEST_F(Complete, AddressesMustBeValid) {
  EXPECT_EQ(get(complete("(vif (mac 00:16:3E:aa:Bb:01))"), "mac"), "00:16:3E:aa:Bb:01");
  for (const std::string mac : {"0:16:3e:aa:bb:01", "00-16-3e-aa-bb-01", "00:16:3e:aa:bb", "00:16:3e:aa:bb:0g",
                                "00:16:3e:aa:bb:01:02", "random"}) {
    EXPECT_THAT(refusal("(vif (mac " + mac + "))"),
                StartsWith("Cannot create a new virtual network interface - MAC address is not valid!"))
        << mac;
  }
}

TEST_F(Complete, InterfaceMistakes) {
  const Device first = complete("(vif (mac 00:16:3e:00:00:01))");
  EXPECT_EQ(refusal("(vif (mac 00:16:3E:00:00:01))", {first}), "The mac \"00:16:3E:00:00:01\" is already defined");
  EXPECT_THAT(refusal("(vif (vifname averyverylongname))"), HasSubstr("at most 15 characters"));
  EXPECT_THAT(refusal("(vif (bridge 'a b'))"), StartsWith("bridge of a vif cannot be \"a b\""));
}

TEST_F(Complete, OnlyPairsCountAndTheLastOfThem) {
  const Device device = complete("(vif (bridge a) junk (mac) (x (y z)) (bridge b))");
  EXPECT_EQ(get(device, "bridge"), "b");
  EXPECT_EQ(sxp::children(device.config).size(), 4U);  // bridge mac script uuid
}

TEST_F(Complete, Console) {
  const Device device = complete("(console (location 2))");
  EXPECT_EQ(device.id, 0U);
  EXPECT_EQ(get(device, "protocol"), "vt100");
  EXPECT_EQ(get(device, "location"), "2");
  EXPECT_TRUE(xc::Uuid::parse(get(device, "uuid")));
}

// A script of its own stays with a disk when its guest moves.
TEST_F(Complete, ADisksOwnScript) {
  const auto element = [&](const std::string& name) {
    return "(vbd (uname file:" + folder.file("own.img") + ") (dev xvda) (mode w) (script " + name + "))";
  };
  EXPECT_EQ(sxp::child_text(complete(element("/opt/block-own")).config, "script"), "/opt/block-own");
  const Device device = write(element("block-own"));
  EXPECT_EQ(read(kVbd + "/script"), "/etc/xen/scripts/block-own");
  EXPECT_EQ(sxp::child_text(devices.describe(owner, device), "script"), "/etc/xen/scripts/block-own");
}

}  // namespace
}  // namespace xend
