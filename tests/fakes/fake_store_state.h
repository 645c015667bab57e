// The inside of FakeStore: the tree, the event queues of watches, and what they share. Only fake_store.cc and
// fake_store_state.cc include it.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libxc-wrap/store.h"
#include "tests/fakes/fake_store.h"

namespace fakes {

// Nodes by absolute path, and the paths changed since changes were last taken. Not thread safe.
class Tree {
 public:
  Tree();

  std::optional<std::string> read(const std::string& path, std::size_t limit) const;
  void write(const std::string& path, const std::string& value);
  void make_dir(const std::string& path);
  void remove(const std::string& path);
  std::vector<std::string> list(const std::string& path) const;
  void set_permissions(const std::string& path, const xc::Permissions& permissions);
  xc::Permissions permissions(const std::string& path) const;
  std::map<std::string, std::string> values(const std::string& path) const;

  std::vector<std::string> take_changes();
  std::uint64_t generation() const { return generation_; }  // goes up with every change

 private:
  struct Node {
    std::string value;
    xc::Permissions permissions;
  };

  Node& make(const std::string& absolute);
  void changed(const std::string& absolute);

  std::map<std::string, Node> nodes_;
  std::vector<std::string> changes_;
  std::uint64_t generation_ = 0;
};

// The events of one Watch.
class EventQueue {
 public:
  void add(const std::string& path, const std::string& token);
  void remove(const std::string& path, const std::string& token);
  std::optional<xc::WatchEvent> wait(xc::Deadline deadline);
  void wake();
  // Queues an event for every watched path that `changed` is at or below; for a path above it, the watched path itself.
  void notify(const std::vector<std::string>& changed);

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::pair<std::string, std::string>> watched_;  // path, token
  std::deque<xc::WatchEvent> events_;
  bool woken_ = false;
};

class FakeStore::State {
 public:
  // Runs `steps` on the tree, then tells the watches what it changed.
  template <typename Steps>
  auto with_tree(Steps steps) {
    struct Notify {
      State& state;
      std::vector<std::string> changes;
      ~Notify() { state.notify(changes); }
    } notify{*this, {}};
    const std::lock_guard lock(mutex_);
    struct Collect {
      State& state;
      std::vector<std::string>& changes;
      ~Collect() { changes = state.tree_.take_changes(); }
    } collect{*this, notify.changes};
    return steps(tree_);
  }

  Tree begin();
  // False when the tree has changed since it was at generation `base`; nothing is changed then.
  bool commit(Tree changed, std::uint64_t base);

  void record(const std::string& call, const std::string& path, const std::string& rest = "");
  void fail_if_told(const std::string& call, const std::string& path);
  void fail_next(const std::string& call, int error, const std::string& path);
  void conflict_next(int transactions);
  std::vector<std::string> calls();

  void attach(std::shared_ptr<EventQueue> queue);
  void detach(const std::shared_ptr<EventQueue>& queue);
  void notify(const std::vector<std::string>& changed);

 private:
  struct Fault {
    std::string call, path;
    int error;
  };

  std::mutex mutex_;
  Tree tree_;
  int conflicts_ = 0;
  std::vector<Fault> faults_;
  std::vector<std::string> calls_;
  std::vector<std::shared_ptr<EventQueue>> queues_;
};

}  // namespace fakes
