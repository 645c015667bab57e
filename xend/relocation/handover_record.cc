#include "xend/relocation/handover_record.h"

#include <array>
#include <string_view>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr std::array<std::string_view, 4> kDepartureStates{"begun", "committed", "aborted", "left"};
constexpr std::array<std::string_view, 3> kArrivalStates{"prepared", "owner", "running"};

sxp::Value pair(const char* key, sxp::Value value) {
  return sxp::Value::list({key, std::move(value)});
}

std::string required(const sxp::Value& value, const char* key) {
  const auto text = sxp::child_text(value, key);
  if (!text) throw Error(fmt::format("The record of a handover has no '{}'.", key));
  return *text;
}

template <typename State, std::size_t N>
State parse_state(const sxp::Value& value, const std::array<std::string_view, N>& names) {
  const auto text = required(value, "state");
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text) return static_cast<State>(i);
  throw Error(fmt::format("The record of a handover has the unknown state '{}'.", text.substr(0, 40)));
}

xc::Uuid parse_uuid(const sxp::Value& value, const char* key) {
  const auto uuid = xc::Uuid::parse(required(value, key));
  if (!uuid) throw Error(fmt::format("The record of a handover has a '{}' that is none.", key));
  return *uuid;
}

unsigned parse_number(const sxp::Value& value, const char* key) {
  const auto text = required(value, key);
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string::npos)
    throw Error(fmt::format("The record of a handover has '{}' where a number belongs.", text.substr(0, 40)));
  return static_cast<unsigned>(std::stoul(text));
}

bool parse_flag(const sxp::Value& value, const char* key) {
  return parse_number(value, key) != 0;
}

// What both kinds have.
template <typename Record>
sxp::List common(const char* head, const Record& r, std::string_view state) {
  return {head,
          pair("ticket", r.ticket.to_string()),
          pair("state", state),
          pair("name", r.name),
          pair("uuid", r.uuid.to_string()),
          pair("domid", r.domid),
          pair("boot", r.boot),
          pair("change_home_server", r.change_home_server ? 1 : 0)};
}

template <typename Record>
void read_common(const sxp::Value& value, Record& r) {
  r.ticket = parse_uuid(value, "ticket");
  r.name = required(value, "name");
  r.uuid = parse_uuid(value, "uuid");
  r.domid = parse_number(value, "domid");
  r.boot = required(value, "boot");
  r.change_home_server = parse_flag(value, "change_home_server");
}

}  // namespace

sxp::Value to_sxp(const DepartureRecord& record) {
  auto items = common("departure", record, kDepartureStates.at(static_cast<std::size_t>(record.state)));
  items.push_back(pair("destination", record.destination));
  items.push_back(pair("port", record.port));
  items.push_back(pair("ssl", record.ssl ? 1 : 0));
  return sxp::Value(std::move(items));
}

sxp::Value to_sxp(const ArrivalRecord& record) {
  auto items = common("arrival", record, kArrivalStates.at(static_cast<std::size_t>(record.state)));
  items.push_back(pair("source", record.source));
  return sxp::Value(std::move(items));
}

DepartureRecord parse_departure(const sxp::Value& value) {
  if (!sxp::is_element(value, "departure")) throw Error("It is no record of a domain that leaves.");
  DepartureRecord record;
  read_common(value, record);
  record.state = parse_state<DepartureState>(value, kDepartureStates);
  record.destination = required(value, "destination");
  record.port = parse_number(value, "port");
  record.ssl = parse_flag(value, "ssl");
  return record;
}

ArrivalRecord parse_arrival(const sxp::Value& value) {
  if (!sxp::is_element(value, "arrival")) throw Error("It is no record of a domain that arrives.");
  ArrivalRecord record;
  read_common(value, record);
  record.state = parse_state<ArrivalState>(value, kArrivalStates);
  record.source = required(value, "source");
  return record;
}

}  // namespace xend
