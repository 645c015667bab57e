// The daemon's side, with scripts in the place of the real programs: every way in which one can end.
#include "xend/helpers/helper_programs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/xend/helpers/image_file.h"
#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/helpers/helper_error.h"

namespace xend {
namespace {

namespace fs = std::filesystem;
using test::ImageFile;

class HelperProgramsTest : public ::testing::Test {
 protected:
  void script(const std::string& name, const std::string& body) {
    std::ofstream(folder_ / name) << "#!/bin/bash\nread -r request\n" << body << "\n";
    fs::permissions(folder_ / name, fs::perms(0755));
  }
  std::string written(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  std::string command(const std::string& arguments) const { return folder_.string() + "/" + arguments; }

  SaveRequest save_request() {
    SaveRequest request;
    request.domid = 5;
    request.fd = image_.fd();
    request.suspend = [this] { ++suspends_; };
    return request;
  }
  // The error of a save, its two lines apart.
  HelperError save_error(const SaveRequest& request, const Cancellation& cancel = Cancellation()) {
    try {
      helpers_.save(request, cancel);
    } catch (const HelperError& error) {
      return error;
    }
    ADD_FAILURE() << "the save did not fail";
    return HelperError(Error::Kind::kInternal, "", "");
  }

  const test::TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
  HelperPrograms helpers_{folder_.string()};
  ImageFile image_;
  int suspends_ = 0;
};

constexpr const char* kGoodSave = R"sh(
echo '(progress (round 1) (pages 7) (total 9) (dirty 3) (bytes 10) (rate 11) (dirty_rate 12) (estimate 13))'
echo '(suspend)'
read -r answer
[ "$answer" = '(suspended)' ] || { echo "(error 'answer was $answer')"; read -r; exit 1; }
printf image >&3
echo '(saved (read 100) (written 5) (rounds 2))'
read -r ok; echo "$ok" >"${0%/*}/ok"
)sh";

TEST_F(HelperProgramsTest, ASaveGoesThroughAllItsSteps) {
  script("xc_save", std::string("echo \"$request $*\" >\"${0%/*}/asked\"") + kGoodSave);
  SaveRequest request = save_request();
  request.live = true;
  request.type = xc::GuestType::kPvh;
  request.rate_mbit = 80;
  request.limits = {
      .max_downtime = std::chrono::milliseconds(300), .max_rounds = 9, .timeout = std::chrono::seconds(60)};
  request.pages = 16384;
  request.head = 18446744073709551615U;
  std::vector<SaveProgress> told;
  request.progress = [&](const SaveProgress& progress) { told.push_back(progress); };
  const SaveResult result = helpers_.save(request, Cancellation());
  EXPECT_EQ(suspends_, 1);
  EXPECT_EQ(result.bytes_read, 100U);
  EXPECT_EQ(result.bytes_written, 5U);
  EXPECT_EQ(result.rounds, 2U);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].pages_sent, 7U);
  EXPECT_EQ(told[0].pages_total, 9U);
  EXPECT_EQ(told[0].pages_dirty, 3);
  EXPECT_EQ(told[0].bytes_per_second, 11U);
  EXPECT_EQ(told[0].dirty_per_second, 12U);
  EXPECT_EQ(told[0].estimate_ms, 13);
  EXPECT_EQ(image_.content(), "image");
  EXPECT_EQ(written("ok"), "(ok)\n");
  EXPECT_EQ(written("asked"),
            "(save (framed 1) (head 18446744073709551615) (rate_mbit 80) (device_model 0) (pages 16384) "
            "(max_downtime 300) (max_rounds 9) (timeout 60)) 3 5 0 0 5\n");
}

TEST_F(HelperProgramsTest, TheDeviceModelHasItsPartInASave) {
  script("xc_save", R"sh(
echo "$request" >"${0%/*}/asked"
for question in '(log_dirty 1)' '(suspend)' '(log_dirty 0)' '(device_state)'; do
  echo "$question"
  read -r answer
  echo "$answer" >>"${0%/*}/asked"
done
echo '(saved (read 1) (written 1) (rounds 1))'
read -r ok
)sh");
  SaveRequest request = save_request();
  request.type = xc::GuestType::kHvm;
  std::vector<bool> logged;
  request.log_dirty = [&](bool on) { logged.push_back(on); };
  request.device_state = [] { return "/var/lib/xen/qemu-save.5"; };
  helpers_.save(request, Cancellation());
  EXPECT_EQ(logged, (std::vector<bool>{true, false}));
  EXPECT_EQ(written("asked"),
            "(save (framed 1) (head 0) (rate_mbit 0) (device_model 1) (pages 0) (max_downtime 0) (max_rounds 0) "
            "(timeout 0))\n(ok)\n(suspended)\n(ok)\n"
            "(device_state (path /var/lib/xen/qemu-save.5))\n");
}

TEST_F(HelperProgramsTest, ADeviceModelThatCannotDoItsPartEndsTheSave) {
  script("xc_save", "echo '(log_dirty 1)'; read -r answer; echo \"(error 'was told $answer')\"; read -r; exit 1");
  SaveRequest request = save_request();
  request.type = xc::GuestType::kHvm;
  request.log_dirty = [](bool) { throw Error("The device model has closed its socket: it may have ended."); };
  request.device_state = [] { return ""; };
  EXPECT_EQ(save_error(request).reason(), "The device model has closed its socket: it may have ended.");
}

TEST_F(HelperProgramsTest, TheProgramGetsNothingButItsDescriptors) {
  const ImageFile secret("a secret of the daemon");  // without O_CLOEXEC it would leak, and so would any other
  ASSERT_EQ(::fcntl(secret.fd(), F_SETFD, 0), 0);
  script("xc_save", std::string("(cd /proc/self/fd && echo [0-9]*) >\"${0%/*}/fds\"") + kGoodSave);
  helpers_.save(save_request(), Cancellation());
  // bash itself opens the script as 255 or so, and 3 for the redirection is the image's.
  EXPECT_EQ(written("fds").substr(0, 7), "0 1 2 3") << written("fds");
  EXPECT_EQ(written("fds").find(" " + std::to_string(secret.fd()) + " "), std::string::npos) << written("fds");
}

TEST_F(HelperProgramsTest, AGuestThatDoesNotStopEndsTheSaveWithItsReason) {
  script("xc_save", kGoodSave);
  SaveRequest request = save_request();
  request.suspend = [] { throw Error(Error::Kind::kInvalidDomain, "the guest did not suspend within 60 s"); };
  const HelperError error = save_error(request);
  EXPECT_EQ(error.what(), command("xc_save 3 5 0 0 0 failed\nthe guest did not suspend within 60 s"));
  EXPECT_EQ(error.kind(), Error::Kind::kInvalidDomain);
}

TEST_F(HelperProgramsTest, ErrorsCarryReasonAndErrno) {
  script("xc_save", "echo '(error (errno 28) \"no \\\"space\\\" left\")'; read -r; exit 1");
  const HelperError error = save_error(save_request());
  EXPECT_EQ(error.what(), command("xc_save 3 5 0 0 0 failed\nno \"space\" left"));
  EXPECT_EQ(error.reason(), "no \"space\" left");
  EXPECT_EQ(error.error_number(), ENOSPC);
}

TEST_F(HelperProgramsTest, ACrashIsToldWithItsLastWords) {
  script("xc_save", "echo \"xc_save: x.c:7: f: Assertion failed\" >&2; kill -ABRT $$");
  EXPECT_EQ(save_error(save_request()).reason(),
            "it was killed by signal 6 (Aborted); its last words: xc_save: x.c:7: f: Assertion failed");
  script("xc_save", "exit 3");
  EXPECT_EQ(save_error(save_request()).reason(), "it ended without a result, with exit status 3");
}

TEST_F(HelperProgramsTest, NonsenseIsNotWaitedFor) {
  script("xc_save", "echo ')'; sleep 1000");
  EXPECT_NE(save_error(save_request()).reason().find("cannot be understood"), std::string::npos);
  script("xc_save", "echo '(dance)'; sleep 1000");
  EXPECT_EQ(save_error(save_request()).reason(), "its answer is not (saved ...)");
  script("xc_save", "echo '(saved (read 1) (written x) (rounds 1))'; sleep 1000");
  EXPECT_EQ(save_error(save_request()).reason(), "its answer has no number written");
}

TEST_F(HelperProgramsTest, AFailureAfterTheResultIsAFailure) {
  script("xc_save", "echo '(saved (read 1) (written 1) (rounds 1))'; read -r; exit 4");
  EXPECT_EQ(save_error(save_request()).reason(), "it ended without a result, with exit status 4");
}

TEST_F(HelperProgramsTest, ACancelledSaveMayPutThingsInOrder) {
  script("xc_save",
         "echo '(progress (round 0) (pages 0) (total 0) (dirty -1) (bytes 0) (rate 0) (dirty_rate 0) (estimate -1))'\n"
         "read -r answer; echo '(error cancelled)'; read -r; echo \"$answer\" >\"${0%/*}/done\"; exit 1");
  Cancellation cancel;
  SaveRequest request = save_request();
  request.progress = [&](const SaveProgress&) { cancel.cancel(); };
  const HelperError error = save_error(request, cancel);
  EXPECT_EQ(error.error_number(), ECANCELED);
  EXPECT_EQ(written("done"), "(abort)\n");
}

TEST_F(HelperProgramsTest, CancellingKillsAndReaps) {
  script("xc_restore", "echo $$ >\"${0%/*}/pid\"; while :; do sleep 0.01; done");
  Cancellation cancel;
  std::thread other([&] {
    while (written("pid").empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    cancel.cancel();
  });
  const HelperError error = [&] {
    try {
      RestoreRequest request;
      request.fd = image_.fd();
      helpers_.restore(request, cancel);
    } catch (const HelperError& thrown) {
      return thrown;
    }
    return HelperError(Error::Kind::kInternal, "", "no error");
  }();
  other.join();
  EXPECT_TRUE(cancel.cancelled());
  EXPECT_EQ(error.error_number(), ECANCELED);
  EXPECT_EQ(error.reason(), "the operation was cancelled");
  EXPECT_EQ(::kill(std::stoi(written("pid")), 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST_F(HelperProgramsTest, AProgramThatIsNotThereIsNamed) {
  const HelperError error = save_error(save_request());
  EXPECT_EQ(error.error_number(), ENOENT);
  EXPECT_NE(error.reason().find("it could not be started"), std::string::npos);
}

TEST_F(HelperProgramsTest, BuildAsksAndUnderstands) {
  script(
      "xc_build",
      "echo \"$request $*\" >\"${0%/*}/asked\"\n"
      "echo '(built (store_mfn 7) (console_mfn 8) (protocol x86_64-abi) (notes (GUEST_OS linux) (LOADER \"a b\")))'\n"
      "read -r");
  BuildRequest request;
  request.domid = 3;
  request.kernel = "/boot/vmlinuz";
  request.cmdline = "root=/dev/xvda1 quote=\"'\"";
  request.memory = xc::MiB{64};
  request.store_port = 1;
  request.console_port = 2;
  const BuildResult result = helpers_.build(request, Cancellation());
  EXPECT_EQ(result.store_frame, 7U);
  EXPECT_EQ(result.console_frame, 8U);
  EXPECT_EQ(result.protocol, "x86_64-abi");
  EXPECT_EQ(result.notes, (std::map<std::string, std::string>{{"GUEST_OS", "linux"}, {"LOADER", "a b"}}));
  const std::string asked = written("asked");
  EXPECT_NE(asked.find("(kernel /boot/vmlinuz) (ramdisk '')"), std::string::npos) << asked;
  EXPECT_TRUE(asked.ends_with(" 3\n")) << asked;
}

TEST_F(HelperProgramsTest, RestoreUsesTheClassicCommandLine) {
  script("xc_restore",
         "echo \"$request\" >\"${0%/*}/asked\"; echo '(error \"the image is damaged\")'; read -r; exit 1");
  RestoreRequest request{.name = "x",
                         .domid = 9,
                         .type = xc::GuestType::kPvh,
                         .fd = image_.fd(),
                         .head = 18446744073709551615U,
                         .store_port = 4,
                         .console_port = 6};
  try {
    helpers_.restore(request, Cancellation());
    FAIL();
  } catch (const HelperError& error) {
    EXPECT_EQ(error.what(), command("xc_restore 3 9 4 6 1 1 1 0 1 failed\nthe image is damaged"));
  }
  EXPECT_EQ(written("asked"), "(restore (type pvh) (head 18446744073709551615) (converter '') (device_state ''))\n");
}

TEST_F(HelperProgramsTest, RestoreTellsOfThePagesThatWereLeftOut) {
  script("xc_restore",
         "echo '(restored (store_mfn 7) (console_mfn 8) (read 100) (left_out 35000) (cleared 12))'; read -r");
  RestoreRequest request;
  request.fd = image_.fd();
  const RestoreResult result = helpers_.restore(request, Cancellation());
  EXPECT_EQ(result.store_frame, 7U);
  EXPECT_EQ(result.console_frame, 8U);
  EXPECT_EQ(result.bytes_read, 100U);
  EXPECT_EQ(result.pages_left_out, 35000U);
  EXPECT_EQ(result.pages_cleared, 12U);
}

TEST_F(HelperProgramsTest, ADumpIsTheFileAndItsSize) {
  script("xc_dump", "echo \"$request $*\" >\"${0%/*}/asked\"; printf core >&3; echo '(dumped (written 4))'; read -r");
  EXPECT_EQ(helpers_.dump_core({"x", 9, image_.fd()}, Cancellation()), 4U);
  EXPECT_EQ(written("asked"), "(dump) 3 9\n");
}

// Nothing of a guest is at stake: it is killed at once when the dump is cancelled, or ends by itself in whatever way.
TEST_F(HelperProgramsTest, ADumpThatHangsIsKilled) {
  script("xc_dump", "exec sleep 1000");
  Cancellation cancel;
  cancel.cancel();
  EXPECT_THROW(helpers_.dump_core({"x", 9, image_.fd()}, cancel), HelperError);
  script("xc_dump", "kill -SEGV $$");
  EXPECT_THROW(helpers_.dump_core({"x", 9, image_.fd()}, Cancellation()), HelperError);
}

TEST_F(HelperProgramsTest, VerifyPutsThePositionBack) {
  image_.set("0123456789");
  image_.rewind(4);
  script(
      "xc_restore",
      "echo \"$request\" >\"${0%/*}/asked\"; cat <&3 >/dev/null; echo '(verified (format libxc) (bytes 6))'; read -r");
  const VerifyResult result = helpers_.verify({xc::GuestType::kPvh, image_.fd(), 77, "/c"}, Cancellation());
  EXPECT_EQ(result.format, VerifyResult::Format::kLibxc);
  EXPECT_EQ(result.bytes, 6U);
  EXPECT_EQ(image_.position(), 4);
  EXPECT_EQ(written("asked"), "(verify (type pvh) (head 77) (converter /c))\n");
}

}  // namespace
}  // namespace xend
