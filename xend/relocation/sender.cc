#include "xend/relocation/sender.h"

#include <system_error>

#include "xend/checkpoint/container.h"
#include "xend/config/relocation_tls.h"
#include "xend/domain/departure.h"
#include "xend/domain/domain_sxp.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/managed.h"
#include "xend/domain/movable.h"
#include "xend/error.h"
#include "xend/helpers/helper_error.h"
#include "xend/log.h"
#include "xend/relocation/handovers.h"
#include "xend/relocation/peer.h"
#include "xend/relocation/reply.h"

namespace xend {

namespace {

using namespace std::chrono_literals;

constexpr auto kFirstAnswer = 30s;     // spec protocols 1.3
constexpr auto kReasonOfFailure = 3s;  // spec protocols 1.6
// From the last byte of the image to "it runs": the destination connects devices, with time-outs of its own.
constexpr auto kLastAnswer = 180s;

void check_domain(Host& host, const std::shared_ptr<Domain>& domain, const Relocation& r) {
  require_ours(*domain, "migrate");
  const auto domid = domain->domid();
  const auto state = domain->state();
  if (power_state(domid ? host.xen.domain(*domid) : std::nullopt) != PowerState::kRunning)
    throw Error("Domain is not running");
  if (r.change_home_server && !state.managed) throw Error("Domain is not a managed domain");
  check_movable(state.config, "migrated");
  if (r.live) require_live(host, *domain, "Live migration", "Migrate");
  const auto& limits = r.limits;
  if (!r.live && (limits.max_downtime.count() != 0 || limits.max_rounds != 0 || limits.timeout.count() != 0))
    throw Error(
        fmt::format("--max-downtime, --max-rounds and --timeout are for the rounds of a live migration, and "
                    "this is none: {} was not touched. Give --live, too.",
                    state.name));
}

// Where this host takes domains, and by default others do.
unsigned own_port(Host& host, const Relocation& r) {
  const auto options = host.options.get();
  return r.ssl ? options->xend_relocation_ssl_port : options->xend_relocation_port;
}

void check_destination(Host& host, const Domain& domain, const Relocation& r, unsigned port) {
  if (port == own_port(host, r) && is_this_host(r.destination))
    throw Error(fmt::format("{} is this host: {} is here already, and runs on. Name another host.", r.destination,
                            domain.name()));
}

// A reply within the first answer's time, of at most one line. Throws Error when nothing at all comes.
std::string ask(Peer& peer, const std::string& command) {
  try {
    peer.send(command + "\n");
    return peer.receive(200, kFirstAnswer);
  } catch (const std::system_error& e) {
    if (e.code().value() == ETIMEDOUT) throw Error(Error::Kind::kConnection, "can't connect: timed out");
    return "";
  }
}

[[noreturn]] void refuse_answer(const Reply& reply, const std::string& answer, const Relocation& r, unsigned port) {
  if (reply.kind == Reply::Kind::kError) throw Error(fmt::format("{} (from {})", reply.text, r.destination));
  if (answer.empty())
    throw Error(
        Error::Kind::kConnection,
        fmt::format(
            "can't connect: {} closed the connection at once\nMost likely its xend-relocation-hosts-allow does not "
            "list this host{}: look into its xend.log for 'Rejected connection from'{}.",
            r.destination, r.ssl ? ", or it does not take this host's certificate" : "",
            r.ssl ? " or 'Relocation connection from'" : ""));
  throw Error(Error::Kind::kConnection,
              fmt::format("can't connect: what answers at {} port {} is not xend", r.destination, port));
}

// Whether the other end offers the handover: an old xend does not list it.
bool offers_handover(Peer& peer, const Relocation& r, unsigned port) {
  const auto answer = ask(peer, "help");
  const auto reply = parse_reply(answer);
  if (reply.kind != Reply::Kind::kOk) refuse_answer(reply, answer, r, port);
  return lists_handover(answer);
}

void begin_classic(Host& host, Peer& peer, const Domain& domain, const Relocation& r, unsigned port) {
  if (!host.options.get()->xend_relocation_classic)
    throw Error(
        fmt::format("{} knows the classic exchange only, in which a lost connection can lose the guest, and "
                    "(xend-relocation-classic no) forbids it here. {} was not touched.",
                    r.destination, domain.name()));
  XEND_LOG(Warning,
           "Domain {} ({}) moves to {} by the classic exchange: the xend there offers nothing else, and will not be "
           "asked whether it has the guest before it is taken off this host.",
           domain.name(), domain.domid().value_or(0), r.destination);
  const auto answer = ask(peer, r.ssl ? "sslreceive" : "receive");
  const auto reply = parse_reply(answer);
  if (reply.kind != Reply::Kind::kReady) refuse_answer(reply, answer, r, port);
}

// What the destination says within `limit`; kOther when it says nothing.
Reply answer_of(Peer& peer, std::chrono::milliseconds limit) noexcept {
  try {
    return parse_reply(peer.receive(4096, limit));
  } catch (const std::exception&) {
    return {};
  }
}

// The image is with the destination, all of it: the domain goes where the answer says that it is.
Relocated hand_over(Departure& departure, Peer& peer, const Domain& domain, const Relocation& r) {
  peer.half_close();
  const auto reply = answer_of(peer, kLastAnswer);
  if (reply.kind == Reply::Kind::kOk) {
    const auto stopped = departure.stopped_for();
    departure.leave();
    return {std::nullopt, stopped};
  }
  const auto name = domain.state().config.name;
  if (reply.kind == Reply::Kind::kError) throw Error(fmt::format("{} (from {})", reply.text, r.destination));
  departure.keep_suspended();
  throw Error(
      fmt::format("{} took all of {} and then did not say whether it runs there.\nLook there with xm list. If it runs "
                  "there: xm destroy migrating-{} here. If it does not: xm unpause migrating-{} lets it go on here.",
                  r.destination, name, name, name));
}

// It is managed there now. That it is here still, should that be, is for somebody to see.
void give_up_home(Host& host, const xc::Uuid& uuid) noexcept {
  try {
    delete_domain(host, host.domains.get(uuid.to_string()));
  } catch (const std::exception& e) {
    XEND_LOG(Error, "The configuration of {}, which has another home now, could not be deleted: {}", uuid.to_string(),
             e.what());
  }
}

Relocated relocate_classically(Host& host, const std::shared_ptr<Domain>& domain, const Relocation& r, Peer peer) {
  const auto name = domain->name();
  Departure departure(host, domain, "migrated", r.destination);
  SaveResult sent;
  try {
    const std::string head = container_head(config_to_send(departure, r));
    peer.send(head);
    sent = departure.send_memory(peer.fd(), head, {r.live, r.rate_mbit, r.limits});
  } catch (const std::exception& e) {
    // The destination knows better than a broken connection why it gave up, unless it was not the one.
    const bool our_own = departure.cancellation().cancelled() || gave_up(e);
    if (const auto reply = our_own ? Reply{} : answer_of(peer, kReasonOfFailure); reply.kind == Reply::Kind::kError)
      throw Error(fmt::format("{} (from {})", reply.text, r.destination));
    throw Error(fmt::format("{}\nThe destination was {}; {} runs on here.", e.what(), r.destination, name));
  }
  const auto relocated = hand_over(departure, peer, *domain, r);
  XEND_LOG(Info, "Domain {} migrated to {}: {} bytes, {} rounds, stopped for {} ms until the last byte.", name,
           r.destination, sent.bytes_written, sent.rounds, sent.stopped.count());
  return relocated;
}

}  // namespace

Peer connect_for_relocation(Host& host, const std::string& destination, unsigned port, bool ssl) {
  auto peer = connect_to(destination, port);
  if (!ssl) return peer;
  const auto here = relocation_tls(*host.options.get());
  try {
    peer.encrypt_as_client(*here, destination, kFirstAnswer);
  } catch (const rpc::TlsRefusal& e) {
    throw Error(Error::Kind::kConnection, fmt::format("SSL error: {}: {}", destination, with_advice(e)));
  } catch (const std::exception& e) {
    throw Error(
        Error::Kind::kConnection,
        fmt::format("SSL error: {}\nIs port {} the one where {} takes domains over SSL "
                    "(xend-relocation-ssl-server yes), and does its xend-relocation-hosts-allow list this host?",
                    e.what(), port, destination));
  }
  return peer;
}

sxp::Value config_to_send(const Departure& departure, const Relocation& r) {
  sxp::Value config = departure.config();
  if (r.change_home_server) config.as_list().push_back(sxp::Value::list({"change_home_server", "True"}));
  return config;
}

namespace {

void log_protection(const Domain& domain, const Relocation& r, const Peer& peer) {
  const auto text = fmt::format("Domain {} ({}) goes to {} {}", domain.name(), domain.domid().value_or(0),
                                r.destination, peer.protection());
  if (r.ssl && !peer.certified())
    XEND_LOG(Warning, "{}: whoever is on the wire can pretend to be it. See xend-relocation-keys(8).", text);
  else
    XEND_LOG(Info, "{}.", text);
}

}  // namespace

Relocated relocate_domain(Host& host, const std::shared_ptr<Domain>& domain, const Relocation& r) {
  const unsigned port = r.port != 0 ? r.port : own_port(host, r);
  check_domain(host, domain, r);
  check_destination(host, *domain, r, port);
  auto peer = connect_for_relocation(host, r.destination, port, r.ssl);
  log_protection(*domain, r, peer);
  Relocated relocated;
  if (offers_handover(peer, r, port)) {
    relocated = host.handovers->departures().move(domain, r, port, std::move(peer));
  } else {
    begin_classic(host, peer, *domain, r, port);
    relocated = relocate_classically(host, domain, r, std::move(peer));
  }
  if (r.change_home_server) give_up_home(host, domain->uuid());
  return relocated;
}

}  // namespace xend
