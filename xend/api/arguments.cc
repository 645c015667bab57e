#include <charconv>

#include "rpc/fault.h"
#include "xend/api/method.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

[[noreturn]] void refuse(std::size_t i, const char* wanted) {
  throw rpc::Fault(rpc::FaultCode::kInternal, fmt::format("argument {} must be {}", i + 1, wanted));
}

}  // namespace

bool has_arg(const Call& call, std::size_t i) {
  return i < call.params.size() && !call.params[i].is_nil();
}

std::string text_arg(const Call& call, std::size_t i) {
  const auto& value = call.params.at(i);
  if (value.is_string()) return value.as_string();
  if (value.is_int()) return std::to_string(value.as_int());
  refuse(i, "a text or a number");
}

std::int64_t int_arg(const Call& call, std::size_t i, std::int64_t fallback) {
  if (!has_arg(call, i)) return fallback;
  const auto& value = call.params[i];
  if (value.is_int()) return value.as_int();
  if (value.is_bool()) return value.as_bool() ? 1 : 0;
  if (value.is_string()) {
    const auto& text = value.as_string();
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error == std::errc{} && end == text.data() + text.size()) return n;
  }
  refuse(i, "a number");
}

bool bool_arg(const Call& call, std::size_t i, bool fallback) {
  if (!has_arg(call, i)) return fallback;
  if (call.params[i].is_bool()) return call.params[i].as_bool();
  return int_arg(call, i, 0) != 0;
}

std::shared_ptr<Domain> domain_arg(const Call& call) {
  return call.host.domains.get(text_arg(call, 0));
}

std::shared_ptr<Domain> guest_arg(const Call& call, std::string_view verb) {
  auto domain = domain_arg(call);
  if (domain->domid() == xc::DomId{0})
    throw Error(fmt::format("Cannot {} privileged domain {}", verb, text_arg(call, 0)));
  return domain;
}

}  // namespace xend
