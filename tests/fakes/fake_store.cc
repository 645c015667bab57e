#include "tests/fakes/fake_store.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "tests/fakes/fake_store_state.h"

namespace fakes {

namespace {

thread_local std::size_t t_requests = 0;

}  // namespace

std::size_t FakeStore::requests_of_this_thread() {
  return t_requests;
}

// ---- in a transaction: the same calls on a copy of the tree
// ------------------------------------------------------------

class FakeStore::InTransaction final : public xc::Store {
 public:
  InTransaction(FakeStore& outside, Tree& tree) : outside_(outside), tree_(tree) {}

  std::optional<std::string> read(const std::string& path, std::size_t limit) override {
    outside_.state_->fail_if_told("read", path);
    return tree_.read(path, limit);
  }
  void write(const std::string& path, const std::string& value) override {
    outside_.state_->record("write", path, value);
    tree_.write(path, value);
  }
  void make_dir(const std::string& path) override {
    outside_.state_->record("make_dir", path);
    tree_.make_dir(path);
  }
  void remove(const std::string& path) override {
    outside_.state_->record("remove", path);
    tree_.remove(path);
  }
  std::vector<std::string> list(const std::string& path) override {
    outside_.state_->fail_if_told("list", path);
    return tree_.list(path);
  }
  void set_permissions(const std::string& path, const xc::Permissions& permissions) override {
    outside_.state_->record("set_permissions", path);
    tree_.set_permissions(path, permissions);
  }
  void transaction(const std::function<void(xc::Store&)>& steps) override { steps(*this); }
  void introduce_domain(xc::DomId domid, xc::Frame frame, xc::Port port) override {
    outside_.introduce_domain(domid, frame, port);
  }
  void resume_domain(xc::DomId domid) override { outside_.resume_domain(domid); }
  std::unique_ptr<xc::Watch> watch() override { return outside_.watch(); }

 private:
  FakeStore& outside_;
  Tree& tree_;
};

// ---- watches
// -----------------------------------------------------------------------------------------------------------

class FakeStore::FakeWatch final : public xc::Watch {
 public:
  explicit FakeWatch(std::shared_ptr<State> state) : state_(std::move(state)), queue_(std::make_shared<EventQueue>()) {
    state_->attach(queue_);
  }
  ~FakeWatch() override { state_->detach(queue_); }

  void add(const std::string& path, const std::string& token) override { queue_->add(path, token); }
  void remove(const std::string& path, const std::string& token) override { queue_->remove(path, token); }
  std::optional<xc::WatchEvent> wait(xc::Deadline deadline) override { return queue_->wait(deadline); }
  void wake() override { queue_->wake(); }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<EventQueue> queue_;
};

// ---- the store
// ---------------------------------------------------------------------------------------------------------

FakeStore::FakeStore() : state_(std::make_shared<State>()) {}

FakeStore::~FakeStore() = default;

std::optional<std::string> FakeStore::read(const std::string& path, std::size_t limit) {
  ++t_requests;
  state_->fail_if_told("read", path);
  return state_->with_tree([&](Tree& tree) { return tree.read(path, limit); });
}

void FakeStore::write(const std::string& path, const std::string& value) {
  state_->record("write", path, value);
  state_->with_tree([&](Tree& tree) { tree.write(path, value); });
}

void FakeStore::make_dir(const std::string& path) {
  state_->record("make_dir", path);
  state_->with_tree([&](Tree& tree) { tree.make_dir(path); });
}

void FakeStore::remove(const std::string& path) {
  state_->record("remove", path);
  state_->with_tree([&](Tree& tree) { tree.remove(path); });
}

std::vector<std::string> FakeStore::list(const std::string& path) {
  ++t_requests;
  state_->fail_if_told("list", path);
  return state_->with_tree([&](Tree& tree) { return tree.list(path); });
}

void FakeStore::set_permissions(const std::string& path, const xc::Permissions& permissions) {
  state_->record("set_permissions", path);
  state_->with_tree([&](Tree& tree) { tree.set_permissions(path, permissions); });
}

// The steps run without a lock: like the real ones they may take long and use the store outside of the transaction.
void FakeStore::transaction(const std::function<void(xc::Store&)>& steps) {
  ++t_requests;
  for (;;) {
    Tree copy = state_->begin();
    const std::uint64_t base = copy.generation();
    InTransaction inside(*this, copy);
    steps(inside);
    state_->record("commit", "");
    if (state_->commit(std::move(copy), base)) return;
  }
}

void FakeStore::introduce_domain(xc::DomId domid, xc::Frame frame, xc::Port port) {
  state_->record("introduce_domain", std::to_string(domid),
                 "frame " + std::to_string(frame) + " port " + std::to_string(port));
  fire("@introduceDomain");
}

void FakeStore::resume_domain(xc::DomId domid) {
  state_->record("resume_domain", std::to_string(domid));
}

std::unique_ptr<xc::Watch> FakeStore::watch() {
  return std::make_unique<FakeWatch>(state_);
}

// ---- for tests
// ---------------------------------------------------------------------------------------------------------

void FakeStore::fail_next(const std::string& call, int error, const std::string& path) {
  state_->fail_next(call, error, path);
}

void FakeStore::conflict_next(int transactions) {
  state_->conflict_next(transactions);
}

void FakeStore::fire(const std::string& special) {
  state_->notify({special});
}

std::vector<std::string> FakeStore::calls() const {
  return state_->calls();
}

std::map<std::string, std::string> FakeStore::tree(const std::string& path) const {
  return state_->with_tree([&](Tree& tree) { return tree.values(path); });
}

xc::Permissions FakeStore::permissions(const std::string& path) const {
  return state_->with_tree([&](Tree& tree) { return tree.permissions(path); });
}

}  // namespace fakes
