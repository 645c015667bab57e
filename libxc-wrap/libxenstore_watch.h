// The real Watch: a connection of its own, so that events never wait behind somebody else's requests.
#pragma once

#include <memory>
#include <string>

#include "libxc-wrap/store.h"

struct xs_handle;

namespace xc {

// A connection that closes itself. Throws Error("xs_open").
std::shared_ptr<xs_handle> connect_to_xenstored();

class LibxenWatch final : public Watch {
 public:
  LibxenWatch();
  ~LibxenWatch() override;
  LibxenWatch(const LibxenWatch&) = delete;
  LibxenWatch& operator=(const LibxenWatch&) = delete;

  void add(const std::string& path, const std::string& token) override;
  void remove(const std::string& path, const std::string& token) override;
  std::optional<WatchEvent> wait(Deadline deadline) override;
  void wake() override;

 private:
  std::optional<WatchEvent> queued();
  bool woken();

  std::shared_ptr<xs_handle> connection_;
  int wake_fd_;  // an eventfd: not zero means wake
};

}  // namespace xc
