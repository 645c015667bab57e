// The external migration tool is told of each step while a domain is saved, and may stop it.
#include <fmt/format.h>
#include <fmt/ranges.h>
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
      told.push_back(fmt::format("{}", fmt::join(call.arguments.begin() + 2, call.arguments.end(), " ")));
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
  const std::string image = path("image");
  xend::save_domain(*host.host, guest(), image, false);
  EXPECT_THAT(
      told,
      ElementsAre("-step 0 -host " + image + " -domname TestGuest", "-step 1 -host " + image + " -domname TestGuest",
                  "-step 2 -host " + image + " -domname TestGuest", "-step 3 -host " + image + " -domname TestGuest"));
  EXPECT_EQ(host.list(), "");
}

TEST_F(WithTool, ARefusalAfterTheSuspendBringsTheGuestBack) {
  const std::string image = path("image");
  refused = "-step 3 -host " + image + " -domname TestGuest";
  EXPECT_THAT(error_of([&] { xend::save_domain(*host.host, guest(), image, false); }),
              StartsWith("Migration tool returned 1"));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  told.erase(told.begin(), told.begin() + 4);
  EXPECT_THAT(told, ElementsAre("-step 2 -host " + image + " -domname TestGuest -recover",
                                "-step 1 -host " + image + " -domname TestGuest -recover",
                                "-step 0 -host " + image + " -domname TestGuest -recover"));
}

TEST_F(WithTool, ARefusalBeforehandLeavesTheGuestAlone) {
  refused = "-step 0 -host " + path("image") + " -domname TestGuest";
  EXPECT_THAT(error_of([&] { xend::save_domain(*host.host, guest(), path("image"), false); }),
              StartsWith("Migration tool returned 1"));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(told.size(), 1U);
}

}  // namespace
}  // namespace sim
