// What external-migration-tool is told, when it may refuse, and that what it did is taken back.
#include "xend/devices/migration_tool.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "xend/error.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using testing::ThrowsMessage;

class Recorder : public ScriptRunner {
 public:
  ScriptResult run(const ScriptCall& call, std::chrono::milliseconds) override {
    calls.push_back(fmt::format("{} {}", call.path, fmt::join(call.arguments, " ")));
    ScriptResult result;
    if (calls.back() == refused) result.status = 7;
    return result;
  }

  std::vector<std::string> calls;
  std::string refused;
};

TEST(MigrationTool, IsToldOfEachDeviceAndStep) {
  Recorder scripts;
  {
    MigrationTool tool(scripts, "/opt/tool", {"web1", {"vbd", "vif"}, "10.0.0.2"});
    tool.take(MigrationTool::kTest, -1);
    tool.take(MigrationTool::kSuspended, -1);
    tool.done();
  }
  EXPECT_THAT(scripts.calls, ElementsAre("/opt/tool -type vbd -step 0 -host 10.0.0.2 -domname web1",
                                         "/opt/tool -type vif -step 0 -host 10.0.0.2 -domname web1",
                                         "/opt/tool -type vbd -step 2 -host 10.0.0.2 -domname web1",
                                         "/opt/tool -type vif -step 2 -host 10.0.0.2 -domname web1"));
}

TEST(MigrationTool, IsNotRunWhenNoneIsNamed) {
  Recorder scripts;
  MigrationTool tool(scripts, "", {"web1", {"vbd"}, "10.0.0.2"});
  tool.take(MigrationTool::kTest, -1);
  EXPECT_THAT(scripts.calls, IsEmpty());
}

TEST(MigrationTool, IsNotAskedAboutPassedThroughDevices) {
  Recorder scripts;
  MigrationTool tool(scripts, "/opt/tool", {"web1", {"pci", "vusb"}, "10.0.0.2"});
  tool.take(MigrationTool::kTest, -1);
  EXPECT_THAT(scripts.calls, IsEmpty());
}

TEST(MigrationTool, TakesBackWhatWasDoneTheLastFirst) {
  Recorder scripts;
  scripts.refused = "/opt/tool -type vif -step 1 -host 10.0.0.2 -domname web1";
  {
    MigrationTool tool(scripts, "/opt/tool", {"web1", {"vbd", "vif"}, "10.0.0.2"});
    tool.take(MigrationTool::kTest, -1);
    scripts.calls.clear();
    EXPECT_THAT([&] { tool.take(MigrationTool::kBefore, -1); },
                ThrowsMessage<Error>(StartsWith("Migration tool returned 7\n/opt/tool refused step 1 for a vif")));
  }
  EXPECT_THAT(scripts.calls, ElementsAre("/opt/tool -type vbd -step 1 -host 10.0.0.2 -domname web1",
                                         "/opt/tool -type vif -step 1 -host 10.0.0.2 -domname web1",
                                         "/opt/tool -type vbd -step 1 -host 10.0.0.2 -domname web1 -recover",
                                         "/opt/tool -type vif -step 0 -host 10.0.0.2 -domname web1 -recover",
                                         "/opt/tool -type vbd -step 0 -host 10.0.0.2 -domname web1 -recover"));
}

TEST(MigrationTool, HandsForeignWordsOverAsTheyAre) {
  Recorder scripts;
  MigrationTool tool(scripts, "/opt/tool", {"web1", {"vbd"}, "host; rm -rf /"});
  tool.take(MigrationTool::kTest, -1);
  tool.done();
  EXPECT_THAT(scripts.calls, ElementsAre("/opt/tool -type vbd -step 0 -host host; rm -rf / -domname web1"));
}

}  // namespace
}  // namespace xend
