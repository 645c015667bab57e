// What a program finds when it is started.
#include "xend/helpers/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <system_error>

#include "xend/helpers/descriptor.h"

namespace xend {
namespace {

// Runs a line of the shell whose output is descriptor 1, and returns that output.
std::string output_of(const std::string& line, SpawnOrder order = {}) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Descriptor reads(ends[0]);
  Descriptor writes(ends[1]);
  order.path = "/bin/sh";
  order.arguments = {"-c", line};
  if (order.descriptors.empty()) order.descriptors = {-1, 0, -1};
  order.descriptors[1] = writes.get();
  const pid_t pid = spawn(order);
  writes.close();
  std::string output;
  std::array<char, 4096> piece{};
  for (ssize_t n = 0; (n = ::read(reads.get(), piece.data(), piece.size())) > 0;)
    output.append(piece.data(), static_cast<std::size_t>(n));
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
  return output;
}

// What a process has open, besides what ls itself opens to look.
constexpr const char* kListDescriptors = "for fd in /proc/$$/fd/*; do n=${fd##*/}; test -e $fd && echo $n; done; :";

TEST(Spawn, OnlyTheDescriptorsOfTheOrderAreThere) {
  const Descriptor leaks(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC, as a careless library opens
  const Descriptor far(::fcntl(leaks.get(), F_DUPFD, 77));
  EXPECT_EQ(output_of(kListDescriptors), "0\n1\n2\n");
}

TEST(Spawn, DescriptorsAreNumberedInOrderWhateverTheyWere) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Descriptor reads(ends[0]), writes(ends[1]);
  ASSERT_EQ(::write(writes.get(), "state\n", 6), 6);
  SpawnOrder order;
  order.descriptors = {-1, 0, -1, reads.get()};
  EXPECT_EQ(output_of("head -n 1 <&3", order), "state\n");
  order.descriptors = {2, 0, 0, 1};  // numbers that stand in each other's way
  EXPECT_EQ(output_of(kListDescriptors, order), "0\n1\n2\n3\n");
}

TEST(Spawn, NothingIsTheNullDevice) {
  EXPECT_EQ(output_of("readlink /proc/$$/fd/0 /proc/$$/fd/2"), "/dev/null\n/dev/null\n");
}

TEST(Spawn, EnvironmentAndFolderAreThoseOfTheOrder) {
  SpawnOrder order;
  order.environment = {"XEN_DOMAIN_ID=5"};
  order.folder = "/usr";
  EXPECT_EQ(output_of("echo $XEN_DOMAIN_ID $HOME; pwd", order), "5\n/usr\n");
}

TEST(Spawn, GroupOrSessionOfItsOwn) {
  // Fields 1, 5 and 6 of /proc/PID/stat: process, group, session.
  const char* kShow =
      "read p n s pp g sid rest < /proc/$$/stat; test $p = $g && echo group; test $p = $sid && echo session; :";
  EXPECT_EQ(output_of(kShow), "group\n");
  SpawnOrder order;
  order.own_session = true;
  EXPECT_EQ(output_of(kShow, order), "group\nsession\n");
}

// The daemon ignores SIGPIPE and blocks what it waits for; a program must not inherit that.
TEST(Spawn, SignalsAreAtTheirDefaults) {
  struct sigaction ignored {
  }, before{};
  ignored.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignored, &before);
  sigset_t term, mask;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, &mask);
  const auto mask_of = [](const std::string& field) {
    // The C library's own signals, 32 and 33, are none of the daemon's.
    constexpr unsigned long long kOrdinary = 0x7fffffff;
    return kOrdinary & std::stoull(output_of("while read name value; do test $name != " + field +
                                             ": || echo $value; done < /proc/$$/status; :"),
                                   nullptr, 16);
  };
  EXPECT_EQ(mask_of("SigBlk"), 0U);
  EXPECT_EQ(mask_of("SigIgn"), 0U);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::sigaction(SIGPIPE, &before, nullptr);
}

TEST(Spawn, AProgramThatIsMissingIsNamed) {
  SpawnOrder order;
  order.path = "/nowhere/qemu";
  order.descriptors = {-1, -1, -1};
  try {
    spawn(order);
    FAIL();
  } catch (const std::system_error& e) {
    EXPECT_STREQ(e.what(), "/nowhere/qemu: No such file or directory");
  }
}

}  // namespace
}  // namespace xend
