#include "xend/domain/last_words.h"

#include <thread>

#include "xend/log.h"

namespace xend {

void await_last_words(xc::Hypervisor& xen, const DomainState& domain) noexcept {
  using namespace std::chrono_literals;
  constexpr auto kLimit = 800ms, kPause = 10ms;  // xenconsoled rests for 200 ms from a guest that writes much
  if (!domain.domid || domain.console_frame == 0) return;
  try {
    // xenconsoled tells the guest alone that it has read something: there is nothing else to wait for.
    for (auto left = kLimit; !xen.console_is_read(*domain.domid, domain.console_frame); left -= kPause) {
      if (left <= 0ms) {
        XEND_LOG(Warning, "Domain {} ({}): xenconsoled has not read the last of its console within {} ms.",
                 domain.config.name, *domain.domid, kLimit.count());
        return;
      }
      std::this_thread::sleep_for(kPause);
    }
  } catch (const std::exception& e) {
    XEND_LOG(Debug, "Domain {} ({}): whether its console has been read is not known: {}", domain.config.name,
             *domain.domid, e.what());
  }
}

}  // namespace xend
