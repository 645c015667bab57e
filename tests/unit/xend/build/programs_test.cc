// Paths of programs in guests' files, on hosts that have them elsewhere.
#include "xend/build/programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/error.h"

namespace xend {
namespace {

using testing::HasSubstr;

class ProgramsOfAHost : public testing::Test {
 protected:
  void make(const std::string& path) {
    const std::filesystem::path file = root_.path() / path.substr(1);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << "program";
  }
  template <typename Call>
  static std::string error_of(Call call) {
    try {
      return "no error, but " + call();
    } catch (const Error& e) {
      return e.what();
    }
  }

  test::TemporaryFolder root_;
  Programs programs_{root_.path()};
};

TEST_F(ProgramsOfAHost, APathThatIsThereIsTakenAsItIs) {
  make("/opt/my-qemu");
  make("/usr/libexec/xen-qemu-system-i386");
  EXPECT_EQ(programs_.device_model("/opt/my-qemu"), "/opt/my-qemu");
}

TEST_F(ProgramsOfAHost, XensConverterIsThereOrNot) {
  EXPECT_EQ(programs_.legacy_converter(), "");
  make("/usr/local/lib/xen/bin/convert-legacy-stream");
  EXPECT_EQ(programs_.legacy_converter(), "/usr/local/lib/xen/bin/convert-legacy-stream");
  make(XEN_PRIVATE_BINDIR "/convert-legacy-stream");
  EXPECT_EQ(programs_.legacy_converter(), XEN_PRIVATE_BINDIR "/convert-legacy-stream");
}

TEST_F(ProgramsOfAHost, MovedProgramsAreFoundWhereTheyAreToday) {
  make("/usr/libexec/xen-qemu-system-i386");
  make("/usr/lib/xen/boot/hvmloader");
  make(XEN_PRIVATE_BINDIR "/pygrub");
  make("/usr/share/seabios/bios-256k.bin");
  for (const char* moved : {"/usr/lib/xen/bin/qemu-dm", "/usr/lib64/xen/bin/qemu-dm", "/usr/lib/xen/bin/stubdom-dm",
                            "/usr/lib/xen/bin/qemu-system-i386", "qemu-dm", "stubdom-dm", ""})
    EXPECT_EQ(programs_.device_model(moved), "/usr/libexec/xen-qemu-system-i386") << moved;
  for (const char* moved : {"/usr/lib/xen-4.4/boot/hvmloader", "/usr/lib64/xen/boot/hvmloader", "hvmloader", ""})
    EXPECT_EQ(programs_.hvmloader(moved), "/usr/lib/xen/boot/hvmloader") << moved;
  for (const char* moved : {"/usr/bin/pygrub", "/usr/lib/xen-default/bin/pygrub", "pygrub", ""})
    EXPECT_EQ(programs_.boot_loader(moved), XEN_PRIVATE_BINDIR "/pygrub") << moved;
  EXPECT_EQ(programs_.firmware(), "/usr/share/seabios/bios-256k.bin");
}

TEST_F(ProgramsOfAHost, ANameNobodyKnowsIsNotReplaced) {
  make("/usr/libexec/xen-qemu-system-i386");
  EXPECT_EQ(error_of([&] { return programs_.device_model("/opt/my-qemu"); }),
            "The device model /opt/my-qemu does not exist.");
  EXPECT_EQ(error_of([&] { return programs_.hvmloader("/opt/ovmf"); }), "The HVM loader /opt/ovmf does not exist.");
}

TEST_F(ProgramsOfAHost, WhatIsMissingIsNamedWithItsPackage) {
  EXPECT_EQ(error_of([&] { return programs_.device_model("qemu-dm"); }),
            "This host has no device model: /usr/libexec/xen-qemu-system-i386 is missing. Debian's package "
            "qemu-system-xen has it.");
  EXPECT_THAT(error_of([&] { return programs_.hvmloader(""); }), HasSubstr("Debian's package xen-utils-4.17 has it."));
  EXPECT_THAT(error_of([&] { return programs_.boot_loader("pygrub"); }), HasSubstr("package xen-utils-4.17"));
  EXPECT_EQ(error_of([&] { return programs_.firmware(); }),
            "This host has no BIOS: /usr/share/seabios/bios-256k.bin is missing. Debian's package seabios has it.");
}

TEST(Programs, HvmloaderIsKnownByItsName) {
  EXPECT_TRUE(Programs::is_hvmloader("/usr/lib64/xen/boot/hvmloader"));
  EXPECT_TRUE(Programs::is_hvmloader("hvmloader"));
  EXPECT_FALSE(Programs::is_hvmloader("/boot/vmlinuz"));
  EXPECT_FALSE(Programs::is_hvmloader("/hvmloader/vmlinuz"));
  EXPECT_FALSE(Programs::is_hvmloader(""));
}

}  // namespace
}  // namespace xend
