#include "tests/fakes/fake_store_state.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace fakes {
namespace {

constexpr std::size_t kMaxPayload = 4096;  // xenstore's: path and value of one request

// A path without a leading slash is meant from the caller's own domain: dom0.
std::string absolute(const std::string& path) {
  if (!path.empty() && (path[0] == '/' || path[0] == '@')) return path;
  return "/local/domain/0/" + path;
}

std::string parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_below(const std::string& path, const std::string& top) {
  if (top == "/") return path[0] == '/' && path != "/";
  return path.size() > top.size() && path.starts_with(top) && path[top.size()] == '/';
}

}  // namespace

// ---- the tree
// ----------------------------------------------------------------------------------------------------------

Tree::Tree() {
  nodes_["/"];
}

void Tree::changed(const std::string& path) {
  changes_.push_back(path);
  ++generation_;
}

Tree::Node& Tree::make(const std::string& path) {
  const auto found = nodes_.find(path);
  if (found != nodes_.end()) return found->second;
  Node& above = make(parent(path));
  return nodes_[path] = Node{"", above.permissions};
}

std::optional<std::string> Tree::read(const std::string& path, std::size_t limit) const {
  const auto found = nodes_.find(absolute(path));
  if (found == nodes_.end()) return std::nullopt;
  if (found->second.value.size() > limit) throw xc::Error("xs_read " + path, E2BIG);
  return found->second.value;
}

void Tree::write(const std::string& path, const std::string& value) {
  if (path.size() + value.size() > kMaxPayload) throw xc::Error("xs_write " + path, E2BIG);
  make(absolute(path)).value = value;
  changed(absolute(path));
}

void Tree::make_dir(const std::string& path) {
  if (nodes_.contains(absolute(path))) return;
  make(absolute(path));
  changed(absolute(path));
}

void Tree::remove(const std::string& path) {
  const std::string top = absolute(path);
  const std::size_t gone =
      std::erase_if(nodes_, [&top](const auto& node) { return node.first == top || is_below(node.first, top); });
  if (gone > 0) changed(top);
}

std::vector<std::string> Tree::list(const std::string& path) const {
  const std::string top = absolute(path);
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes_) {
    if (name != "/" && parent(name) == top) names.push_back(name.substr(name.rfind('/') + 1));
  }
  return names;
}

void Tree::set_permissions(const std::string& path, const xc::Permissions& permissions) {
  const auto found = nodes_.find(absolute(path));
  if (found == nodes_.end()) throw xc::Error("xs_set_permissions " + path, ENOENT);
  found->second.permissions = permissions;
  changed(absolute(path));
}

xc::Permissions Tree::permissions(const std::string& path) const {
  return nodes_.at(absolute(path)).permissions;
}

std::map<std::string, std::string> Tree::values(const std::string& path) const {
  const std::string top = absolute(path);
  std::map<std::string, std::string> values;
  for (const auto& [name, node] : nodes_) {
    if (name == top || is_below(name, top)) values[name] = node.value;
  }
  return values;
}

std::vector<std::string> Tree::take_changes() {
  return std::exchange(changes_, {});
}

// ---- watches
// -----------------------------------------------------------------------------------------------------------

void EventQueue::add(const std::string& path, const std::string& token) {
  const std::lock_guard lock(mutex_);
  watched_.emplace_back(path, token);
  events_.push_back({path, token});
  arrived_.notify_all();
}

void EventQueue::remove(const std::string& path, const std::string& token) {
  const std::lock_guard lock(mutex_);
  if (std::erase(watched_, std::pair(path, token)) == 0) throw xc::Error("xs_unwatch " + path, ENOENT);
  std::erase_if(events_, [&](const xc::WatchEvent& event) { return event.token == token; });
}

std::optional<xc::WatchEvent> EventQueue::wait(xc::Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto something = [this] { return woken_ || !events_.empty(); };
  if (deadline == xc::Deadline::max()) {
    arrived_.wait(lock, something);  // wait_until would overflow
  } else if (!arrived_.wait_until(lock, deadline, something)) {
    return std::nullopt;
  }
  if (std::exchange(woken_, false)) return std::nullopt;
  xc::WatchEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void EventQueue::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  arrived_.notify_all();
}

void EventQueue::notify(const std::vector<std::string>& changed) {
  const std::lock_guard lock(mutex_);
  for (const std::string& path : changed) {
    for (const auto& [watched, token] : watched_) {
      const std::string top = absolute(watched);
      if (path == top || is_below(path, top)) events_.push_back({watched + path.substr(top.size()), token});
      if (is_below(top, path)) events_.push_back({watched, token});
    }
  }
  arrived_.notify_all();
}

// ---- shared state
// ------------------------------------------------------------------------------------------------------

Tree FakeStore::State::begin() {
  const std::lock_guard lock(mutex_);
  return tree_;
}

bool FakeStore::State::commit(Tree changed, std::uint64_t base) {
  std::vector<std::string> changes;
  {
    const std::lock_guard lock(mutex_);
    if (conflicts_ > 0) {
      --conflicts_;
      return false;
    }
    if (tree_.generation() != base) return false;
    changes = changed.take_changes();
    tree_ = std::move(changed);
  }
  notify(changes);
  return true;
}

void FakeStore::State::record(const std::string& call, const std::string& path, const std::string& rest) {
  {
    const std::lock_guard lock(mutex_);
    std::string line = call;
    if (!path.empty()) line += " " + path;
    if (!rest.empty()) line += " " + rest;
    calls_.push_back(line);
  }
  fail_if_told(call, path);
}

void FakeStore::State::fail_if_told(const std::string& call, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto fault = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& told) {
    return told.call == call && (told.path.empty() || told.path == path);
  });
  if (fault == faults_.end()) return;
  const int error = fault->error;
  faults_.erase(fault);
  throw xc::Error("xs_" + call + " " + path, error);
}

void FakeStore::State::fail_next(const std::string& call, int error, const std::string& path) {
  const std::lock_guard lock(mutex_);
  faults_.push_back({call, path, error});
}

void FakeStore::State::conflict_next(int transactions) {
  const std::lock_guard lock(mutex_);
  conflicts_ = transactions;
}

std::vector<std::string> FakeStore::State::calls() {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void FakeStore::State::attach(std::shared_ptr<EventQueue> queue) {
  const std::lock_guard lock(mutex_);
  queues_.push_back(std::move(queue));
}

void FakeStore::State::detach(const std::shared_ptr<EventQueue>& queue) {
  const std::lock_guard lock(mutex_);
  std::erase(queues_, queue);
}

void FakeStore::State::notify(const std::vector<std::string>& changed) {
  std::vector<std::shared_ptr<EventQueue>> queues;
  {
    const std::lock_guard lock(mutex_);
    queues = queues_;
  }
  for (const auto& queue : queues) queue->notify(changed);
}

}  // namespace fakes
