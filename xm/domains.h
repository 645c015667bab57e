// A domain as xend describes it to its clients, reduced to what the tables of xm show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sxp/value.h"
#include "xm/session.h"

namespace xm {

struct Domain {
  std::optional<std::int64_t> id;  // absent: a managed domain that is not running
  std::string name;
  std::int64_t memory = 0;  // MiB, the configured target
  std::int64_t vcpus = 0;   // online ones; the configured number when not running
  std::string state;        // six characters; empty when not running
  double cpu_time = 0;      // seconds
  double start_time = 0;    // seconds since the epoch
  std::string pool;
  std::string label;  // of the security module; not part of the description

  std::string id_text() const { return id ? std::to_string(*id) : ""; }
  // True when the letter is in the state ("-b----").
  bool is(char letter) const { return state.find(letter) != std::string::npos; }
};

// Reads the description `(domain (domid 3) (name vm1) ...)`; what is missing keeps its default.
Domain parse_domain(const sxp::Value& description);

// Asks xend for one domain, `which` being an id, a name or a UUID. `full`: with its devices.
// Throws rpc::Fault for an unknown domain.
sxp::Value describe_domain(Session& xend, const std::string& which, bool full = false);
Domain get_domain(Session& xend, const std::string& which);

// All domains in `state` ("all", "running", ...), by name in byte order. `full`: with their devices.
std::vector<sxp::Value> describe_domains(Session& xend, const std::string& state, bool full = false);

// The domains named by `operands` in their order, or all when there are none.
std::vector<Domain> get_domains(Session& xend, const std::vector<std::string>& operands);

// A number in a description, which old daemons send as a number and others as text; nothing when it is neither.
std::optional<double> child_number(const sxp::Value& v, std::string_view name);

}  // namespace xm
