#include "xend/relocation/departures.h"

#include "xend/domain/lifecycle.h"
#include "xend/domain/managed.h"
#include "xend/domain/store_layout.h"
#include "xend/domain/suspend.h"
#include "xend/error.h"
#include "xend/log.h"
#include "xend/relocation/arrivals.h"

namespace xend {

namespace {

constexpr auto kForEver = std::chrono::hours(24 * 365);

std::string may_run_there(const DepartureRecord& record) {
  return fmt::format(
      "Domain {} was being moved to {} when {}; until {} has said whether it runs there it is not started here. xend "
      "keeps asking. If {} is gone for good, see the section on relocation in xend(8).",
      record.name, record.destination, record.boot == boot_id() ? "it ended here" : "this host lost its power",
      record.destination, record.destination);
}

// The daemon is going down: no failure of the move, which the next one takes up.
struct Stopped {};

}  // namespace

// One move: guest and desk of a HandoverSource, for as long as it is not settled.
class Departures::Move final : public LeavingGuest, public DepartureDesk {
 public:
  Move(Departures& all, std::shared_ptr<Domain> domain, const DepartureRecord& record)
      : all_(all), domain_(std::move(domain)), source_(*this, *this, record) {}
  ~Move() override {
    if (departure_) departure_->keep_suspended();
  }

  HandoverSource& source() { return source_; }
  const std::shared_ptr<Domain>& domain() const { return domain_; }

  // Before anything is handed over: takes the domain for itself.
  void depart(const Relocation& relocation) {
    relocation_ = relocation;
    departure_.emplace(all_.host_, domain_, "migrated", relocation.destination);
  }
  const Departure& departure() const { return *departure_; }
  const SaveResult& sent() const { return sent_; }
  std::chrono::milliseconds stopped() const { return stopped_; }

  // From here on nobody works on the domain; what may be done with it is said in held_because.
  void release() {
    if (departure_) departure_->keep_suspended();
    departure_.reset();
  }

  // ---- LeavingGuest ----

  void send_image(HandoverLink& link) override {
    sent_ = departure_->send_memory(link.image_fd(), source_.record().ticket.to_string(),
                                    {relocation_.live, relocation_.rate_mbit, relocation_.limits});
  }
  bool exists() override {
    if (!domain_ || source_.record().boot != boot_id()) return false;
    const auto info = all_.host_.xen.domain(source_.record().domid);
    return info && info->handle == source_.record().uuid;
  }
  void go_on() override {
    if (!domain_) return;
    domain_->update([](DomainState& s) { s.held_because.clear(); });
    if (departure_) return departure_.reset();
    if (!exists()) return;
    try {
      resume_guest(all_.host_, *domain_);
      all_.host_.domains.rename(domain_, domain_->state().config.name);
      write_name(all_.host_.store, domain_->state());
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Domain {} ({}) could not be resumed: {}", source_.record().name, source_.record().domid,
               e.what());
    }
  }
  void end() override {
    if (departure_) {
      stopped_ = departure_->stopped_for();
      departure_->leave();
    } else if (exists()) {
      destroy_domain(all_.host_, domain_);
    }
    departure_.reset();
  }

  // ---- DepartureDesk ----

  std::unique_ptr<HandoverLink> connect(const DepartureRecord& record) override {
    try {
      auto peer = connect_for_relocation(all_.host_, record.destination, record.port, record.ssl);
      return std::make_unique<PeerLink>(std::move(peer), record.destination);
    } catch (const std::exception& e) {
      throw LinkLost(e.what());
    }
  }
  void write(const DepartureRecord& record) override {
    all_.journal_.write(record);
    if (record.state == DepartureState::kCommitted) hold(record);
  }
  void forget(const Ticket& ticket) override { all_.journal_.forget_departure(ticket); }
  void note(const DepartureRecord& record, const std::string& text) override {
    // The same reason every five seconds, for as long as a host is away, would drown the log.
    if (text == noted_) return;
    noted_ = text;
    XEND_LOG(Warning, "Domain {} ({}), moving to {}: {}", record.name, record.domid, record.destination, text);
  }
  std::chrono::milliseconds now() override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
  }
  void wait(std::chrono::milliseconds time) override {
    if (!all_.rest(time)) throw Stopped();
    // Somebody wants to destroy it here, or waits no longer: he may have it.
    if (departure_ && departure_->cancellation().cancelled()) release();
  }

  // Its memory is gone here, and may be there: whoever made it anew now would have two of it.
  void reserve() {
    const auto& record = source_.record();
    if (exists() || record.state == DepartureState::kAborted || record.state == DepartureState::kLeft) return;
    reserved_ = all_.host_.domains.reserve({record.name, record.uuid, may_run_there(record)});
  }
  // Ends what reserve() began. When the destination does not have it either, it is to be started as if it had not been
  // on its way.
  void unreserve(Whereabouts where) noexcept {
    if (!reserved_) return;
    const auto uuid = source_.record().uuid;
    if (where == Whereabouts::kThere) all_.host_.domains.note_elsewhere(uuid);
    reserved_.reset();
    if (where != Whereabouts::kHere) return;
    if (const auto domain = all_.host_.domains.find(uuid.to_string())) autostart_domain(all_.host_, domain);
  }

  void hold(const DepartureRecord& record) {
    if (!domain_) return;
    domain_->update([&](DomainState& s) {
      s.held_because = fmt::format(
          "Domain {} was given to {}, which has not said yet whether it runs there; xend keeps asking, and it goes on "
          "here should it not. If {} is gone for good, see the section on relocation in xend(8).",
          record.name, record.destination, record.destination);
    });
  }

 private:
  Departures& all_;
  std::shared_ptr<Domain> domain_;  // null: it was gone when the daemon started
  std::optional<Departure> departure_;
  Relocation relocation_;
  SaveResult sent_;
  std::chrono::milliseconds stopped_{0};
  std::string noted_;
  DomainTable::Reservation reserved_;
  HandoverSource source_;
};

Departures::~Departures() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : asking_) thread.join();
}

// False when the daemon goes down meanwhile.
bool Departures::rest(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopping_; });
}

void Departures::go_on_asking(std::unique_ptr<Move> move) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  asking_.emplace_back([this, held = std::move(move)]() mutable {
    const auto record = held->source().record();
    try {
      const auto where = held->source().settle(nullptr, kForEver);
      XEND_LOG(Info, "The move of domain {} ({}) to {} is settled: it {}.", record.name, record.domid,
               record.destination, where == Whereabouts::kThere ? "runs there" : "is not there");
      held->unreserve(where);
    } catch (const Stopped&) {
      XEND_LOG(Info, "The move of domain {} ({}) to {} is not settled: the next xend goes on asking.", record.name,
               record.domid, record.destination);
    } catch (const std::exception& e) {
      XEND_LOG(Error, "The move of domain {} ({}) to {} is not settled: {}", record.name, record.domid,
               record.destination, e.what());
    }
    held.reset();
    host_.look_again();
  });
}

namespace {

DepartureRecord record_of(const Domain& domain, const Relocation& r, unsigned port) {
  DepartureRecord record;
  record.ticket = Ticket::random();
  record.name = domain.state().config.name;
  record.uuid = domain.uuid();
  record.domid = domain.running_domid();
  record.boot = boot_id();
  record.destination = r.destination;
  record.port = port;
  record.ssl = r.ssl;
  record.change_home_server = r.change_home_server;
  return record;
}

}  // namespace

Relocated Departures::move(const std::shared_ptr<Domain>& domain, const Relocation& r, unsigned port, Peer peer) {
  const auto needs = needs_of(host_, *domain);
  const auto record = record_of(*domain, r, port);
  auto move = std::make_unique<Move>(*this, domain, record);
  move->depart(r);
  const auto cancelled = [cancellation = move->departure().cancellation()] { return cancellation.cancelled(); };
  PeerLink link(std::move(peer), r.destination, cancelled);
  try {
    move->source().hand_over(link, config_to_send(move->departure(), r), needs);
  } catch (const Refusal& e) {
    if (!move->source().settled()) go_on_asking(std::move(move));
    throw Error(fmt::format("{} (from {})", e.what(), r.destination));
  } catch (const std::exception& e) {
    if (!move->source().settled()) go_on_asking(std::move(move));
    throw Error(fmt::format("{}\nThe destination was {}; {} runs on here.", e.what(), r.destination, record.name));
  }
  auto where = Whereabouts::kNotSettled;
  try {
    where = move->source().settle(&link, patience_);
  } catch (const Stopped&) {
    throw Error(fmt::format("xend is stopped. {} has all of {}; the next xend asks whether it runs there.",
                            r.destination, record.name));
  }
  if (where == Whereabouts::kHere)
    throw Error(fmt::format("{} has discarded what it had received of {} ({} was restarted?): it runs on here.",
                            r.destination, record.name, r.destination));
  if (where == Whereabouts::kNotSettled) {
    go_on_asking(std::move(move));
    throw Error(fmt::format(
        "{} took all of {} and then did not say whether it runs there. xend keeps asking, and finishes the move by "
        "itself: until then it is shown as migrating-{} here, and does not run.",
        r.destination, record.name, record.name));
  }
  const auto& sent = move->sent();
  const Relocated relocated{move->source().domid_there(), move->stopped()};
  XEND_LOG(Info,
           "Domain {} ({}) migrated to {} as {}: {} bytes, {} rounds, stopped for {} ms until the last byte and {} ms "
           "until it ran there.",
           record.name, record.domid, r.destination, *relocated.domid, sent.bytes_written, sent.rounds,
           sent.stopped.count(), relocated.stopped.count());
  return relocated;
}

void Departures::recover() {
  for (const auto& record : journal_.departures()) {
    auto domain = record.boot == boot_id() ? host_.domains.by_domid(record.domid) : nullptr;
    if (domain && domain->uuid() != record.uuid) domain.reset();
    auto move = std::make_unique<Move>(*this, domain, record);
    XEND_LOG(Info, "Domain {} ({}) was being moved to {} when the daemon before this one ended.", record.name,
             record.domid, record.destination);
    try {
      move->reserve();
      move->source().recover();
      if (domain && move->source().committed() && move->exists()) {
        move->hold(record);
        host_.domains.rename(domain, "migrating-" + record.name);
        write_name(host_.store, domain->state());
      }
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Domain {} ({}), moving to {}: {}", record.name, record.domid, record.destination, e.what());
    }
    go_on_asking(std::move(move));
  }
}

}  // namespace xend
