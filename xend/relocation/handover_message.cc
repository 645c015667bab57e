#include "xend/relocation/handover_message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sxp/printer.h"
#include "xend/error.h"
#include "xend/log.h"
#include "xend/relocation/reply.h"

namespace xend {

namespace {

using Kind = Message::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 12> kWords{{{Kind::kOffer, "handover"},
                                                                    {Kind::kReady, "ready"},
                                                                    {Kind::kPrepare, "prepare"},
                                                                    {Kind::kPrepared, "prepared"},
                                                                    {Kind::kCommit, "commit"},
                                                                    {Kind::kRunning, "running"},
                                                                    {Kind::kAbort, "abort"},
                                                                    {Kind::kDiscarded, "discarded"},
                                                                    {Kind::kDone, "done"},
                                                                    {Kind::kForgotten, "forgotten"},
                                                                    {Kind::kWait, "wait"},
                                                                    {Kind::kRefused, "err"}}};

std::string_view required(const std::optional<std::string>& text, const char* what) {
  if (!text) throw Error(fmt::format("A message of the handover has no {}.", what));
  return *text;
}

void check_version(const sxp::Value& value) {
  const auto version = sxp::child_text(value, "version");
  if (required(version, "version") != std::to_string(kHandoverVersion))
    throw Error(
        fmt::format("The handover is of version {}, and this xend knows version {} only: let both hosts run the "
                    "same release, or migrate through the classic exchange.",
                    *version, kHandoverVersion));
}

xc::DomId parse_domid(const std::string& text) {
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string::npos)
    throw Error(fmt::format("A message of the handover has '{}' for a domain id.", text));
  return static_cast<xc::DomId>(std::stoul(text));
}

}  // namespace

std::string_view to_string(Kind kind) {
  return std::find_if(kWords.begin(), kWords.end(), [&](const auto& word) { return word.first == kind; })->second;
}

std::string to_text(const Message& m) {
  if (m.kind == Kind::kRefused) return error_reply(m.reason);
  sxp::List items{to_string(m.kind), sxp::Value::list({"ticket", m.ticket.to_string()})};
  if (m.kind == Kind::kOffer) {
    items.push_back(sxp::Value::list({"version", kHandoverVersion}));
    if (m.needs) items.push_back(m.needs->to_sxp());
    items.push_back(sxp::Value::list({"config", m.offer}));
  }
  if (m.kind == Kind::kRunning) items.push_back(sxp::Value::list({"domid", m.domid}));
  if (m.kind == Kind::kWait) items.push_back(sxp::Value::list({"reason", m.reason}));
  return sxp::to_string(sxp::Value(std::move(items)));
}

Message parse_message(const sxp::Value& value) {
  const auto word = sxp::head(value);
  const auto* known = std::find_if(kWords.begin(), kWords.end(), [&](const auto& w) { return w.second == word; });
  if (known == kWords.end()) throw Error(fmt::format("'{}' is no message of the handover.", word.substr(0, 40)));
  Message m;
  m.kind = known->first;
  if (m.kind == Kind::kRefused) {
    m.reason = required(sxp::child_text(value, "value"), "reason");
    return m;
  }
  const auto ticket_text = sxp::child_text(value, "ticket");
  const auto ticket = Ticket::parse(required(ticket_text, "ticket"));
  if (!ticket) throw Error("A message of the handover has a ticket that is none.");
  m.ticket = *ticket;
  if (m.kind == Kind::kOffer) {
    check_version(value);
    const auto* config = sxp::child_value(value, "config");
    if (!config || !config->is_list()) throw Error("The offer of a handover has no configuration.");
    m.offer = *config;
    if (const auto* needs = sxp::child(value, "needs")) m.needs = HandoverNeeds::parse(*needs);
  }
  if (m.kind == Kind::kRunning) m.domid = parse_domid(sxp::child_text(value, "domid").value_or(""));
  if (m.kind == Kind::kWait) m.reason = sxp::child_text(value, "reason").value_or("");
  return m;
}

}  // namespace xend
