// Boot loaders: shell scripts that play pygrub, and what is made of their answers.
#include "xend/build/boot_loader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/error.h"
#include "xend/helpers/descriptor.h"

namespace xend {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

template <typename Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

class BootLoader : public testing::Test {
 protected:
  BootLoader() { std::ofstream(folder_.path() / "disk.img") << "a disk"; }

  // A loader called `name`; $answer is the fifo, $folder where copies go, $disk the last argument.
  void loader(const std::string& name, const std::string& script) {
    const auto path = folder_.path() / name;
    std::ofstream(path) << R"sh(#!/bin/bash
for word; do
  case $word in --output=*) answer=${word#*=} ;; --output-directory=*) folder=${word#*=} ;; esac
  disk=$word
done
)sh" << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    request_.program = path;
    request_.name = "web1";
    request_.domid = 5;
    request_.disk = folder_.path() / "disk.img";
  }
  BootFiles run(std::chrono::milliseconds limit = 20s) {
    return run_boot_loader(request_, {(folder_.path() / "boot").string(), limit}, cancel_);
  }
  std::vector<std::string> left() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / "boot"))
      names.push_back(entry.path());
    return names;
  }
  std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  const test::TemporaryFolder folder_;
  BootLoaderRequest request_;
  Cancellation cancel_;
};

TEST_F(BootLoader, ItsCopiesAreUsedAndThenGone) {
  loader("pygrub", R"sh(
cp "$disk" "$folder/kernel"
echo ramdisk >"$folder/ramdisk"
echo "linux (kernel $folder/kernel)(ramdisk $folder/ramdisk)(args \"root=/dev/xvda1 ro\")" >"$answer"
)sh");
  {
    const BootFiles files = run();
    EXPECT_EQ(read(files.kernel()), "a disk");
    EXPECT_EQ(read(files.ramdisk()), "ramdisk\n");
    EXPECT_EQ(files.arguments(), "root=/dev/xvda1 ro");
  }
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(BootLoader, HearsWhatTheConfigurationSays) {
  loader("pygrub", "printf '%s\\n' \"$@\" >\"${0%/*}/words\"; echo $TERM >>\"${0%/*}/words\"; exit 1");
  request_.kernel = "/vmlinuz";
  request_.ramdisk = "/initrd img";
  request_.hints = "single user";
  request_.arguments = "-q --entry=\"my entry\"";
  error_of([&] { run(); });
  const std::string words = read(folder_.path() / "words");
  EXPECT_THAT(words, StartsWith("--kernel=/vmlinuz\n--ramdisk=/initrd img\n--args=single user\n--output="));
  EXPECT_THAT(words, HasSubstr("/answer\n--output-directory="));
  EXPECT_THAT(words, HasSubstr("\n--runas=1900000005\n-q\n--entry=my entry\n" + request_.disk + "\nvt100\n"));
}

// A menu needs the terminal, and a loader with a menu cannot give up its rights.
TEST_F(BootLoader, ShowsItsMenuAndTakesKeys) {
  loader("pygrub", R"sh(
echo "$*" | grep -q runas && exit 1
printf 'choose: '
read -r choice
touch "$folder/k"
echo "linux (kernel $folder/k)(args 'chosen $choice')" >"$answer"
)sh");
  std::jthread person;
  request_.on_terminal = [&](const std::string& terminal) {
    person = std::jthread([terminal] {
      const Descriptor screen(::open(terminal.c_str(), O_RDWR | O_NOCTTY));
      std::string shown;
      char key = 0;
      while (!shown.ends_with("choose: ") && ::read(screen.get(), &key, 1) == 1) shown += key;
      EXPECT_EQ(::write(screen.get(), "two\n", 4), 4);
    });
  };
  EXPECT_EQ(run().arguments(), "chosen two");
}

TEST_F(BootLoader, WithoutAnAnswerItsLastWordsAreTold) {
  loader("pygrub", "echo looking; echo 'there is no menu' >&2; exit 7");
  EXPECT_EQ(error_of([&] { run(); }),
            "Boot loader didn't return any data!\n" + request_.program + " said: there is no menu");
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(BootLoader, EndsWithItsChildrenWhenItTakesTooLong) {
  loader("pygrub", "sleep 1000 & echo $! >\"${0%/*}/child\"; sleep 1000");
  EXPECT_THAT(error_of([&] { run(1s); }), HasSubstr("did not end in time"));
  const auto child = std::stoi(read(folder_.path() / "child"));
  for (int i = 0; i < 100 && ::kill(child, 0) == 0; ++i) std::this_thread::sleep_for(20ms);
  EXPECT_NE(::kill(child, 0), 0);
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(BootLoader, EndsWhenItsGuestIsDestroyed) {
  loader("pygrub", "sleep 1000");
  const std::jthread destroyer([&] {
    std::this_thread::sleep_for(200ms);
    cancel_.cancel();
  });
  EXPECT_EQ(error_of([&] { run(); }), "Domain was died while the bootloader was running.");
}

TEST_F(BootLoader, AFloodIsNotCollected) {
  loader("pygrub", "yes 'linux (kernel /a)' >\"$answer\"");
  EXPECT_THAT(error_of([&] { run(); }), HasSubstr("answers with more than 65536 bytes"));
}

TEST_F(BootLoader, WhatCannotBeginIsSaid) {
  loader("pygrub", "");
  request_.disk = "/no/such/disk";
  EXPECT_EQ(error_of([&] { run(); }), "Disk isn't accessible");
  request_.program = "/etc/passwd";
  EXPECT_EQ(error_of([&] { run(); }), "Bootloader isn't executable");
}

// A loader of one's own may answer with a kernel of dom0, which stays there.
TEST_F(BootLoader, OthersMayNameAKernelOfDom0) {
  loader("my-loader", "echo 'linux (kernel /usr/bin/env)' >\"$answer\"");
  EXPECT_EQ(run().kernel(), "/usr/bin/env");
  EXPECT_TRUE(std::filesystem::exists("/usr/bin/env"));
}

class BootAnswer : public testing::Test {
 protected:
  BootAnswer() {
    std::ofstream(folder_.path() / "kernel") << "kernel";
    std::filesystem::create_symlink("/etc/shadow", folder_.path() / "link");
  }
  std::string refusal(const std::string& answer, bool may_be_elsewhere = false) {
    return error_of([&] { parse_boot_answer(answer, folder_.path(), may_be_elsewhere); });
  }
  std::string in_folder(const std::string& name) { return folder_.path() / name; }

  const test::TemporaryFolder folder_;
};

TEST_F(BootAnswer, IsTakenForHostile) {
  EXPECT_EQ(refusal(""), "Boot loader didn't return any data!");
  EXPECT_EQ(refusal(" \n"), "Boot loader didn't return any data!");
  const std::string unusable = "Boot loader didn't return any data that can be used: ";
  const std::vector<std::pair<std::string, std::string>> answers = {
      {"freebsd (kernel /k)", "it does not begin with the word linux"},
      {"linux", "it names no kernel"},
      {"linux (kernel (a b))", "it names no kernel"},
      {"linux (kernel vmlinuz)", "a path in it is not absolute"},
      {"linux (kernel /etc/shadow)", "/etc/shadow is not a file that it has made in "},
      {"linux (kernel " + in_folder("../../etc/shadow") + ")", "a path in it goes through \"..\""},
      {"linux (kernel " + in_folder("link") + ")", "is not a file that it has made in "},
      {"linux (kernel " + in_folder("none") + ")", "is not a file that it has made in "},
      {"linux (kernel " + in_folder("kernel") + ") (ramdisk /etc/shadow)", "/etc/shadow is not a file"},
      {"linux (kernel " + in_folder("kernel") + ") (args \"a\nb\")", "its args are no command line"},
      {"linux (kernel", "unexpected EOF"},
      {"linux )", ")"},
      {std::string(100, '('), ""},
  };
  for (const auto& [answer, reason] : answers) {
    EXPECT_THAT(refusal(answer), StartsWith(unusable)) << answer;
    EXPECT_THAT(refusal(answer), HasSubstr(reason)) << answer;
  }
  EXPECT_THAT(refusal("linux (kernel " + in_folder("link") + ")", true), StartsWith(unusable));
  EXPECT_THAT(refusal("linux (kernel vmlinuz)", true), StartsWith(unusable));
  // What begins like a copy is deleted when it has been used.
  EXPECT_THAT(refusal("linux (kernel /var/run/../etc/passwd)", true), StartsWith(unusable));
}

TEST(ShellWords, AreTakenAsAShellWould) {
  EXPECT_THAT(shell_words(""), IsEmpty());
  EXPECT_THAT(shell_words("  -q\t--entry=2 "), ElementsAre("-q", "--entry=2"));
  EXPECT_THAT(shell_words("--entry='my \"own\"' \"a b\"c \\ d ''"),
              ElementsAre("--entry=my \"own\"", "a bc", " d", ""));
  EXPECT_THAT(error_of([] { shell_words("'a"); }), HasSubstr("a quote that does not end"));
}

}  // namespace
}  // namespace xend
