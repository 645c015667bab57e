// The external migration tool is told of each step while a domain is saved, and may stop it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/sim/life.h"
#include "xend/domain/save.h"

namespace sim {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

class WithTool : public Life {
 protected:
  WithTool() {
    xend::Options options = *host.options.get();
    options.external_migration_tool = "/opt/tool";
    host.options.set(std::move(options));
    host.scripts.behave([this](const xend::ScriptCall& call) {
      if (call.path != "/opt/tool") return host.scripts.succeed(call);
      EXPECT_EQ(call.arguments.at(5), path("image"));
      EXPECT_EQ(call.arguments.at(7), "TestGuest");
      const bool recover = call.arguments.back() == "-recover";
      told.push_back(fmt::format("{} {}{}", call.arguments.at(1), call.arguments.at(3), recover ? " back" : ""));
      xend::ScriptResult result;
      result.status = told.back() == refused ? 1 : 0;
      return result;
    });
    EXPECT_EQ(create("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))) "
                     "(device (vif (bridge xenbr0) (mac 00:16:3e:00:00:01))))"),
              "");
    xend::unpause_domain(*host.host, *guest());
  }

  std::vector<std::string> told;
  std::string refused;
};

TEST_F(WithTool, IsToldOfEveryStepOfASave) {
  xend::save_domain(*host.host, guest(), path("image"), false);
  EXPECT_THAT(told,
              ElementsAre("vif 0", "console 0", "vif 1", "console 1", "vif 2", "console 2", "vif 3", "console 3"));
  EXPECT_EQ(host.list(), "");
}

TEST_F(WithTool, ARefusalAfterTheSuspendBringsTheGuestBack) {
  refused = "vif 3";
  EXPECT_THAT(error_of([&] { xend::save_domain(*host.host, guest(), path("image"), false); }),
              StartsWith("Migration tool returned 1"));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  told.erase(told.begin(), told.begin() + 7);
  EXPECT_THAT(told, ElementsAre("console 2 back", "vif 2 back", "console 1 back", "vif 1 back", "console 0 back",
                                "vif 0 back"));
}

TEST_F(WithTool, ARefusalBeforehandLeavesTheGuestAlone) {
  refused = "vif 0";
  EXPECT_THAT(error_of([&] { xend::save_domain(*host.host, guest(), path("image"), false); }),
              StartsWith("Migration tool returned 1"));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_THAT(told, ElementsAre("vif 0"));
}

}  // namespace
}  // namespace sim
