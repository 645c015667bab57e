// One image and two guests: who may have it.
#include "tests/unit/xend/devices/fixture.h"

namespace xend {
namespace {

class DiskSharing : public DevicesTest {
 protected:
  DiskSharing() {
    other.domid = 6;
    other.name = "web2";
    other.vm_path = "/vm/7c1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1";
    store.write("/local/domain/5/vm", owner.vm_path);
    store.write("/local/domain/6/vm", other.vm_path);
  }

  std::string element(const std::string& name, const std::string& mode) {
    return "(vbd (uname file:" + folder.file(name) + ") (dev xvda) (mode " + mode + "))";
  }

  // What the second guest is told when the first one has the image.
  std::string second(const std::string& first_mode, const std::string& second_mode) {
    devices.write(owner, {complete(element("a.img", first_mode))});
    store.write(kVbd + "/node", "/dev/loop7");
    const std::string text = error_of([&] { devices.write(other, {complete(element("a.img", second_mode))}); });
    devices.release_all(owner);
    devices.release_all(other);
    return text;
  }

  DeviceOwner other;
};

TEST_F(DiskSharing, WriterIsAlone) {
  const std::string told = "Device 51712 (vbd) could not be connected.\nFile " + folder.path("a.img") +
                           " is loopback-mounted through /dev/loop7,\nwhich is mounted in a guest domain,\n"
                           "and so cannot be mounted now.";
  EXPECT_EQ(second("w", "w"), told);
  EXPECT_EQ(second("r", "w"), told);
  EXPECT_EQ(second("w!", "w"), told);
}

TEST_F(DiskSharing, ReaderDoesNotLikeWriters) {
  EXPECT_EQ(second("w", "r"), "Device 51712 (vbd) could not be connected.\nFile " + folder.path("a.img") +
                                  " is loopback-mounted through /dev/loop7,\nwhich is mounted read-write in a guest "
                                  "domain,\nand so cannot be mounted read-only now.");
  EXPECT_EQ(second("r", "r"), "");
  EXPECT_EQ(second("w!", "r"), "");
}

TEST_F(DiskSharing, AdministratorMaySayThatItIsMeant) {
  EXPECT_EQ(second("w", "w!"), "");
  EXPECT_EQ(second("w!", "w!"), "");
}

TEST_F(DiskSharing, OtherNamesOfTheFileAreTheFile) {
  devices.write(owner, {complete(element("a.img", "w"))});
  std::filesystem::create_hard_link(folder.path("a.img"), folder.path("b.img"));
  EXPECT_NE(error_of([&] { devices.write(other, {complete(element("b.img", "w"))}); }), "");
  EXPECT_EQ(error_of([&] { devices.write(other, {complete(element("c.img", "w"))}); }), "");
}

TEST_F(DiskSharing, SameGuestMovingIsNoOther) {
  other.vm_path = owner.vm_path + "-1";
  store.write("/local/domain/6/vm", other.vm_path);
  EXPECT_EQ(second("w", "w"), "");
}

TEST_F(DiskSharing, DeadGuestsHaveNothing) {
  store.remove("/local/domain/5");
  EXPECT_EQ(second("w", "w"), "");
}

TEST_F(DiskSharing, RefusedGuestHasNothingWritten) {
  devices.write(owner, {complete(element("a.img", "w"))});
  const Device vif = complete("(vif)");
  EXPECT_NE(error_of([&] { devices.write(other, {vif, complete(element("a.img", "w"), {vif})}); }), "");
  EXPECT_EQ(store.read("/local/domain/0/backend/vif/6"), std::nullopt);
}

}  // namespace
}  // namespace xend
