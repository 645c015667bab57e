// The script that prepares the host's bridges: how it is called, and that nothing it does stops the daemon.
#include "xend/devices/network_script.h"

#include <gmock/gmock.h>

#include <sstream>

#include "tests/unit/xend/devices/fixture.h"
#include "xend/log.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RecordingRunner : public ScriptRunner {
 public:
  ScriptResult run(const ScriptCall& call, std::chrono::milliseconds limit) override {
    calls.push_back(call);
    limits.push_back(limit);
    return result;
  }

  std::vector<ScriptCall> calls;
  std::vector<std::chrono::milliseconds> limits;
  ScriptResult result;
};

class NetworkScript : public testing::Test {
 protected:
  NetworkScript() { log_open(folder.path("xend.log"), Level::kDebug, false); }
  ~NetworkScript() override { log_close(); }

  void run(const std::string& setting) {
    Options options;
    options.network_script = setting;
    run_network_script(options, scripts);
  }

  std::string log() const {
    std::stringstream text;
    text << std::ifstream(folder.path("xend.log")).rdbuf();
    return text.str();
  }

  TemporaryFolder folder;
  RecordingRunner scripts;
};

TEST_F(NetworkScript, RunsWithStartAndItsArguments) {
  const std::string script = folder.script("network-mine", "#!/bin/sh\n");
  run(script + " netdev=eth1  vifnum=0");
  ASSERT_EQ(scripts.calls.size(), 1U);
  EXPECT_EQ(scripts.calls[0].path, script);
  // Split at every single space, as it was: two of them give an empty argument.
  EXPECT_THAT(scripts.calls[0].arguments, ElementsAre("start", "netdev=eth1", "", "vifnum=0"));
  EXPECT_THAT(scripts.limits, ElementsAre(std::chrono::seconds(100)));
}

TEST_F(NetworkScript, IsNotRunWhenNoneIsNamed) {
  run("");
  run_network_script(Options(), scripts);
  EXPECT_TRUE(scripts.calls.empty());
  EXPECT_EQ(log(), "");
}

TEST_F(NetworkScript, SaysWhatToDoWhenThereIsNoneAnyMore) {
  run("network-bridge");
  EXPECT_TRUE(scripts.calls.empty());
  EXPECT_THAT(log(), HasSubstr("there is no " XEN_CONFIG_DIR "/scripts/network-bridge. Today's Xen brings no network "
                               "scripts: bridges belong into the host's own network configuration"));
}

TEST_F(NetworkScript, SaysHowItEnded) {
  scripts.result = {.status = 3, .output = "no eth1"};
  run(folder.script("network-mine", "#!/bin/sh\n"));
  EXPECT_THAT(log(), HasSubstr("network-mine ended with status 3: no eth1"));
}

TEST_F(NetworkScript, SaysThatItTookTooLong) {
  scripts.result.timed_out = true;
  run(folder.script("network-mine", "#!/bin/sh\n"));
  EXPECT_THAT(log(), HasSubstr("did not end within 100 seconds and was killed"));
}

}  // namespace
}  // namespace xend
