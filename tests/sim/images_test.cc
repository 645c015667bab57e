// Save files that are damaged, of old xends, or too large for the disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/sim/life.h"
#include "xend/checkpoint/room.h"
#include "xend/domain/save.h"
#include "xend/log.h"

namespace sim {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

using SavedGuest = Life;

std::string files_in(const std::filesystem::path& folder) {
  std::string names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names += entry.path().filename().string() + " ";
  return names;
}

TEST_F(SavedGuest, ADamagedImageMakesNoDomain) {
  host.start_guest("TestGuest");
  xend::save_domain(*host.host, guest(), path("image"), false);
  std::filesystem::resize_file(path("image"), std::filesystem::file_size(path("image")) - 1);
  const auto before = host.xen.calls();
  EXPECT_THAT(error_of([&] { xend::restore_domain(*host.host, path("image"), false); }), HasSubstr("ends too early"));
  EXPECT_EQ(host.xen.calls(), before);
  EXPECT_EQ(host.list(), "");
}

// A word of the configuration has become another one, as readable as the first.
TEST_F(SavedGuest, AnImageWhoseConfigurationWasChangedMakesNoDomain) {
  host.start_guest("TestGuest");
  xend::save_domain(*host.host, guest(), path("image"), false);
  std::ostringstream image;
  image << std::ifstream(path("image")).rdbuf();
  std::string changed = image.str();
  const auto at = changed.find("(on_reboot restart)");
  ASSERT_NE(at, std::string::npos) << changed;
  changed.replace(at, 19, "(on_reboot destroy)");
  std::ofstream(path("image")) << changed;
  const auto before = host.xen.calls();
  EXPECT_THAT(error_of([&] { xend::restore_domain(*host.host, path("image"), false); }),
              HasSubstr("the image was written behind another head"));
  EXPECT_EQ(host.xen.calls(), before);
  EXPECT_EQ(host.list(), "");
}

TEST_F(SavedGuest, ImagesOfOldXensAreReadWithXensConverterWhereItIs) {
  host.start_guest("TestGuest");
  xend::save_domain(*host.host, guest(), path("image"), false);
  const std::string program = "/usr/lib/xen/bin/convert-legacy-stream";
  std::filesystem::create_directories(host.folder / "root/usr/lib/xen/bin");
  std::ofstream(host.folder / "root" / program.substr(1)) << "program";
  xend::restore_domain(*host.host, path("image"), false);
  EXPECT_EQ(host.helpers.converter(), program + " " + program) << "when it is checked, and when it is restored";
}

// Those that had to be cleared were another guest's. A PV guest has none: zeros are written to all of its pages.
TEST_F(SavedGuest, TheLogSaysHowManyPagesWereNotInTheImage) {
  host.start_guest("Pvh");
  ASSERT_EQ(create("(vm (name Pv) (memory 64) (image (linux (kernel /proc/version))))"), "");
  xend::unpause_domain(*host.host, *guest("Pv"));
  xend::log_open(path("xend.log"), xend::Level::kInfo, false);
  std::vector<std::string> expected;
  for (const std::string name : {"Pvh", "Pv"}) {
    xend::save_domain(*host.host, guest(name), path("image"), false);
    const auto restored = xend::restore_domain(*host.host, path("image"), false);
    expected.push_back("Domain " + name + " (" + std::to_string(restored->running_domid()) +
                       "): 35000 pages of zeros were not in the image" +
                       (name == "Pvh" ? "; 12 of them had to be cleared.\n" : ".\n"));
  }
  xend::log_close();
  std::ostringstream log;
  log << std::ifstream(path("xend.log")).rdbuf();
  for (const auto& line : expected) EXPECT_THAT(log.str(), HasSubstr(line));
}

// Not even zeros would fit: that is known before anything is done to the guest.
TEST_F(SavedGuest, AnImageThatCannotFitIsRefusedBeforeTheGuestIsTouched) {
  host.start_guest("TestGuest");
  std::filesystem::create_directory(path("images"));
  const auto room = xend::room_for(path("images/image"));
  ASSERT_TRUE(room);
  const xc::KiB too_much{(*room / 1024 + 1024) * 255 + 255};
  host.xen.populate(1, too_much);
  const auto before = host.xen.calls();
  EXPECT_THAT(error_of([&] { xend::save_domain(*host.host, guest(), path("images/image"), false); }),
              AllOf(StartsWith("can't write guest state file " + path("images/image") +
                               ": No space left on device\nThe file system of " + path("images") + " has "),
                    HasSubstr(" MiB at the very least, of "), EndsWith("TestGuest was not touched.")));
  EXPECT_EQ(host.xen.calls(), before);
  EXPECT_EQ(files_in(path("images")), "");
  EXPECT_EQ(host.list(), "TestGuest -b----");
}

// How small it becomes is not known before: much more memory than there is room for may well fit.
TEST_F(SavedGuest, AnImageThatMayFitIsNotRefused) {
  host.start_guest("TestGuest");
  const auto room = xend::room_for(path("image"));
  ASSERT_TRUE(room);
  host.xen.populate(1, xc::KiB{*room / 1024 * 100});
  xend::save_domain(*host.host, guest(), path("image"), false);
  EXPECT_EQ(host.list(), "");
}

TEST_F(SavedGuest, ADiskThatBecomesFullLeavesTheGuestRunningAndNothingElse) {
  host.start_guest("TestGuest");
  std::filesystem::create_directory(path("images"));
  std::ofstream(path("images/image")) << "old";
  host.helpers.fail_next_save("the image could not be written after 5 bytes: No space left on device", ENOSPC);
  EXPECT_THAT(error_of([&] { xend::save_domain(*host.host, guest(), path("images/image"), false); }),
              AllOf(StartsWith("xc_save failed\nthe image could not be written after 5 bytes"),
                    HasSubstr(" MiB free; the image of TestGuest may need up to 65 MiB. TestGuest runs on, ")));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(files_in(path("images")), "image ");
  std::string text;
  std::ifstream(path("images/image")) >> text;
  EXPECT_EQ(text, "old");
}

}  // namespace
}  // namespace sim
