// Notices domains that end or appear, and has done what must be: one thread on xenstore's @releaseDomain and
// @introduceDomain, and a thread for each action while it lasts.
#pragma once

#include <atomic>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "xend/domain/host.h"

namespace xend {

class DomainWatcher {
 public:
  // Begins watching. Throws xc::Error.
  explicit DomainWatcher(Host& host);
  ~DomainWatcher();  // stops, and waits for actions that are going on
  DomainWatcher(const DomainWatcher&) = delete;
  DomainWatcher& operator=(const DomainWatcher&) = delete;

  // Looks at every domain once more, soon: somebody stopped being busy with one that may have shut down meanwhile. May
  // be called by actions until the destructor returns.
  void look_again();

 private:
  void run();
  // Returns when to look again at the latest.
  xc::Deadline look_at_all();
  void begin_action(const std::shared_ptr<Domain>& domain);

  Host& host_;
  std::unique_ptr<xc::Watch> watch_;
  std::atomic<bool> stopping_{false};
  // Of the watching thread alone. Those that are going on are waited for before the members above are gone.
  std::list<std::pair<std::weak_ptr<Domain>, std::future<void>>> actions_;
  std::thread thread_;
};

}  // namespace xend
