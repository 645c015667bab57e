// The real Store: connections to xenstored for requests, and one for each Watch.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "libxc-wrap/store.h"

struct xs_handle;  // xenstore.h

namespace xc {

class LibxenStore final : public Store {
 public:
  // Connects so many times: a connection has one request under way, so that is how many threads are served at once.
  // Throws Error("xs_open") when xenstored does not run.
  explicit LibxenStore(unsigned connections = 1);

  std::optional<std::string> read(const std::string& path, std::size_t limit = 4096) override;
  void write(const std::string& path, const std::string& value) override;
  void make_dir(const std::string& path) override;
  void remove(const std::string& path) override;
  std::vector<std::string> list(const std::string& path) override;
  void set_permissions(const std::string& path, const Permissions& permissions) override;
  // Gives up with Error (EAGAIN) after 100 attempts.
  void transaction(const std::function<void(Store&)>& steps) override;
  void introduce_domain(DomId domid, Frame frame, Port port) override;
  void resume_domain(DomId domid) override;
  std::unique_ptr<Watch> watch() override;

 private:
  // Shared with the stores of running transactions. The library itself serialises the requests of several threads.
  using Connection = std::shared_ptr<xs_handle>;

  LibxenStore(Connection connection, std::uint32_t transaction);

  // The next in turn. A thread that has its answer finds what it did on whichever it asks next.
  const Connection& connection() { return connections_[turn_++ % connections_.size()]; }

  std::vector<Connection> connections_;
  std::atomic<unsigned> turn_ = 0;
  std::uint32_t transaction_ = 0;  // 0: outside of any
};

}  // namespace xc
