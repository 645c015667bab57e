#include "tests/sim/handover/daemons.h"

#include <fmt/format.h>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/error.h"
#include "xend/relocation/handover_destination.h"
#include "xend/relocation/handover_source.h"

namespace sim {

namespace {

using namespace std::chrono_literals;
using xend::ArrivalRecord;
using xend::DepartureRecord;
using xend::HandoverLink;
using xend::Message;

constexpr auto kSource = HostName::kSource;
constexpr auto kDestination = HostName::kDestination;
constexpr auto kForEver = std::chrono::hours(1);

class Link final : public HandoverLink {
 public:
  Link(World& world, std::shared_ptr<Connection> connection, HostName at)
      : world_(world), connection_(std::move(connection)), at_(at) {}
  ~Link() override { world_.close(*connection_, at_); }

  void send(const Message& message) override { world_.send(*connection_, at_, message); }
  Message receive(std::chrono::milliseconds limit) override {
    auto message = world_.receive(*connection_, at_, limit);
    if (!message) throw xend::LinkLost("nothing came");
    return *message;
  }
  int image_fd() override { return -1; }
  const std::string& who() const override { return who_; }

 private:
  const std::string who_ = "the other host";
  World& world_;
  std::shared_ptr<Connection> connection_;
  HostName at_;
};

// Pieces of the image go over the link as messages that say so.
Message piece(const std::string& text) {
  return {.kind = Message::Kind::kWait, .reason = text};
}

// Records that the daemon before this one has left, as the journal's files have them.
template <typename Record>
std::vector<Record> records(World& world, HostName host, Record (*parse)(const sxp::Value&)) {
  std::vector<Record> all;
  world.sync_folder(host);
  for (const auto& [name, text] : world.host(host).disk.seen) all.push_back(parse(sxp::parse_one(text)));
  return all;
}

// ---- source
// ----------------------------------------------------------------------------------------------------------

class Leaving final : public xend::LeavingGuest {
 public:
  Leaving(World& world, unsigned boot) : world_(world), boot_(boot) {}

  void send_image(HandoverLink& link) override {
    auto& here = world_.host(kSource);
    here.saver_alive = true;
    for (int round = 0; round < 2; ++round) {
      link.send(piece("pages"));
      if (world_.cancelled()) throw xend::Error("It was cancelled.");
    }
    world_.step();
    here.copy->running = false;
    world_.step();
    link.send(piece(std::to_string(here.copy->progress)));
    here.saver_alive = false;
  }
  bool exists() override {
    world_.step();
    return world_.host(kSource).copy && world_.host(kSource).boot == boot_;
  }
  void go_on() override {
    world_.step();
    auto& here = world_.host(kSource);
    here.saver_alive = false;
    if (here.copy && here.boot == boot_) here.copy->running = true;
    world_.step();
  }
  void end() override {
    world_.step();
    if (world_.host(kSource).boot == boot_) world_.host(kSource).copy.reset();
    world_.step();
  }

 private:
  World& world_;
  unsigned boot_;
};

class SourceDesk final : public xend::DepartureDesk {
 public:
  explicit SourceDesk(World& world) : world_(world) {}

  std::unique_ptr<HandoverLink> connect(const DepartureRecord&) override {
    auto connection = world_.connect(kSource);
    if (!connection) throw xend::LinkLost("nobody answers");
    return std::make_unique<Link>(world_, std::move(connection), kSource);
  }
  void write(const DepartureRecord& record) override {
    if (record.state == xend::DepartureState::kAborted) world_.taken_back();
    world_.write_file(kSource, record.ticket.to_string(), sxp::to_string(to_sxp(record)));
  }
  void forget(const xend::Ticket& ticket) override { world_.remove_file(kSource, ticket.to_string()); }
  void note(const DepartureRecord&, const std::string&) override {}
  std::chrono::milliseconds now() override { return world_.now(); }
  void wait(std::chrono::milliseconds time) override { world_.wait(time); }

 private:
  World& world_;
};

DepartureRecord first_record(World& world) {
  DepartureRecord record;
  record.ticket = *xend::Ticket::parse("00000000-0000-4000-8000-000000000001");
  record.name = "TestGuest";
  record.boot = std::to_string(world.host(kSource).boot);
  return record;
}

void move(World& world) {
  SourceDesk desk(world);
  Leaving guest(world, world.host(kSource).boot);
  xend::HandoverSource source(desk, guest, first_record(world));
  std::unique_ptr<HandoverLink> link;
  try {
    link = desk.connect(source.record());
    source.hand_over(*link, sxp::Value::list({"domain"}));
  } catch (const std::exception&) {
    // Refused, cancelled, or a link, disk or guest that did not last: what is left to do is settled below.
    if (source.record().state == xend::DepartureState::kBegun) return;
    link.reset();
  }
  if (!source.settled()) source.settle(link.get(), kForEver);
}

// ---- destination
// -----------------------------------------------------------------------------------------------------

class Arriving final : public xend::ArrivingGuest {
 public:
  Arriving(World& world, const Message& offer) : world_(world), ticket_(offer.ticket) {
    world_.host(kDestination).copy = Copy{.whole = false, .kept = false, .running = false};
    boot_ = world_.host(kDestination).boot;
  }
  // A killed daemon does nothing more, least of all this.
  ~Arriving() override {
    auto& here = world_.host(kDestination);
    if (!kept_ && here.daemon_up && here.daemon == daemon_ && here.copy) here.copy.reset();
  }

  void receive(HandoverLink& link) override {
    for (int round = 0; round < 2; ++round) link.receive(600s);
    const auto last = link.receive(600s);
    world_.step();
    if (unwanted_ || last.kind != Message::Kind::kWait || last.reason == "pages") throw xend::Error("cancelled");
    auto& copy = *world_.host(kDestination).copy;
    copy.progress = std::stol(last.reason);
    copy.whole = true;
    world_.step();
  }
  ArrivalRecord record() const override {
    ArrivalRecord record;
    record.ticket = ticket_;
    record.name = "TestGuest";
    record.domid = 7;
    record.boot = std::to_string(boot_);
    return record;
  }
  void keep() override {
    world_.step();
    world_.host(kDestination).copy->kept = kept_ = true;
    world_.step();
  }
  void cancel() override { unwanted_ = true; }

 private:
  World& world_;
  xend::Ticket ticket_;
  unsigned boot_ = 0, daemon_ = world_.host(kDestination).daemon;
  bool kept_ = false, unwanted_ = false;
};

class DestinationDesk final : public xend::ArrivalDesk {
 public:
  explicit DestinationDesk(World& world) : world_(world) {}

  std::unique_ptr<xend::ArrivingGuest> expect(const Message& offer, const std::string&) override {
    world_.step();
    if (world_.disk_full(kDestination)) throw xend::Error("There is no room for its record.");
    if (world_.take_refusal()) throw xend::Error("There is too little memory.");
    if (world_.host(kDestination).copy) throw xend::Error("It is here already.");
    return std::make_unique<Arriving>(world_, offer);
  }
  void write(const ArrivalRecord& record) override {
    world_.write_file(kDestination, record.ticket.to_string(), sxp::to_string(to_sxp(record)));
  }
  void forget(const xend::Ticket& ticket) override { world_.remove_file(kDestination, ticket.to_string()); }
  bool exists(const ArrivalRecord& record) override {
    world_.step();
    return world_.host(kDestination).copy && record.boot == std::to_string(world_.host(kDestination).boot);
  }
  void run(const ArrivalRecord& record) override {
    if (exists(record)) world_.host(kDestination).copy->running = true;
    world_.step();
  }
  void discard(const ArrivalRecord&) override {
    world_.step();
    world_.host(kDestination).copy.reset();
    world_.step();
  }
  void note(const ArrivalRecord&, const std::string&) override {}

 private:
  World& world_;
};

void converse(World& world, xend::HandoverDestination& destination, const std::shared_ptr<Connection>& connection) {
  Link link(world, connection, kDestination);
  try {
    const auto first = link.receive(30s);
    if (first.kind == Message::Kind::kOffer) return destination.serve(first, link);
    for (auto message = first;; message = link.receive(60s)) link.send(destination.answer(message));
  } catch (const std::exception&) {
    // The connection has ended; whoever needs an answer makes another.
  }
}

// A copy that was being received when a daemon died, and that no record speaks of.
void take_away_what_is_half_made(World& world, const std::vector<ArrivalRecord>& known) {
  auto& here = world.host(kDestination);
  if (here.copy && !here.copy->kept && known.empty()) here.copy.reset();
}

}  // namespace

void run_source(World& world) {
  const auto left = records<DepartureRecord>(world, kSource, xend::parse_departure);
  if (world.host(kSource).daemon == 1) return move(world);
  for (const auto& record : left) {
    SourceDesk desk(world);
    Leaving guest(world, static_cast<unsigned>(std::stoul(record.boot)));
    xend::HandoverSource source(desk, guest, record);
    try {
      source.recover();
    } catch (const xend::Error&) {
      // The disk does not take it: settle() tries again.
    }
    source.settle(nullptr, kForEver);
  }
}

void run_destination(World& world) {
  struct Daemon {
    explicit Daemon(World& world) : desk(world) {}
    DestinationDesk desk;
    xend::HandoverDestination destination{desk};
  };
  // A killed process ends fiber by fiber: what they share ends with the last.
  const auto daemon = std::make_shared<Daemon>(world);
  const auto left = records<ArrivalRecord>(world, kDestination, xend::parse_arrival);
  take_away_what_is_half_made(world, left);
  daemon->destination.recover(left);
  while (const auto connection = world.accept(kDestination))
    world.spawn([&world, daemon, connection] { converse(world, daemon->destination, connection); });
}

}  // namespace sim
