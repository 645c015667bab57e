// Domains move between two hosts, or stay where they are: orderings and faults that real hosts do not produce on
// demand.
#include "xend/relocation/sender.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "rpc/server.h"
#include "tests/sim/sim_host.h"
#include "tests/unit/rpc/certificate.h"
#include "xend/domain/lifecycle.h"
#include "xend/error.h"
#include "xend/log.h"
#include "xend/relocation/peer.h"

namespace sim {
namespace {

using rpc::fingerprint_of;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

class Relocations : public testing::Test {
 protected:
  // Moves `name` from one to the host behind `port`; the text of the error, or "moved".
  std::string move(const std::string& name, unsigned port, bool live = false, bool ssl = false) {
    try {
      xend::relocate_domain(*one.host, one.host->domains.get(name),
                            {.destination = "127.0.0.1", .live = live, .port = port, .ssl = ssl, .rate_mbit = 0});
      return "moved";
    } catch (const std::exception& e) {
      return e.what();
    }
  }

  SimHost one, two;
};

// An old xend that does as the test likes: takes `swallow` bytes of a guest, then sends `answer` and closes.
class OddDestination {
 public:
  OddDestination(std::size_t swallow, std::string answer) : listening_(rpc::listen_tcp("127.0.0.1", 0)) {
    thread_ = std::thread([this, swallow, answer] {
      xend::Peer peer(rpc::FileDescriptor(accept(listening_.get(), nullptr, nullptr)));
      try {
        EXPECT_EQ(peer.receive(80, std::chrono::seconds(5)), "help\n");
        peer.send("(ok (help quit receive sslreceive))\n");
        EXPECT_EQ(peer.receive(80, std::chrono::seconds(5)), "receive\n");
        peer.send("(ready receive)\n");
        for (std::size_t taken = 0; taken < swallow;) {
          const auto bytes = peer.receive(swallow - taken, std::chrono::seconds(5));
          if (bytes.empty()) break;
          taken += bytes.size();
        }
        peer.send(answer);
      } catch (const std::exception&) {
        // The source went away first.
      }
    });
  }
  ~OddDestination() { thread_.join(); }
  unsigned port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

 private:
  rpc::FileDescriptor listening_;
  std::thread thread_;
};

TEST_F(Relocations, AGuestArrivesWithItsMemoryAndNothingStays) {
  one.start_guest("TestGuest", "42 and some");
  EXPECT_EQ(move("TestGuest", two.listen()), "moved");
  EXPECT_EQ(one.list(), "");
  EXPECT_EQ(two.list(), "TestGuest -b----");
  EXPECT_EQ(two.helpers.memory_of(two.host->domains.get("TestGuest")->running_domid()), "42 and some");
  EXPECT_TRUE(one.store.tree("/vm").size() <= 1) << "nodes of the guest stayed";
}

TEST_F(Relocations, ItMovesThereAndBack) {
  one.start_guest("TestGuest");
  const auto there = two.listen();
  const auto back = one.listen();
  EXPECT_EQ(move("TestGuest", there), "moved");
  xend::relocate_domain(*two.host, two.host->domains.get("TestGuest"),
                        {.destination = "127.0.0.1", .live = true, .port = back, .ssl = false, .rate_mbit = 0});
  EXPECT_EQ(one.list(), "TestGuest -b----");
  EXPECT_EQ(two.list(), "");
}

TEST_F(Relocations, AHostThatIsNotListedIsTurnedAwayAndTheGuestRunsOn) {
  one.start_guest("TestGuest");
  const auto error = move("TestGuest", two.listen("^192\\.0\\.2\\.1$"));
  EXPECT_THAT(error, StartsWith("can't connect: 127.0.0.1 closed the connection at once"));
  EXPECT_THAT(error, HasSubstr("xend-relocation-hosts-allow"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
  EXPECT_EQ(two.list(), "");
}

TEST_F(Relocations, NobodyListening) {
  one.start_guest("TestGuest");
  EXPECT_THAT(move("TestGuest", 1), StartsWith("can't connect: [Errno 111] Connection refused"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
}

TEST_F(Relocations, TooLittleMemoryThereIsSaidWithTheNumbers) {
  one.start_guest("TestGuest");
  two.xen.change_host([](xc::HostInfo& h) { h.total_kib = h.free_kib = xc::MiB{8}; });
  const auto error = move("TestGuest", two.listen());
  EXPECT_THAT(error, HasSubstr("I need "));
  EXPECT_THAT(error, HasSubstr("(from 127.0.0.1)"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
  EXPECT_EQ(two.list(), "");
}

TEST_F(Relocations, TheSameGuestIsThereAlready) {
  one.start_guest("TestGuest");
  two.start_guest("TestGuest");
  EXPECT_THAT(move("TestGuest", two.listen()), HasSubstr("Domain 'TestGuest' already exists with ID '1'"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
  EXPECT_EQ(two.list(), "TestGuest -b----");
}

TEST_F(Relocations, ADestinationThatDiesHalfWay) {
  one.start_guest("TestGuest", std::string(8'000'000, 'x'));
  OddDestination destination(100'000, "");
  EXPECT_THAT(move("TestGuest", destination.port()), HasSubstr("TestGuest runs on here"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
}

TEST_F(Relocations, ADestinationThatFailsAtTheLastByteSendsTheGuestHome) {
  one.start_guest("TestGuest", "short");
  OddDestination destination(64 * 1024, "(err (type x) (value 'no bridge xenbr0'))\n");
  EXPECT_EQ(move("TestGuest", destination.port()), "no bridge xenbr0 (from 127.0.0.1)");
  EXPECT_EQ(one.list(), "TestGuest -b----");
}

// It has everything and does not say whether the guest runs: never two of them.
TEST_F(Relocations, ADestinationThatSaysNothingLeavesTheGuestSuspendedUntilSomebodyLooked) {
  one.start_guest("TestGuest", "short");
  OddDestination destination(64 * 1024, "");
  EXPECT_THAT(move("TestGuest", destination.port()), HasSubstr("did not say whether it runs there"));
  EXPECT_EQ(one.list(), "migrating-TestGuest ---s--");
  xend::unpause_domain(*one.host, *one.host->domains.get("migrating-TestGuest"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
}

TEST_F(Relocations, AGuestThatDoesNotSuspendRunsOn) {
  one.start_guest("Stubborn");
  one.guests_suspend(false);
  const auto error = move("Stubborn", two.listen());
  EXPECT_THAT(error, HasSubstr("Timeout waiting for domain 1 to suspend"));
  EXPECT_THAT(error, HasSubstr("Stubborn did not take the request"));
  EXPECT_EQ(one.list(), "Stubborn -b----");
  EXPECT_TRUE(eventually([&] { return two.list().empty(); })) << two.list();
  EXPECT_EQ(one.store.read("/local/domain/1/control/shutdown"), "");
}

TEST_F(Relocations, APvGuestIsNotMovedLiveWhereXenCannotLogItsPages) {
  xend::create_domain(
      *one.host,
      sxp::Value::list(
          {"vm", sxp::Value::list({"name", "Pv"}), sxp::Value::list({"memory", "64"}),
           sxp::Value::list({"image", sxp::Value::list({"linux", sxp::Value::list({"kernel", "/proc/version"})})})}));
  xend::unpause_domain(*one.host, *one.host->domains.get("Pv"));
  one.xen.change_host([](xc::HostInfo& h) { h.shadow = false; });
  const auto before = one.xen.calls();
  EXPECT_THAT(move("Pv", two.listen(), true), HasSubstr("without --live"));
  EXPECT_EQ(one.xen.calls(), before) << "the guest was touched";
  one.xen.change_host([](xc::HostInfo& h) { h.shadow = true; });
  EXPECT_EQ(move("Pv", two.listen(), true), "moved");
}

TEST_F(Relocations, CancelledHalfWayItRunsOn) {
  one.start_guest("TestGuest");
  const auto port = two.listen();
  one.helpers.hang_saves(true);
  std::thread canceller([this] {
    eventually([this] { return one.helpers.hanging(); });
    EXPECT_EQ(one.list(), "migrating-TestGuest -b----");
    one.host->domains.get("migrating-TestGuest")->cancel();
  });
  EXPECT_THAT(move("TestGuest", port), HasSubstr("cancelled"));
  canceller.join();
  EXPECT_EQ(one.list(), "TestGuest -b----");
  EXPECT_TRUE(eventually([&] { return two.list().empty(); }));
}

TEST_F(Relocations, DestroyingAGuestOnItsWayCancelsTheMove) {
  one.start_guest("TestGuest");
  const auto port = two.listen();
  one.helpers.hang_saves(true);
  std::thread destroyer([this] {
    eventually([this] { return one.helpers.hanging(); });
    xend::destroy_domain(*one.host, one.host->domains.get("migrating-TestGuest"));
  });
  EXPECT_NE(move("TestGuest", port), "moved");
  destroyer.join();
  EXPECT_EQ(one.list(), "");
}

TEST_F(Relocations, ThroughTlsAGuestArrivesWithItsMemory) {
  const std::string memory(3'000'000, 'm');
  one.start_guest("TestGuest", memory);
  EXPECT_EQ(move("TestGuest", two.listen_encrypted(), true, true), "moved");
  EXPECT_EQ(one.list(), "");
  EXPECT_EQ(two.list(), "TestGuest -b----");
  EXPECT_EQ(two.helpers.memory_of(two.host->domains.get("TestGuest")->running_domid()), memory);
}

// Two hosts with a certificate each.
class CertifiedRelocations : public Relocations {
 protected:
  CertifiedRelocations() {
    std::signal(SIGPIPE, SIG_IGN);  // as the daemon does
    rpc::write_certificate(pem_);
    rpc::write_certificate(strangers_);
    xend::log_open(log_, xend::Level::kInfo, false);
  }
  ~CertifiedRelocations() override { xend::log_close(); }

  // Host one shows its own certificate and goes to hosts with that in `pem`.
  void one_trusts(const std::string& pem) {
    auto options = *one.options.get();
    options.xend_relocation_server_ssl_key_file = options.xend_relocation_server_ssl_cert_file = pem_;
    options.xend_relocation_ssl_peers = {fingerprint_of(pem).text()};
    one.options.set(options);
  }
  std::string logged() const {
    std::ostringstream text;
    text << std::ifstream(log_).rdbuf();
    return text.str();
  }

  const std::string pem_ = one.folder / "one.pem", strangers_ = one.folder / "stranger.pem";
  const std::string log_ = one.folder / "xend.log";
};

TEST_F(CertifiedRelocations, HostsThatKnowEachOtherMoveAGuest) {
  const std::string memory(3'000'000, 'm');
  one.start_guest("TestGuest", memory);
  const auto port = two.listen_encrypted({"", {fingerprint_of(pem_)}});
  one_trusts(two.folder / "host.pem");
  EXPECT_EQ(move("TestGuest", port, true, true), "moved");
  EXPECT_EQ(one.list(), "");
  EXPECT_EQ(two.helpers.memory_of(two.host->domains.get("TestGuest")->running_domid()), memory);
  EXPECT_THAT(logged(),
              ContainsRegex("INFO .*Domain TestGuest .1. goes to 127.0.0.1 encrypted with TLSv1\\.[23] .*, by "
                            "(xend|the kernel); the other host's certificate is one of xend-relocation-ssl-peers"));
  EXPECT_THAT(logged(), HasSubstr("A domain is offered by 127.0.0.1, encrypted with TLSv1."));
}

TEST_F(CertifiedRelocations, ADestinationWithAnotherCertificateGetsNothing) {
  one.start_guest("TestGuest");
  const auto port = two.listen_encrypted({"", {fingerprint_of(pem_)}});
  one_trusts(strangers_);
  const auto error = move("TestGuest", port, false, true);
  EXPECT_THAT(error, StartsWith("SSL error: 127.0.0.1: It showed the certificate with the SHA-256 fingerprint " +
                                fingerprint_of(two.folder / "host.pem").text() +
                                ", and it is none of those that are known here."));
  EXPECT_THAT(error, HasSubstr("to xend-relocation-ssl-peers here"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
  EXPECT_EQ(two.list(), "");
}

TEST_F(CertifiedRelocations, AStrangerIsTurnedAwayAndTheGuestStays) {
  one.start_guest("TestGuest");
  const auto port = two.listen_encrypted({"", {fingerprint_of(strangers_)}});
  one_trusts(two.folder / "host.pem");
  EXPECT_THAT(move("TestGuest", port, false, true), HasSubstr("this host's certificate"));
  EXPECT_EQ(one.list(), "TestGuest -b----");
  EXPECT_EQ(two.list(), "");
  EXPECT_TRUE(eventually([this] {
    return logged().find(
               "Relocation connection from 127.0.0.1: It showed the certificate with the SHA-256 fingerprint " +
               fingerprint_of(pem_).text()) != std::string::npos;
  }));
}

TEST_F(CertifiedRelocations, WhatIsNotProtectedIsLogged) {
  one.start_guest("TestGuest");
  EXPECT_EQ(move("TestGuest", two.listen_encrypted(), false, true), "moved");
  EXPECT_THAT(logged(), ContainsRegex("WARNING .*Domain TestGuest .1. goes to 127.0.0.1 encrypted with .*; whose "
                                      "certificate the other host shows was not asked"));
  one.start_guest("OtherGuest");
  EXPECT_EQ(move("OtherGuest", two.listen()), "moved");
  EXPECT_THAT(logged(), ContainsRegex("INFO .*Domain OtherGuest .2. goes to 127.0.0.1 in cleartext"));
}

TEST_F(Relocations, TlsAndPlainDoNotMix) {
  one.start_guest("TestGuest");
  EXPECT_THAT(move("TestGuest", two.listen(), false, true), StartsWith("SSL error: "));
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(move("TestGuest", two.listen_encrypted(), false, false), StartsWith("can't connect: "));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
  EXPECT_EQ(one.list(), "TestGuest -b----");
  EXPECT_EQ(two.list(), "");
}

TEST_F(Relocations, ThroughTlsTheReasonOfARefusalArrives) {
  one.start_guest("TestGuest");
  two.start_guest("TestGuest");
  EXPECT_EQ(move("TestGuest", two.listen_encrypted(), false, true),
            "Domain 'TestGuest' already exists with ID '1' (from 127.0.0.1)");
  EXPECT_EQ(one.list(), "TestGuest -b----");
}

// Whatever is sent to the port, the next guest is received.
TEST_F(Relocations, BytesThatAreNotTheProtocol) {
  const auto port = two.listen();
  for (const auto& [bytes, answer] : std::vector<std::pair<std::string, std::string>>{
           {"help\n", "(ok (help quit receive sslreceive handover))\n"},
           {"quit\n", ""},
           {"shutdown -h now\n",
            "(err (type \"<class 'xen.xend.XendError.XendError'>\") (value 'Invalid operation: shutdown'))\n"},
           {")\n", "(err (type \"<class 'xen.xend.XendError.XendError'>\") (value 'syntax error: )'))\n"},
           {std::string(100, '('), "(err "},
           {std::string(1, '\x16'),
            "(err (type \"<class 'xen.xend.XendError.XendError'>\") (value 'invalid character: code 22'))\n"},
       }) {
    auto peer = xend::connect_to("127.0.0.1", port);
    peer.send(bytes);
    EXPECT_THAT(peer.receive(4096, std::chrono::seconds(5)), StartsWith(answer)) << bytes;
  }
  one.start_guest("TestGuest");
  EXPECT_EQ(move("TestGuest", port), "moved");
}

TEST_F(Relocations, AStreamThatIsNoGuestLeavesNothingBehind) {
  auto peer = xend::connect_to("127.0.0.1", two.listen());
  peer.send("receive\n");
  EXPECT_EQ(peer.receive(80, std::chrono::seconds(5)), "(ready receive)\n");
  peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(peer.receive(4096, std::chrono::seconds(5)), HasSubstr("not a valid guest state file: found"));
  EXPECT_EQ(two.list(), "");
}

TEST_F(Relocations, ACommandThatDribblesInIsCutOff) {
  auto slow = xend::connect_to("127.0.0.1", two.listen("", {.command = std::chrono::milliseconds(300)}));
  const auto before = std::chrono::steady_clock::now();
  // Whether the daemon has hung up, asked with another byte every 50 ms.
  const auto cut_off = [&] {
    try {
      slow.send("x");
      return slow.receive(1, std::chrono::milliseconds(50)).empty();
    } catch (const std::system_error& e) {
      return e.code() != std::errc::timed_out;
    }
  };
  while (!cut_off()) ASSERT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
}

TEST_F(Relocations, APeerThatOnlyTalksIsShownOut) {
  const auto port = two.listen("", {.commands = 3});
  auto peer = xend::connect_to("127.0.0.1", port);
  peer.send("help\nhelp\nhelp\nhelp\n");
  std::string all;
  for (std::string some = "x"; !some.empty(); all += some) some = peer.receive(4096, std::chrono::seconds(5));
  EXPECT_THAT(all, HasSubstr("(value 'Too many commands and no domain')"));
}

TEST_F(Relocations, ACrowdOfSilentPeersKeepsNobodyOutForLong) {
  const auto port = two.listen("", {.connections = 4, .command = std::chrono::milliseconds(300)});
  std::vector<xend::Peer> crowd;
  for (int i = 0; i < 8; ++i) crowd.push_back(xend::connect_to("127.0.0.1", port));
  one.start_guest("TestGuest");
  EXPECT_TRUE(eventually([&] { return move("TestGuest", port) == "moved"; }));
}

}  // namespace
}  // namespace sim
