// A method that clients can call over XML-RPC: thin -- take the arguments, call what does the work, give the result its
// classic form. A method is added by one function and one line in the table of its group.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rpc/http_server.h"
#include "rpc/value.h"
#include "xend/domain/host.h"

namespace xend {

struct Call {
  Host& host;
  const rpc::Array& params;
  rpc::Caller caller = {};
};

// Of a method that is brief and changes nothing: clients at once take turns (readers_turn.h).
constexpr bool kReads = true;

struct Method {
  const char* name;      // without the group's prefix
  std::size_t min_args;  // fewer or more: fault 1 (spec protocols 3.3)
  std::size_t max_args;
  rpc::Value (*run)(const Call& call);
  bool reads = false;  // kReads, or not
};

std::span<const Method> listing_methods();     // xend.NAME
std::span<const Method> domain_methods();      // xend.domain.NAME
std::span<const Method> device_methods();      // xend.domain.NAME
std::span<const Method> managed_methods();     // xend.domain.NAME
std::span<const Method> relocation_methods();  // xend.domain.NAME
std::span<const Method> usb_methods();         // xend.domain.NAME
std::span<const Method> size_methods();        // xend.domain.NAME
std::span<const Method> node_methods();        // xend.node.NAME
std::span<const Method> scheduler_methods();   // xend.domain.NAME
std::span<const Method> pool_methods();        // xend.cpu_pool.NAME
std::span<const Method> security_methods();    // xend.security.NAME

// ---- arguments; all throw rpc::Fault of code 1 when the value is of another kind ----

// Strings, and numbers as text: a domain may be named either way.
std::string text_arg(const Call& call, std::size_t i);
std::int64_t int_arg(const Call& call, std::size_t i, std::int64_t fallback);
bool bool_arg(const Call& call, std::size_t i, bool fallback);  // numbers too: Python's truth
bool has_arg(const Call& call, std::size_t i);                  // given and not nil

// The domain that argument 0 names. Throws Error of kind kInvalidDomain.
std::shared_ptr<Domain> domain_arg(const Call& call);

// The same for what cannot be done to dom0: throws Error `Cannot VERB privileged domain X`, X as the client has it.
std::shared_ptr<Domain> guest_arg(const Call& call, std::string_view verb);

}  // namespace xend
