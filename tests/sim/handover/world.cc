#include "tests/sim/handover/world.h"

#include <algorithm>

#include <fmt/format.h>

#include "xend/error.h"

namespace sim {

namespace {

using namespace std::chrono_literals;

constexpr Time kNotices = 30s;  // TCP notices a host that is not there
constexpr Time kEnd = 3000s;    // what is not over by then never will be

constexpr std::array kFaults{"daemon killed", "power cut",        "links cut",       "writes fail", "disk full",
                             "message lost",  "message repeated", "message delayed", "cancelled",   "refused"};

HostName other(HostName name) {
  return name == HostName::kSource ? HostName::kDestination : HostName::kSource;
}

std::size_t index(HostName name) {
  return static_cast<std::size_t>(name);
}

}  // namespace

World::World(unsigned long seed) : random_(static_cast<unsigned>(seed * 2654435761u + 1)) {}

// Fibers that still rest are unwound while all that they refer to is there.
World::~World() {
  for (auto& process : processes_) process.fiber->kill();
}

void World::wrong(const std::string& what) {
  if (wrong_.empty()) wrong_ = fmt::format("at {} ms, step {}: {}", now_.count(), steps_, what);
}

void World::say(HostName name, const std::string& what) const {
  if (telling_)
    fmt::print("{:>7} ms {:>4} {:<12}{}\n", now_.count(), steps_, name == HostName::kSource ? "source" : "destination",
               what);
}

// ---- time
// ------------------------------------------------------------------------------------------------------------

void World::after(Time time, std::function<void()> what) {
  events_.push_back({now_ + time, std::move(what)});
}

void World::compute() {
  int running = 0;
  for (auto& host : hosts_) {
    if (!host.copy || !host.copy->running) continue;
    ++running;
    if (host.copy->progress != computed_)
      wrong(fmt::format("a copy goes on from {} when the guest has been at {}", host.copy->progress, computed_));
    host.copy->progress = computed_ + 1;
  }
  if (running > 1) wrong("it runs on both hosts");
  if (running > 0) ++computed_;
}

void World::step() {
  ++steps_;
  compute();
  for (const auto& fault : std::vector(faults_))
    if (fault.step == steps_) strike(fault);
  if (roll(3) == 0) wait(Time(roll(8)));
  if (current_->fiber->killed()) throw Killed();
}

void World::wait(Time time) {
  wait_until([] { return false; }, now_ + time);
}

bool World::wait_until(const std::function<bool()>& ready, Time deadline) {
  if (current_->fiber->killed()) throw Killed();
  current_->ready = ready;
  current_->deadline = deadline;
  current_->fiber->rest();
  return ready();
}

void World::spawn(std::function<void()> body) {
  processes_.push_back({current_->host, current_->daemon, std::make_unique<Fiber>(std::move(body)), {}, now_});
}

// Lets one of those who can go on do so; when there is none, time passes. False when nothing will ever happen.
bool World::turn() {
  std::vector<Process*> able;
  auto next = kEnd + 1ms;
  for (auto& process : processes_) {
    if (process.fiber->ended()) continue;
    if (now_ >= process.deadline || (process.ready && process.ready()))
      able.push_back(&process);
    else
      next = std::min(next, process.deadline);
  }
  if (!able.empty()) {
    current_ = able[roll(static_cast<unsigned>(able.size()))];
    current_->fiber->resume();
    current_ = nullptr;
    processes_.remove_if([](const Process& p) { return p.fiber->ended(); });
    return true;
  }
  for (const auto& connection : connections_)
    for (const auto& end : connection->ends) {
      if (!end.incoming.empty() && end.incoming.front().arrives > now_)
        next = std::min(next, end.incoming.front().arrives);
      if (end.lost && *end.lost > now_) next = std::min(next, *end.lost);
    }
  for (const auto& event : events_) next = std::min(next, event.when);
  if (next > kEnd) return false;
  now_ = std::max(now_, next);
  compute();
  const auto due = std::partition(events_.begin(), events_.end(), [&](const Event& e) { return e.when > now_; });
  std::vector<Event> happening(std::make_move_iterator(due), std::make_move_iterator(events_.end()));
  events_.erase(due, events_.end());
  for (auto& event : happening) event.what();
  return true;
}

// ---- daemons and power
// -----------------------------------------------------------------------------------------------

void World::start_daemon(HostName name) {
  auto& h = host(name);
  if (!h.powered || h.daemon_up) return;
  h.daemon_up = true;
  ++h.daemon;
  say(name, "a daemon starts");
  processes_.push_back({name, h.daemon, std::make_unique<Fiber>([this, name] { program_(name); }), {}, now_});
}

void World::kill_daemon(HostName name) {
  auto& h = host(name);
  if (!h.daemon_up) return;
  h.daemon_up = false;
  for (auto& process : processes_)
    if (process.host == name) process.fiber->kill();
  for (const auto& connection : connections_) close(*connection, name);
  if (name == HostName::kDestination) arriving_.clear();
  if (h.powered && h.saver_alive) {
    h.saver_alive = false;
    after(Time(roll(2000)), [this, name, boot = h.boot] {
      auto& now = host(name);
      if (now.boot == boot && now.copy) now.copy->running = true;
      say(name, "xc_save has noticed that its daemon is gone");
    });
  }
  h.saver_alive = false;
}

// Whether nobody can be blamed when the guest is gone after this: its memory was here, and no whole copy of it is
// where it may go on.
void World::judge_power_cut(HostName name) {
  const auto& here = host(name);
  const auto& there = host(other(name));
  if (!here.copy) return;
  if (here.copy->running || !there.copy || !there.copy->whole) return lost_legitimately();
  if (name == HostName::kDestination && (record_says(name, "owner") || record_says(name, "running")))
    return lost_legitimately();
  if (name == HostName::kSource && (taken_back_ || !(record_says(HostName::kDestination, "prepared") ||
                                                     record_says(HostName::kDestination, "owner"))))
    lost_legitimately();
}

bool World::record_says(HostName name, const std::string& word) const {
  const auto& files = hosts_.at(index(name)).disk.seen;
  return std::any_of(files.begin(), files.end(),
                     [&](const auto& file) { return file.second.find("(state " + word + ")") != std::string::npos; });
}

void World::cut_power(HostName name) {
  auto& h = host(name);
  if (!h.powered) return;
  judge_power_cut(name);
  for (const auto& connection : connections_) {
    auto& theirs = connection->ends.at(index(other(name)));
    if (!connection->ends.at(index(name)).closed && !theirs.closed) theirs.lost = now_ + kNotices;
    connection->cut = true;
  }
  h.powered = false;
  h.saver_alive = false;
  kill_daemon(name);
  h.copy.reset();
  h.disk.seen = h.disk.durable;
  ++h.boot;
}

void World::strike(const Fault& fault) {
  auto& h = host(fault.host);
  say(fault.host,
      fmt::format("fault {}, for {} ms", kFaults.at(static_cast<std::size_t>(fault.kind)), fault.lasts.count()));
  mended_ = std::max(mended_, now_ + fault.lasts);
  switch (fault.kind) {
    case Fault::Kind::kKillDaemon:
      kill_daemon(fault.host);
      return after(fault.lasts, [this, name = fault.host] { start_daemon(name); });
    case Fault::Kind::kCutPower:
      cut_power(fault.host);
      return after(fault.lasts, [this, name = fault.host] {
        host(name).powered = true;
        start_daemon(name);
      });
    case Fault::Kind::kCutLinks:
      for (const auto& connection : connections_) {
        connection->cut = true;
        for (auto& end : connection->ends)
          if (!end.closed) end.lost = now_ + Time(roll(2) != 0 ? 0 : 30'000);
      }
      return;
    case Fault::Kind::kFailWrites:
      h.disk.failing_writes += 1 + roll(3);
      h.disk.fails_late = roll(2) == 0;
      return;
    case Fault::Kind::kFillDisk:
      h.disk.full_until = now_ + fault.lasts;
      return;
    case Fault::Kind::kLoseMessage:
      ++lose_;
      return;
    case Fault::Kind::kRepeatMessage:
      ++repeat_;
      return;
    case Fault::Kind::kDelay:
      ++delay_;
      return;
    case Fault::Kind::kCancel:
      cancelled_ = true;
      return;
    case Fault::Kind::kRefuse:
      refuses_ = true;
  }
}

// ---- disk
// ------------------------------------------------------------------------------------------------------------

void World::write_file(HostName name, const std::string& file, const std::string& text) {
  step();
  auto& disk = host(name).disk;
  if (disk_full(name)) throw xend::Error("No space left on device");
  if (disk.failing_writes > 0) {
    --disk.failing_writes;
    if (disk.fails_late) disk.seen[file] = text;
    throw xend::Error("No space left on device");
  }
  disk.seen[file] = text;  // renamed,
  step();
  disk.durable[file] = text;  // and the folder synced
  say(name, "wrote " + text);
  step();
}

void World::remove_file(HostName name, const std::string& file) {
  step();
  auto& disk = host(name).disk;
  disk.seen.erase(file);
  step();
  disk.durable.erase(file);
  say(name, "forgot " + file);
}

void World::sync_folder(HostName name) {
  step();
  auto& disk = host(name).disk;
  disk.durable = disk.seen;
  step();
}

// ---- network
// ---------------------------------------------------------------------------------------------------------

std::shared_ptr<Connection> World::connect(HostName from) {
  step();
  auto& there = host(other(from));
  if (!there.powered) wait(kNotices);
  if (!there.powered || !there.daemon_up) return nullptr;
  auto connection = std::make_shared<Connection>();
  connections_.push_back(connection);
  arriving_.push_back(connection);
  return connection;
}

std::shared_ptr<Connection> World::accept(HostName) {
  wait_until([this] { return !arriving_.empty(); }, kEnd + 2ms);
  if (arriving_.empty()) return nullptr;
  auto connection = arriving_.front();
  arriving_.pop_front();
  return connection;
}

void World::send(Connection& connection, HostName from, const xend::Message& message) {
  step();
  say(from, "says " + to_text(message).substr(0, 30));
  if (connection.cut || connection.ends.at(index(other(from))).closed) return;  // noticed when an answer is awaited
  auto& queue = connection.ends.at(index(other(from))).incoming;
  if (lose_ > 0) {
    --lose_;
    return;
  }
  auto arrives = now_ + Time(1 + roll(20));
  if (delay_ > 0) {
    --delay_;
    arrives += Time(roll(240'000));
  }
  if (!queue.empty()) arrives = std::max(arrives, queue.back().arrives);
  queue.push_back({arrives, message});
  if (repeat_ > 0) {
    --repeat_;
    queue.push_back({arrives + Time(roll(5000)), message});
  }
}

// What was on its way when the other end closed or was cut off still arrives, as it does with TCP.
std::optional<xend::Message> World::receive(Connection& connection, HostName at, Time limit) {
  step();
  auto& own = connection.ends.at(index(at));
  auto& theirs = connection.ends.at(index(other(at)));
  const auto something = [&] { return !own.incoming.empty() && own.incoming.front().arrives <= now_; };
  const auto over = [&] {
    return (own.lost && *own.lost <= now_) || (theirs.closed && !connection.cut && own.incoming.empty());
  };
  wait_until([&] { return something() || over(); }, now_ + limit);
  if (!something()) return std::nullopt;
  auto message = own.incoming.front().message;
  own.incoming.pop_front();
  return message;
}

void World::close(Connection& connection, HostName end) {
  connection.ends.at(index(end)).closed = true;
}

// ---- the whole
// -------------------------------------------------------------------------------------------------------

std::string World::run(std::vector<Fault> faults) {
  faults_ = std::move(faults);
  host(HostName::kSource).copy = Copy{};
  start_daemon(HostName::kDestination);
  start_daemon(HostName::kSource);
  while (wrong_.empty() && now_ <= kEnd && turn()) continue;
  return wrong_.empty() ? verdict() : wrong_;
}

std::string World::verdict() {
  int copies = 0, running = 0;
  for (const auto& h : hosts_) {
    copies += h.copy ? 1 : 0;
    running += h.copy && h.copy->running ? 1 : 0;
    for (const auto& [name, text] : h.disk.seen) wrong(fmt::format("the record {} stayed: {}", name, text));
  }
  if (copies > running) wrong("a copy that does not run keeps its memory and its name");
  if (running == 0 && !may_be_lost_) wrong("the guest is lost");
  return wrong_;
}

}  // namespace sim
