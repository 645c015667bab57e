#include "tests/fakes/fake_backends.h"

#include <fmt/format.h>

#include "libxc-wrap/error.h"

namespace fakes {

FakeDrivers::FakeDrivers(xc::Store& store) : store_(store), watch_(store.watch()) {
  watch_->add("/local/domain", "devices");
  thread_ = std::thread([this] { serve(); });
}

FakeDrivers::~FakeDrivers() {
  ending_ = true;
  watch_->wake();
  thread_.join();
}

void FakeDrivers::serve() {
  while (!ending_) {
    const auto event = watch_->wait(xc::Deadline::max());
    if (!event || !noticed(event->path)) continue;
    for (const char* type : {"vbd", "vif", "pci"}) {
      const std::string dir = fmt::format("/local/domain/0/backend/{}", type);
      for (const std::string& domid : store_.list(dir)) {
        for (const std::string& id : store_.list(dir + "/" + domid))
          look_at(fmt::format("{}/{}/{}", dir, domid, id), event->path);
      }
    }
  }
}

void FakeDrivers::remove_unnoticed(const std::string& path) {
  const std::lock_guard lock(mutex_);
  unnoticed_.push_back(path);
  store_.remove(path);
}

bool FakeDrivers::noticed(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return std::erase(unnoticed_, path) == 0;
}

void FakeDrivers::look_at(const std::string& backend, const std::string& changed) {
  store_.transaction([&](xc::Store& t) {
    const std::string state = t.read(backend + "/state").value_or("");
    if (state == "1" && takes_up_) t.write(backend + "/state", "2");
    if (backend.starts_with("/local/domain/0/backend/pci/"))
      serve_pci(t, backend, t.read(backend + "/state").value_or(""));
    const std::string watched = t.read(backend + "/frontend").value_or("") + "/state";
    if (state != "5" || !lets_go_ || !watched.starts_with(changed)) return;
    const auto front = t.read(watched);
    if (!front || *front == "6") t.write(backend + "/state", "6");
  });
}

void FakeDrivers::serve_pci(xc::Store& t, const std::string& backend, const std::string& state) {
  if (!pci_guest_answers_ || (state != "2" && state != "7")) return;
  for (unsigned i = 0; t.read(fmt::format("{}/dev-{}", backend, i)); ++i) {
    const std::string path = fmt::format("{}/state-{}", backend, i);
    if (t.read(path) != "1") continue;
    if (!pci_exports_) {
      const std::string errors = "/local/domain/0/error/" + backend.substr(std::string("/local/domain/0/").size());
      t.write(errors + "/error", "22 Couldn't locate PCI device");
      t.write(backend + "/state", "5");
      return;
    }
    t.write(path, "3");
  }
  t.write(backend + "/state", "4");
}

void FakeScripts::behave(Behaviour behaviour) {
  const std::lock_guard lock(mutex_);
  behaviour_ = std::move(behaviour);
}

xend::ScriptResult FakeScripts::run(const xend::ScriptCall& call, std::chrono::milliseconds) {
  Behaviour behaviour;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
    behaviour = behaviour_;
  }
  return behaviour ? behaviour(call) : succeed(call);
}

xend::ScriptResult FakeScripts::succeed(const xend::ScriptCall& call) {
  const std::string& command = call.arguments.at(0);
  if (command != "add" && command != "online") return {};
  const std::string backend = "/local/domain/0/" + call.environment.at("XENBUS_PATH");
  if (store_.read(backend + "/type") == "file") store_.write(backend + "/node", "/dev/loop7");
  if (command == "add") store_.write(backend + "/physical-device", "7:7");
  store_.write(backend + "/hotplug-status", "connected");
  return {};
}

std::vector<std::string> FakeScripts::calls() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> texts;
  for (const auto& call : calls_) {
    texts.push_back(
        fmt::format("{} {} {}", call.path, fmt::join(call.arguments, " "), call.environment.at("XENBUS_PATH")));
  }
  return texts;
}

xend::ScriptCall FakeScripts::last() const {
  const std::lock_guard lock(mutex_);
  return calls_.at(calls_.size() - 1);
}

}  // namespace fakes
