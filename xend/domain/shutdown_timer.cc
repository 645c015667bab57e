#include "xend/domain/shutdown_timer.h"

#include <charconv>

#include "xend/domain/store_layout.h"
#include "xend/log.h"

namespace xend {

namespace {

using Seconds = std::chrono::duration<double>;

double now() {
  return std::chrono::duration_cast<Seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string node(const Domain& domain, const char* name) {
  return domain_path(domain.running_domid()) + "/xend/" + name;
}

}  // namespace

void begin_shutdown_timer(Host& host, Domain& domain) {
  const double asked_at = now();
  host.store.write(node(domain, "shutdown_start_time"), fmt::format("{:.2f}", asked_at));
  domain.update([&](DomainState& s) { s.shutdown_asked_at = asked_at; });
  host.look_again();  // who looks must know until when to wait
}

void recall_shutdown_timer(Host& host, Domain& domain) noexcept {
  try {
    if (host.store.read(node(domain, "unresponsive"))) return;
    const auto text = host.store.read(node(domain, "shutdown_start_time"), 32).value_or("");
    double asked_at = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), asked_at);
    if (error == std::errc{} && end == text.data() + text.size())
      domain.update([&](DomainState& s) { s.shutdown_asked_at = asked_at; });
  } catch (const std::exception& e) {
    XEND_LOG(Debug, "Domain {}: {}", domain.name(), e.what());
  }
}

std::optional<std::chrono::milliseconds> check_shutdown_timer(Host& host, Domain& domain) {
  const auto state = domain.state();
  if (state.shutdown_asked_at <= 0) return std::nullopt;
  const auto left = host.shutdown_limit - Seconds(now() - state.shutdown_asked_at);
  if (left.count() > 0) return std::chrono::ceil<std::chrono::milliseconds>(left);
  XEND_LOG(Info, "Domain shutdown timeout expired: name={} id={}", state.name, *state.domid);
  domain.update([](DomainState& s) { s.shutdown_asked_at = 0; });
  host.store.write(node(domain, "unresponsive"), "True");
  return std::nullopt;
}

}  // namespace xend
