// Speaking with a device model that answers well, badly, or not at all.
#include "xend/build/qmp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/xend/build/listening_socket.h"
#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/error.h"

namespace xend {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr const char* kGreeting = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n";

class AgainstASocket : public testing::Test {
 protected:
  // What `use` says it is refused with when the other end behaves as `serve`.
  std::string refusal(
      std::function<void(test::Connection&)> serve,
      std::function<void(Qmp&)> use = [](Qmp& qmp) { qmp.command("query-vnc"); }) {
    const test::ListeningSocket socket(path_, std::move(serve));
    try {
      Qmp qmp(path_, limit_);
      use(qmp);
    } catch (const Error& e) {
      std::filesystem::remove(path_);
      return e.what();
    }
    std::filesystem::remove(path_);
    return "no refusal";
  }
  // A device model that has exchanged greetings and then gives `answer` to the next command.
  static std::function<void(test::Connection&)> answering(const std::string& answer) {
    return [answer](test::Connection& peer) {
      peer.say(kGreeting);
      peer.hear();
      peer.say("{\"return\": {}}\n");
      peer.hear();
      peer.say(answer);
      peer.wait_for_end();
    };
  }

  test::TemporaryFolder folder_;
  std::string path_ = folder_.path() / "qmp";
  std::chrono::milliseconds limit_ = 10s;
};

TEST_F(AgainstASocket, CommandsGoOutAndAnswersComeBack) {
  std::vector<std::string> heard;
  {
    const test::ListeningSocket socket(path_, [&](test::Connection& peer) {
      peer.say(kGreeting);
      heard.push_back(peer.hear());
      peer.say("{\"return\": {}}\n");
      heard.push_back(peer.hear());
      peer.say("{\"return\": {\"service\": \"5900\"}}\n");
      heard.push_back(peer.hear());
      peer.say("{\"return\": []}\n");
    });
    Qmp qmp(path_, limit_);
    EXPECT_EQ(qmp.command("query-vnc")["service"], "5900");
    EXPECT_EQ(qmp.command("xen-save-devices-state", {{"filename", "/a b"}, {"live", false}}), nlohmann::json::array());
  }
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_EQ(heard[0], R"({"execute":"qmp_capabilities"})");
  EXPECT_EQ(heard[1], R"({"execute":"query-vnc"})");
  EXPECT_EQ(
      nlohmann::json::parse(heard[2]),
      nlohmann::json::parse(R"({"execute":"xen-save-devices-state","arguments":{"filename":"/a b","live":false}})"));
}

TEST_F(AgainstASocket, EventsBetweenAreNoAnswers) {
  EXPECT_EQ(refusal(answering("{\"event\": \"STOP\", \"timestamp\": {}}\n{\"event\": \"RESUME\"}\n{\"return\": {}}\n")),
            "no refusal");
}

TEST_F(AgainstASocket, AnAnswerMayComeAByteAtATime) {
  EXPECT_EQ(refusal([](test::Connection& peer) {
              for (const char c : std::string(kGreeting)) peer.say({c});
              peer.hear();
              for (const char c : std::string("{\"return\": {}}\n{\"event\": 1}\n")) peer.say({c});
              peer.hear();
              for (const char c : std::string("{\"return\": {}}\n")) peer.say({c});
              peer.wait_for_end();
            }),
            "no refusal");
}

TEST_F(AgainstASocket, ARefusalCarriesItsDescription) {
  EXPECT_EQ(refusal(answering("{\"error\": {\"class\": \"GenericError\", \"desc\": \"No \\u001b[2Jdisplay\"}}\n")),
            "The device model refuses query-vnc: No \\x1b[2Jdisplay");
  EXPECT_EQ(refusal(answering("{\"error\": 7}\n")), "The device model refuses query-vnc: ");
  EXPECT_EQ(refusal(answering("{\"error\": {\"desc\": \"" + std::string(5000, 'x') + "\"}}\n")),
            "The device model refuses query-vnc: " + std::string(500, 'x'));
}

TEST_F(AgainstASocket, WhatIsNotTheProtocolIsRefused) {
  for (const char* garbage :
       {"\n", "hello\n", "7\n", "[1]\n", "{\"return\": \n", "{\"return\": {}} {}\n", "\xff\xfe\n"})
    EXPECT_EQ(refusal(answering(garbage)), "The device model's answer is not the protocol of QEMU.") << garbage;
  EXPECT_THAT(refusal([](test::Connection& peer) { peer.say("{\"hello\": 1}\n"); }),
              MatchesRegex(".*/qmp is not the socket of a device model\\."));
}

// Copying such a value would use up the stack of the thread that does it.
TEST_F(AgainstASocket, ADeeplyNestedAnswerIsRefused) {
  const std::string deep = std::string(500'000, '[') + std::string(500'000, ']');
  EXPECT_EQ(refusal(answering("{\"return\": " + deep + "}\n")),
            "The device model's answer is nested deeper than the protocol of QEMU ever is.");
}

TEST_F(AgainstASocket, AnAnswerWithoutEndIsRefused) {
  EXPECT_EQ(refusal([](test::Connection& peer) {
              const std::string more(100'000, 'x');
              while (peer.say(more)) continue;
            }),
            "The device model's answer is longer than 1 MiB.");
}

TEST_F(AgainstASocket, SilenceEndsWithTheDeadline) {
  limit_ = 100ms;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(refusal([](test::Connection& peer) { peer.wait_for_end(); }),
              MatchesRegex("The device model did not answer on .*/qmp within 100 ms\\."));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

// Events for ever do not make it wait for ever.
TEST_F(AgainstASocket, ManyEventsAreNoAnswer) {
  limit_ = 200ms;
  EXPECT_THAT(refusal([](test::Connection& peer) {
                peer.say(kGreeting);
                while (peer.say("{\"event\": 1}\n")) continue;
              }),
              HasSubstr("did not answer"));
}

TEST_F(AgainstASocket, OneThatGoesAwayIsNamed) {
  EXPECT_EQ(refusal([](test::Connection&) {}), "The device model has closed its socket: it may have ended.");
  EXPECT_EQ(refusal([](test::Connection& peer) { peer.say("{\"QMP\""); }),
            "The device model has closed its socket: it may have ended.");
}

TEST_F(AgainstASocket, WhatIsNotUtf8IsNotSent) {
  EXPECT_EQ(refusal(answering("{\"return\": {}}\n"),
                    [](Qmp& qmp) {
                      qmp.command("change-vnc-password", {{"password", "gr\xfc\xdf"}});
                    }),
            "What the device model is to be told is not UTF-8, and it takes nothing else.");
}

TEST(Qmp, SocketsThatCannotBe) {
  const auto refusal = [](const std::string& path) -> std::string {
    try {
      Qmp qmp(path, 1s);
    } catch (const Error& e) {
      return e.what();
    }
    return "no refusal";
  };
  EXPECT_EQ(refusal("/nowhere/qmp"), "The device model does not answer on /nowhere/qmp: No such file or directory");
  EXPECT_EQ(refusal("/" + std::string(200, 'a')), "/" + std::string(200, 'a') + " is too long for a socket.");
}

}  // namespace
}  // namespace xend
