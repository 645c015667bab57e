// Xenstore in memory: a tree with owners, watches and transactions, behind the same interface as the real one.
// It records what it was asked and can be told to fail, to be slow to agree (conflicts), or to play xenstored's own
// events.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libxc-wrap/store.h"

namespace fakes {

class FakeStore final : public xc::Store {
 public:
  FakeStore();
  ~FakeStore() override;

  std::optional<std::string> read(const std::string& path, std::size_t limit = 4096) override;
  void write(const std::string& path, const std::string& value) override;
  void make_dir(const std::string& path) override;
  void remove(const std::string& path) override;
  std::vector<std::string> list(const std::string& path) override;
  void set_permissions(const std::string& path, const xc::Permissions& permissions) override;
  void transaction(const std::function<void(xc::Store&)>& steps) override;
  void introduce_domain(xc::DomId domid, xc::Frame frame, xc::Port port) override;  // fires @introduceDomain
  void resume_domain(xc::DomId domid) override;
  std::unique_ptr<xc::Watch> watch() override;

  // ---- for tests ----

  // The next call of that name ("read", "write", "make_dir", "remove", "list", "set_permissions", "introduce_domain",
  // "resume_domain", "commit") throws xc::Error with `error`; with a path, only when it concerns that path.
  void fail_next(const std::string& call, int error, const std::string& path = "");
  // That many transactions find, when they end, that somebody else interfered.
  void conflict_next(int transactions);
  // Plays xenstored: fires the watches of "@releaseDomain" or "@introduceDomain".
  void fire(const std::string& special);

  // "write /a/b value", "introduce 5 frame 77 port 1", "commit", in order. Reads and lists are not recorded.
  std::vector<std::string> calls() const;
  // How many reads, lists and transactions the calling thread has asked for in its life.
  static std::size_t requests_of_this_thread();
  // All nodes at and below `path`, with their values.
  std::map<std::string, std::string> tree(const std::string& path = "/") const;
  // Throws std::out_of_range when there is no such node.
  xc::Permissions permissions(const std::string& path) const;

 private:
  class State;
  class InTransaction;
  class FakeWatch;

  std::shared_ptr<State> state_;
};

}  // namespace fakes
