#include "xend/relocation/arrivals.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>
#include <fstream>
#include <system_error>

#include "xend/domain/construction.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/managed.h"
#include "xend/error.h"
#include "xend/helpers/frame_format.h"
#include "xend/log.h"
#include "xend/relocation/preflight.h"

namespace xend {

namespace {

constexpr std::chrono::seconds kEarlierGoes{10};  // what an earlier attempt left; the source waits 30 s for an answer
constexpr long kStreamSilence = 600;  // seconds without a byte of the image: a guest may take minutes to suspend

bool changes_home(const sxp::Value& offer) {
  const auto flag = sxp::child_text(offer, "change_home_server").value_or("");
  return flag == "True" || flag == "1";
}

xc::Uuid uuid_of(const sxp::Value& offer) {
  const auto uuid = xc::Uuid::parse(sxp::child_text(offer, "uuid").value_or(""));
  if (!uuid) throw Error("The configuration of the domain that is offered has no UUID.");
  return *uuid;
}

std::string waits_for(const ArrivalRecord& record) {
  return fmt::format(
      "Domain {} has been received from {} as a whole, and {} has not said yet that it is to run here: it may run "
      "there. "
      "It is told as soon as the two hosts reach each other. If {} is gone for good, see the section on relocation in "
      "xend(8).",
      record.name, record.source, record.source, record.source);
}

class Built final : public ArrivingGuest {
 public:
  Built(Host& host, ArrivalGate& gate, const Message& offer, std::string who)
      : host_(host),
        pass_(gate.enter(uuid_of(offer.offer), kEarlierGoes)),
        construction_(host, preflight(host, offer, who)) {
    record_.ticket = offer.ticket;
    record_.name = construction_.domain()->name();
    record_.uuid = construction_.domain()->uuid();
    record_.boot = boot_id();
    record_.source = std::move(who);
    record_.change_home_server = changes_home(offer.offer);
    construction_.make_shell();
    record_.domid = construction_.domain()->running_domid();
  }

  void receive(HandoverLink& link) override {
    const timeval silence{kStreamSilence, 0};
    setsockopt(link.image_fd(), SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    // An image knows what it was written behind: here that is the ticket.
    construction_.restore(link.image_fd(), head_checksum(record_.ticket.to_string()));
    construction_.introduce();
    construction_.connect();
    XEND_LOG(Info, "Domain {} ({}) is here as a whole: it waits for the word of {}.", record_.name, record_.domid,
             record_.source);
  }
  ArrivalRecord record() const override { return record_; }
  void keep() override {
    construction_.domain()->update([&](DomainState& s) { s.held_because = waits_for(record_); });
    construction_.keep();
  }
  void cancel() override { construction_.domain()->cancel(); }

 private:
  Host& host_;
  ArrivalGate::Pass pass_;
  ArrivalRecord record_;
  Construction construction_;
};

}  // namespace

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  if (!(file >> id)) throw Error("/proc/sys/kernel/random/boot_id cannot be read: is /proc mounted?");
  return id;
}

std::unique_ptr<ArrivingGuest> Arrivals::expect(const Message& offer, const std::string& who) {
  journal_.make_room(offer.ticket);
  return std::make_unique<Built>(host_, gate_, offer, who);
}

// Null when it has gone, by whatever way.
std::shared_ptr<Domain> Arrivals::find(const ArrivalRecord& record) {
  if (record.boot != boot_id()) return nullptr;
  const auto domain = host_.domains.by_domid(record.domid);
  return domain && domain->uuid() == record.uuid && host_.xen.domain(record.domid) ? domain : nullptr;
}

bool Arrivals::exists(const ArrivalRecord& record) {
  return find(record) != nullptr;
}

void Arrivals::run(const ArrivalRecord& record) {
  const auto domain = find(record);
  if (!domain) return;
  domain->update([](DomainState& s) { s.held_because.clear(); });
  if (record.change_home_server && !domain->state().managed) manage_domain(host_, record.uuid.to_string());
  unpause_domain(host_, *domain);
  XEND_LOG(Info, "Domain {} ({}) received from {}.", record.name, record.domid, record.source);
}

void Arrivals::discard(const ArrivalRecord& record) {
  if (const auto domain = find(record)) destroy_domain(host_, domain);
  XEND_LOG(Info, "Domain {} ({}) stays at {}: what was received of it is gone.", record.name, record.domid,
           record.source);
}

void Arrivals::note(const ArrivalRecord& record, const std::string& text) {
  XEND_LOG(Warning, "Domain {} ({}), received from {}: {}", record.name, record.domid, record.source, text);
}

void Arrivals::hold(const ArrivalRecord& record) {
  if (const auto domain = find(record)) domain->update([&](DomainState& s) { s.held_because = waits_for(record); });
}

void keep_prepared(Host& host, const std::vector<ArrivalRecord>& records) {
  for (auto& state : host.running_state.load())
    for (const auto& record : records) {
      if (record.boot != boot_id() || state.domid != record.domid || state.config.uuid != record.uuid) continue;
      state.being_made = false;
      host.running_state.remember(state);
    }
}

}  // namespace xend
