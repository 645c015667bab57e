// Real processes: arguments, environment, output, time limits.
#include "xend/devices/script_runner.h"

#include <signal.h>

#include <thread>

#include "tests/unit/xend/devices/fixture.h"
#include "xend/helpers/helpers.h"

namespace xend {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class Script : public testing::Test {
 protected:
  ScriptResult run(const std::string& body, milliseconds limit = milliseconds(10'000)) {
    ScriptCall call{folder.script("script", "#!/bin/sh\n" + body + "\n"), {"add", "a b;$(c)"}, {}};
    call.environment = {{"PATH", "/usr/bin:/bin"}, {"XENBUS_PATH", "backend/vbd/5/51712"}};
    return runner.run(call, limit);
  }

  TemporaryFolder folder;
  ProcessScriptRunner runner;
};

TEST_F(Script, ArgumentsArriveAsTheyAre) {
  EXPECT_EQ(run("printf '%s|' \"$@\"").output, "add|a b;$(c)|");
}

TEST_F(Script, EnvironmentIsWhatTheCallSays) {
  setenv("SECRET", "of the daemon", 1);
  const std::string output = run("env").output;
  EXPECT_THAT(output, HasSubstr("XENBUS_PATH=backend/vbd/5/51712\n"));
  EXPECT_EQ(output.find("SECRET"), std::string::npos);
}

TEST_F(Script, HasNothingOfTheDaemonsOpen) {
  EXPECT_EQ(run("cat; ls /proc/self/fd | wc -l; pwd; readlink /proc/self/fd/0").output, "4\n/\n/dev/null\n");
}

TEST_F(Script, ErrorsAreOutput) {
  EXPECT_EQ(run("echo oops >&2; exit 3").output, "oops\n");
}

TEST_F(Script, ExitStatusAndSignals) {
  EXPECT_EQ(run("exit 3").status, 3);
  EXPECT_EQ(run("kill -TERM $$").status, 128 + SIGTERM);
  EXPECT_EQ(run("").status, 0);
}

TEST_F(Script, LetsOthersGoFirstWhenNobodyWaits) {
  ScriptCall call{folder.script("script", "#!/bin/sh\nsleep 0.2; nice; sh -c nice\n"), {}, {{"PATH", "/usr/bin:/bin"}}};
  EXPECT_EQ(runner.run(call, milliseconds(10'000)).output, "0\n0\n");
  call.hurried = false;
  EXPECT_EQ(runner.run(call, milliseconds(10'000)).output, "10\n10\n");
}

TEST_F(Script, SignalsBlockedInTheDaemonReachIt) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  EXPECT_EQ(run("kill -TERM $$; exit 0").status, 128 + SIGTERM);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(Script, LateScriptsAreKilledWithTheirChildren) {
  const std::string marker = folder.path("marker");
  const auto start = std::chrono::steady_clock::now();
  const ScriptResult result = run("echo begun; (sleep 1; touch " + marker + ") & wait", milliseconds(100));
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.status, 128 + SIGKILL);
  EXPECT_EQ(result.output, "begun\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(900));
  std::this_thread::sleep_for(milliseconds(1200));
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST_F(Script, KilledWhenNobodyNeedsItAnyMore) {
  Cancellation cancel;
  ScriptCall call{folder.script("script", "#!/bin/sh\nsleep 10\n"), {}, {{"PATH", "/usr/bin:/bin"}}, cancel.fd()};
  std::thread later([&cancel] {
    std::this_thread::sleep_for(milliseconds(100));
    cancel.cancel();
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(runner.run(call, milliseconds(9'000)).timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(5'000));
  later.join();
}

TEST_F(Script, BackgroundIsNotWaitedForNorKilled) {
  const std::string marker = folder.path("marker");
  const auto start = std::chrono::steady_clock::now();
  const ScriptResult result = run("(sleep 1; touch " + marker + ") & echo started");
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(900));
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.output, "started\n");
  std::this_thread::sleep_for(milliseconds(1500));
  EXPECT_TRUE(std::filesystem::exists(marker));
}

TEST_F(Script, LongOutputIsCutAndDoesNotBlock) {
  const ScriptResult result = run("yes | head -c 1000000");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output.size(), 65536U);
}

TEST_F(Script, ThatCannotBeStarted) {
  const auto refusal = [&](const std::string& path) -> std::string {
    try {
      runner.run({path, {}, {}}, milliseconds(1000));
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(refusal("/nowhere/block"), "Hotplug script /nowhere/block cannot be run: No such file or directory.");
  const std::string plain = folder.file("plain", "#!/bin/sh\n");
  EXPECT_EQ(refusal(plain), "Hotplug script " + plain + " cannot be run: Permission denied.");
}

TEST_F(Script, ManyAtOnce) {
  const ScriptCall call{folder.script("script", "#!/bin/sh\nexit $1\n"), {}, {{"PATH", "/bin"}}};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      ScriptCall mine = call;
      mine.arguments = {std::to_string(i)};
      EXPECT_EQ(runner.run(mine, milliseconds(10'000)).status, i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace xend
