// The handover between a whole host and a destination that falls silent where it hurts most; then over a daemon that is
// started anew. Every ordering of the protocol itself is played in tests/sim/handover.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "rpc/fault.h"
#include "rpc/listen.h"
#include "sxp/parser.h"
#include "tests/sim/sim_host.h"
#include "xend/api/dispatcher.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/managed.h"
#include "xend/domain/save.h"
#include "xend/relocation/handover_journal.h"
#include "xend/relocation/handover_peer.h"
#include "xend/relocation/sender.h"

namespace sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using xend::Message;

// A destination that takes the guest up to `(commit T)` and then closes; what is asked later it answers with `word`.
class SilentDestination {
 public:
  SilentDestination() : listening_(rpc::listen_tcp("127.0.0.1", 0)), port_(rpc::port_of(listening_.get())) {
    thread_ = std::thread([this] { serve(); });
  }
  ~SilentDestination() {
    stopping_ = true;
    shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }
  unsigned port() const { return port_; }
  // What commit is answered with from now on; nothing before.
  void say(Message::Kind word) { word_ = static_cast<int>(word); }
  unsigned times_asked() const { return asked_; }

 private:
  void serve() {
    take_guest();
    while (!stopping_) {
      rpc::FileDescriptor socket(accept(listening_.get(), nullptr, nullptr));
      if (!socket) return;
      xend::PeerLink link(xend::Peer(std::move(socket)), "source");
      try {
        for (;;) {
          const auto asked = link.receive(5s);
          if (asked.kind == Message::Kind::kCommit) ++asked_;
          if (word_ < 0) break;
          const auto word =
              asked.kind == Message::Kind::kDone ? Message::Kind::kForgotten : static_cast<Message::Kind>(word_.load());
          link.send({.kind = word, .ticket = asked.ticket, .domid = 7});
        }
      } catch (const std::exception&) {
        // The source has what it wanted.
      }
    }
  }
  void take_guest() {
    xend::Peer peer(rpc::FileDescriptor(accept(listening_.get(), nullptr, nullptr)));
    EXPECT_EQ(peer.receive(80, 5s), "help\n");
    peer.send("(ok (help quit receive sslreceive handover))\n");
    xend::PeerLink link(std::move(peer), "source");
    const auto offer = link.receive(5s);
    link.send({.kind = Message::Kind::kReady, .ticket = offer.ticket});
    std::string image;
    while (image.find("(prepare ") == std::string::npos) image += link.peer().receive(4096, 5s);
    link.send({.kind = Message::Kind::kPrepared, .ticket = offer.ticket});
    EXPECT_EQ(link.receive(5s).kind, Message::Kind::kCommit);
  }

  rpc::FileDescriptor listening_;
  const unsigned port_;
  std::atomic<int> word_{-1};
  std::atomic<unsigned> asked_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

class SilentPeers : public testing::Test {
 protected:
  std::string move(SimHost& from, const std::string& name, unsigned port) {
    try {
      xend::relocate_domain(*from.host, from.host->domains.get(name), {.destination = "127.0.0.1", .port = port});
      return "moved";
    } catch (const std::exception& e) {
      return e.what();
    }
  }
  std::size_t records() {
    std::error_code none;
    const auto folder = std::filesystem::directory_iterator(one.folder / "relocation/departures", none);
    return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
  }
  std::string unpause(const std::string& name) {
    try {
      xend::unpause_domain(*one.host, *one.host->domains.get(name));
      return "unpaused";
    } catch (const std::exception& e) {
      return e.what();
    }
  }

  SimHost one;
};

TEST_F(SilentPeers, ItIsAskedUntilItAnswersAndTheGuestWaits) {
  one.start_guest("TestGuest");
  SilentDestination destination;
  EXPECT_THAT(move(one, "TestGuest", destination.port()),
              HasSubstr("xend keeps asking, and finishes the move by itself"));
  EXPECT_EQ(one.list(), "migrating-TestGuest ---s--");
  EXPECT_THAT(unpause("migrating-TestGuest"), HasSubstr("was given to 127.0.0.1"));
  EXPECT_EQ(records(), 1u);
  destination.say(Message::Kind::kRunning);
  EXPECT_TRUE(eventually([&] { return one.list().empty(); })) << one.list();
  EXPECT_TRUE(eventually([&] { return records() == 0; }));
}

TEST_F(SilentPeers, WhatHasBeenHandedOverIsNotCancelled) {
  one.start_guest("TestGuest");
  SilentDestination destination;
  move(one, "TestGuest", destination.port());
  try {
    xend::dispatch(*one.host, "xend.domain.cancel", {"TestGuest"}, {});
    ADD_FAILURE() << "it was cancelled";
  } catch (const rpc::Fault& e) {
    EXPECT_THAT(e.what(), HasSubstr("TestGuest has been handed over, so this cannot be cancelled any more. "));
  }
  EXPECT_EQ(one.list(), "migrating-TestGuest ---s--");
  destination.say(Message::Kind::kRunning);
  EXPECT_TRUE(eventually([&] { return one.list().empty(); })) << one.list();
}

TEST_F(SilentPeers, WhenItHasNothingTheGuestGoesOnHere) {
  one.start_guest("TestGuest");
  SilentDestination destination;
  move(one, "TestGuest", destination.port());
  destination.say(Message::Kind::kDiscarded);
  EXPECT_TRUE(eventually([&] { return one.list() == "TestGuest -b----"; })) << one.list();
  EXPECT_TRUE(eventually([&] { return records() == 0; }));
}

TEST_F(SilentPeers, TheNextDaemonGoesOnAsking) {
  one.start_guest("TestGuest");
  SilentDestination destination;
  move(one, "TestGuest", destination.port());
  one.restart_daemon();
  EXPECT_EQ(one.list(), "migrating-TestGuest ---s--");
  const auto asked = destination.times_asked();
  EXPECT_TRUE(eventually([&] { return destination.times_asked() > asked; }));
  EXPECT_THAT(unpause("migrating-TestGuest"), HasSubstr("was given to 127.0.0.1"));
  destination.say(Message::Kind::kRunning);
  EXPECT_TRUE(eventually([&] { return one.list().empty(); })) << one.list();
}

TEST_F(SilentPeers, WhoeverDestroysItHereDoesNotWaitForTheOtherHost) {
  one.start_guest("TestGuest");
  SilentDestination destination;
  move(one, "TestGuest", destination.port());
  xend::destroy_domain(*one.host, one.host->domains.get("migrating-TestGuest"));
  EXPECT_EQ(one.list(), "");
  destination.say(Message::Kind::kRunning);
  EXPECT_TRUE(eventually([&] { return records() == 0; }));
}

// The host of the source loses its power when the destination has, or may have, all of the guest.
class PowerCut : public SilentPeers {
 protected:
  // The guest and what was written about it as for this boot are gone; the record of the move is not.
  void cut_power(xend::DepartureState state = xend::DepartureState::kCommitted) {
    xend::HandoverJournal journal(one.folder / "relocation");
    auto record = journal.departures().at(0);
    uuid_ = record.uuid;
    one.xen.destroy(record.domid);
    record.boot = "the boot before";
    record.state = state;
    journal.write(record);
    one.restart_daemon();
  }
  std::string create(const std::string& name, const std::string& uuid = "") {
    return error_of([&] {
      xend::create_domain(*one.host, configuration(name, uuid.empty() ? xc::Uuid::random().to_string() : uuid));
    });
  }
  void define(const std::string& name) {
    xend::define_domain(*one.host, configuration(name, xc::Uuid::random().to_string(), "(on_xend_start start)"));
  }
  std::string start(const std::string& name) {
    return error_of([&] { xend::start_domain(*one.host, one.host->domains.get(name), false); });
  }

  bool reserved() {
    return !error_of([&] { one.host->domains.refuse_reserved("TestGuest", uuid_); }).empty();
  }

  static constexpr char kRefusal[] =
      "Domain TestGuest was being moved to 127.0.0.1 when this host lost its power; until 127.0.0.1 has said whether "
      "it runs there it is not started here. xend keeps asking. If 127.0.0.1 is gone for good, see the section on "
      "relocation in xend(8).";
  xc::Uuid uuid_;

 private:
  static sxp::Value configuration(const std::string& name, const std::string& uuid, const std::string& more = "") {
    return sxp::parse_one("(vm (name " + name + ") (uuid " + uuid + ") (memory 64) " + more +
                          " (image (linux (kernel /proc/version) (type pvh))))");
  }
  template <typename Action>
  static std::string error_of(Action&& action) {
    try {
      action();
    } catch (const std::exception& e) {
      return e.what();
    }
    return "";
  }
};

TEST_F(PowerCut, ItIsNotMadeAgainUntilItsDestinationHasSpoken) {
  one.start_guest("TestGuest");
  SilentDestination destination;
  move(one, "TestGuest", destination.port());
  cut_power();
  EXPECT_EQ(one.list(), "");
  EXPECT_EQ(create("TestGuest"), kRefusal);
  EXPECT_EQ(create("Renamed", uuid_.to_string()), kRefusal);
  EXPECT_EQ(create("Another"), "");
  EXPECT_EQ(one.list(), "Another --p---");
  destination.say(Message::Kind::kRunning);
  EXPECT_TRUE(eventually([&] { return records() == 0; }));
  EXPECT_TRUE(eventually([&] { return create("TestGuest").empty(); })) << "whoever insists knows what he does";
}

TEST_F(PowerCut, WhoDiedBeforeTheCommitMayAsWellRunThere) {
  one.start_guest("TestGuest");
  SilentDestination destination;
  move(one, "TestGuest", destination.port());
  cut_power(xend::DepartureState::kBegun);
  EXPECT_EQ(create("TestGuest"), kRefusal);
  destination.say(Message::Kind::kDiscarded);
  EXPECT_TRUE(eventually([&] { return create("TestGuest").empty(); }));
}

TEST_F(PowerCut, ItIsStartedAsItsConfigurationSaysWhenItIsNotThere) {
  define("TestGuest");
  ASSERT_EQ(start("TestGuest"), "");
  SilentDestination destination;
  move(one, "TestGuest", destination.port());
  cut_power();
  std::atomic<bool> goes_on = false;
  xend::autostart_domains(*one.host, goes_on);
  EXPECT_EQ(one.list(), "TestGuest halted");
  EXPECT_EQ(start("TestGuest"), kRefusal);
  destination.say(Message::Kind::kDiscarded);
  EXPECT_TRUE(eventually([&] { return one.list() == "TestGuest -b----"; })) << one.list();
}

TEST_F(PowerCut, ItIsNotStartedWhenItRunsThere) {
  define("TestGuest");
  ASSERT_EQ(start("TestGuest"), "");
  SilentDestination destination;
  move(one, "TestGuest", destination.port());
  cut_power();
  destination.say(Message::Kind::kRunning);
  EXPECT_TRUE(eventually([&] { return !reserved(); }));
  std::atomic<bool> goes_on = false;
  xend::autostart_domains(*one.host, goes_on);
  EXPECT_EQ(one.list(), "TestGuest halted");
  EXPECT_EQ(start("TestGuest"), "") << "whoever insists knows what he does";
  xend::destroy_domain(*one.host, one.host->domains.get("TestGuest"));
  xend::autostart_domains(*one.host, goes_on);
  EXPECT_EQ(one.list(), "TestGuest -b----") << "it was this host's again";
}

TEST_F(PowerCut, ItIsNotRestoredFromAnOldImageEither) {
  one.start_guest("TestGuest");
  xend::save_domain(*one.host, one.host->domains.get("TestGuest"), one.folder / "image", true);
  SilentDestination destination;
  move(one, "TestGuest", destination.port());
  cut_power();
  try {
    xend::restore_domain(*one.host, one.folder / "image", false);
    FAIL() << "it was restored";
  } catch (const std::exception& e) {
    EXPECT_STREQ(e.what(), kRefusal);
  }
}

TEST_F(PowerCut, AGuestThatHadBeenTakenBackIsThisHosts) {
  one.start_guest("TestGuest");
  SilentDestination destination;
  move(one, "TestGuest", destination.port());
  cut_power(xend::DepartureState::kAborted);
  EXPECT_EQ(create("TestGuest"), "");
}

}  // namespace
}  // namespace sim
