// Unames and what is checked about them.
#include "xend/devices/disk_source.h"

#include "tests/unit/xend/devices/fixture.h"

namespace xend {
namespace {

using testing::StartsWith;

std::string refusal(const std::string& uname) {
  try {
    parse_disk_source(uname);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(DiskSource, PathsAreMadeAbsolute) {
  const std::map<std::string, std::pair<std::string, std::string>> expected = {
      {"phy:vg0/web1", {"phy", "/dev/vg0/web1"}},
      {"phy:/dev/vg0/web1", {"phy", "/dev/vg0/web1"}},
      {"file:/srv/a:b.img", {"file", "/srv/a:b.img"}},
      {"tap:aio:/srv/a.img", {"file", "/srv/a.img"}},
      {"tap:sync:/srv/a.img", {"file", "/srv/a.img"}},
      {"tap2:aio:/srv/a.img", {"file", "/srv/a.img"}},
      {"tap:tapdisk:aio:/srv/a.img", {"file", "/srv/a.img"}},
      {"tap:ioemu:aio:/srv/a.img", {"file", "/srv/a.img"}},
      {"drbd:r0", {"drbd", "r0"}},
      {"", {"", ""}},
  };
  for (const auto& [uname, parts] : expected) {
    const DiskSource source = parse_disk_source(uname);
    EXPECT_EQ(source.type, parts.first) << uname;
    EXPECT_EQ(source.params, parts.second) << uname;
  }
}

TEST(DiskSource, SaysWhatIsWrong) {
  EXPECT_THAT(refusal("/dev/vg0/web1"), StartsWith("Block device must have physical details specified"));
  EXPECT_THAT(refusal("phy:"), StartsWith("Block device must have physical details specified"));
  EXPECT_EQ(refusal("file:a.img"), "The path of a disk image must be absolute: file:a.img");
  EXPECT_EQ(refusal("tap:aio:a.img"), "The path of a disk image must be absolute: tap:aio:a.img");
  EXPECT_EQ(refusal("tap:floppy:/a"), "tap:floppy not a valid disk type");
  EXPECT_EQ(refusal("tap:qcow2:a.img"), "The path of a disk image must be absolute: tap:qcow2:a.img");
  EXPECT_EQ(refusal("tap:ram:/a"),
            "Disks of type tap:ram are gone with the driver that served them, blktap: tap:ram:/a.");
}

TEST(DiskSource, FormatsThatOnlyQemuReads) {
  const std::vector<std::tuple<std::string, std::string, std::string>> expected = {
      {"tap:qcow2:/a.img", "qcow2:/a.img", "tap:qcow2:/a.img"},
      {"tap:tapdisk:vhd:/a.vhd", "vpc:/a.vhd", "tap:vhd:/a.vhd"},
      {"tap2:vmdk:/a:b", "vmdk:/a:b", "tap2:vmdk:/a:b"},
  };
  for (const auto& [uname, params, shown] : expected) {
    const DiskSource source = parse_disk_source(uname);
    EXPECT_TRUE(source.by_qemu() && !source.is_path()) << uname;
    EXPECT_EQ(source.params, params);
    EXPECT_EQ(source.path(), params.substr(params.find(':') + 1));
    EXPECT_EQ(disk_uname(uname.substr(0, uname.find(':')), source.type, source.params), shown);
  }
}

TEST(DiskSource, MustExist) {
  const TemporaryFolder folder;
  const auto refusal_of = [](const DiskSource& source) {
    try {
      check_disk_source(source);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal_of({"file", folder.file("a.img")}), "");
  EXPECT_EQ(refusal_of({"file", "/nowhere/b.img"}), "Disk image does not exist: /nowhere/b.img");
  EXPECT_EQ(refusal_of({"phy", "/dev/nowhere/b"}), "Block device does not exist: /dev/nowhere/b");
  EXPECT_EQ(refusal_of({"file", "/dev/null"}), "Disk image is neither a file nor a block device: /dev/null");
  EXPECT_EQ(refusal_of({"drbd", "r0"}), "");
  EXPECT_EQ(refusal_of({}), "");
}

}  // namespace
}  // namespace xend
