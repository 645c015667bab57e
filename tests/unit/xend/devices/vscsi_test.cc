// SCSI adapters of guests: their element, their nodes, and the target in dom0's kernel, which is a folder here.
#include "xend/devices/vscsi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/devices/scsi_target.h"
#include "xend/error.h"

namespace xend {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
namespace fs = std::filesystem;

constexpr const char* kAdapter =
    "(vscsi (feature-host 0) (dev (state 1) (devid 1) (p-dev 2:0:3:1) (p-devname sda) (v-dev 1:0:0:0)) "
    "(dev (state 1) (devid 1) (p-dev 2:0:4:0) (p-devname None) (v-dev 1:0:0:1)))";

std::string error_of(const std::string& element) {
  try {
    parse_scsi(sxp::parse_one(element));
    return "no error";
  } catch (const Error& e) {
    return e.what();
  }
}

TEST(ScsiElement, ReadsWhatXmSends) {
  const ScsiAdapter adapter = parse_scsi(sxp::parse_one(kAdapter));
  ASSERT_EQ(adapter.luns.size(), 2U);
  EXPECT_EQ(adapter.luns[0].physical, (ScsiAddress{2, 0, 3, 1}));
  EXPECT_EQ(adapter.luns[0].name, "sda");
  EXPECT_EQ(adapter.luns[1].name, "") << "None is what an old client sends for no name";
  EXPECT_EQ(parse_scsi(scsi_element(adapter)).luns[1].in_guest.text(), "1:0:0:1");
}

TEST(ScsiElement, RefusesWhatIsNoAddressOrThereTwice) {
  const auto dev = [](const std::string& p, const std::string& v) { return "(dev (p-dev " + p + ") (v-dev " + v + "))"; };
  EXPECT_EQ(error_of("(vscsi)"), "vscsi: there is no device in the request");
  for (const char* bad : {"1:2:3", "1:2:3:4:5", "1:2:3:x", "1:2:3:256", "4096:0:0:0", "1::3:4", "-1:0:0:0", "sda"})
    EXPECT_EQ(error_of("(vscsi " + dev(bad, "0:0:0:0") + ")"),
              std::string("vscsi: (p-dev ") + bad + ") is not an address HOST:CHANNEL:TARGET:LUN.");
  EXPECT_EQ(error_of("(vscsi " + dev("1:0:0:0", "0:0:0:0") + dev("1:0:0:0", "0:0:0:1") + ")"),
            "vscsi: the device 1:0:0:0 is given twice.");
  EXPECT_EQ(error_of("(vscsi " + dev("1:0:0:0", "0:0:0:0") + dev("1:0:0:1", "0:0:0:0") + ")"),
            "vscsi: two devices are to be 0:0:0:0 in the guest.");
  EXPECT_EQ(error_of("(vscsi " + dev("1:0:0:0", "0:0:0:0") + dev("1:0:0:1", "1:0:0:0") + ")"),
            "vscsi: the devices of one adapter have the same first number in the guest.");
}

TEST(VscsiClass, WritesTheNodesThatTheBackEndReads) {
  Device device{"vscsi", 1, VscsiClass().normalise(sxp::parse_one(kAdapter))};
  VscsiClass().complete(device, {}, {});
  EXPECT_EQ(device.id, 1U);
  const auto keys = VscsiClass().keys(device);
  EXPECT_THAT(keys.back, Contains(Pair("feature-host", "0")));
  EXPECT_THAT(keys.back, Contains(Pair("vscsi-devs/dev-0/p-dev", "2:0:3:1")));
  EXPECT_THAT(keys.back, Contains(Pair("vscsi-devs/dev-1/v-dev", "1:0:0:1")));
  EXPECT_THAT(keys.back, Contains(Pair("vscsi-devs/dev-1/state", "1")));
  EXPECT_THROW(VscsiClass().complete(device, {device}, {}), Error) << "an adapter is there once";
}

// What is run, by name and arguments.
class Programs : public ScriptRunner {
 public:
  ScriptResult run(const ScriptCall& call, std::chrono::milliseconds) override {
    std::string line = call.path;
    for (const std::string& argument : call.arguments) line += " " + argument;
    ran.push_back(line);
    if (loads) fs::create_directories(folder);
    return {};
  }
  std::vector<std::string> ran;
  bool loads = false;
  fs::path folder;
};

class Target : public testing::Test {
 protected:
  Target() : root_(fs::temp_directory_path() / ("vscsi_test." + std::to_string(getpid()))) {
    folders_.target = root_ / "target";
    folders_.devices = root_ / "devices";
    programs_.folder = root_ / "target" / "xen-pvscsi";
    fs::create_directories(root_ / "target" / "core");
    fs::create_directories(root_ / "devices" / "2:0:3:1" / "block" / "sda");
  }
  ~Target() override { fs::remove_all(root_); }

  // configfs makes these by itself; a mere folder has to have them.
  void make_port_folders(const std::string& port) {
    fs::create_directories(root_ / "target/xen-pvscsi" / port / "tpgt_1" / "param");
    fs::create_directories(root_ / "target/xen-pvscsi" / port / "tpgt_1" / "lun");
  }
  std::string content(const std::string& path) {
    std::ifstream in(root_ / "target" / path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  std::string error_of_make(const ScsiAddress& address) {
    try {
      ScsiTarget(folders_, address).make(programs_);
      return "made";
    } catch (const Error& e) {
      return e.what();
    }
  }

  fs::path root_;
  ScsiFolders folders_;
  Programs programs_;
};

TEST_F(Target, LeadsFromAPortWithTheClassicNumbersToTheDevice) {
  make_port_folders("naa.5001405002000300");
  EXPECT_EQ(error_of_make({2, 0, 3, 1}), "made");
  const std::string backstore = "core/pscsi_4096/2.0.3.1", group = "xen-pvscsi/naa.5001405002000300/tpgt_1";
  EXPECT_EQ(content(backstore + "/control"), "scsi_host_id=2,scsi_channel_id=0,scsi_target_id=3,scsi_lun_id=1\n");
  EXPECT_EQ(content(backstore + "/udev_path"), "/dev/sda\n");
  EXPECT_EQ(content(backstore + "/enable"), "1\n");
  EXPECT_EQ(content(group + "/param/alias"), "2:0:3\n");
  EXPECT_EQ(content(group + "/nexus"), "naa.5001406002000300\n");
  EXPECT_EQ(fs::read_symlink(root_ / "target" / group / "lun/lun_1/device"), root_ / "target" / backstore);
  EXPECT_EQ(error_of_make({2, 0, 3, 1}), "The SCSI device 2:0:3:1 is given to a guest already.");
}

TEST_F(Target, LoadsTheModulesWhenTheyAreNotThere) {
  EXPECT_EQ(error_of_make({2, 0, 3, 1}).substr(0, 29), "The SCSI device 2:0:3:1 canno") << "a mere folder has no groups";
  EXPECT_THAT(programs_.ran, ElementsAre("/sbin/modprobe -a xen-scsiback target_core_pscsi"));
}

TEST_F(Target, SaysWhichDeviceIsNotThere) {
  EXPECT_THAT(error_of_make({9, 0, 0, 0}), HasSubstr("This host has no SCSI device 9:0:0:0"));
  EXPECT_THAT(programs_.ran, ElementsAre());
}

}  // namespace
}  // namespace xend
