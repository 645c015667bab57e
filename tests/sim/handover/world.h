// Two hosts with their power, disk, hypervisor and daemon, the network between them and one clock: everything that can
// go wrong with a handover goes wrong here when a seed says so. The daemons on it (daemons.h) run the real protocol.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/sim/handover/fibers.h"
#include "xend/relocation/handover_message.h"

namespace sim {

using Time = std::chrono::milliseconds;

// The copy of the guest that a host has in memory. `progress` is what it has computed: a copy that goes on from where
// another one has been since is one too many.
struct Copy {
  bool whole = true;    // false: being received
  bool kept = true;     // false: the next daemon takes it away, unless a record of it is there
  bool running = true;  // false: suspended at the source, paused at the destination
  long progress = 0;
};

// Files of a host: what a reader sees, and what is there after the power has failed.
struct Disk {
  std::map<std::string, std::string> seen, durable;
  unsigned failing_writes = 0;  // so many of the next ones fail
  bool fails_late = false;      // a failing write leaves the new file to be seen
  Time full_until{0};           // so long all of them do
};

struct Connection {
  struct InFlight {
    Time arrives;
    xend::Message message;
  };
  struct End {
    std::deque<InFlight> incoming;
    bool closed = false;       // by this end
    std::optional<Time> lost;  // when this end notices that the other is not there any more
  };
  std::array<End, 2> ends;  // by host
  bool cut = false;         // nothing arrives any more
};

enum class HostName { kSource = 0, kDestination = 1 };

struct SimulatedHost {
  bool powered = true;
  unsigned boot = 1;
  bool daemon_up = false;
  unsigned daemon = 0;  // counts the daemons that have been
  std::optional<Copy> copy;
  bool saver_alive = false;  // xc_save is at it: it lets the guest go on when its daemon dies
  Disk disk;
};

struct Fault {
  enum class Kind {
    kKillDaemon,
    kCutPower,
    kCutLinks,
    kFailWrites,
    kFillDisk,
    kLoseMessage,
    kRepeatMessage,
    kDelay,
    kCancel,
    kRefuse
  };
  Kind kind = Kind::kKillDaemon;
  HostName host = HostName::kSource;
  unsigned step = 0;  // when so many steps have been taken
  Time lasts{0};      // until it is mended
};

class World {
 public:
  explicit World(unsigned long seed);
  ~World();

  // What a daemon does when it is started on a host; runs as a fiber of its own.
  using Program = std::function<void(HostName)>;
  void install(Program program) { program_ = std::move(program); }

  // Prints what happens on stdout: for the replay of a schedule that went wrong.
  void tell(bool yes) { telling_ = yes; }

  // Runs until everything rests and all faults are mended. What was wrong, "" when nothing.
  std::string run(std::vector<Fault> faults);

  // ---- for programs, inside fibers ----

  Time now() const { return now_; }
  SimulatedHost& host(HostName name) { return hosts_.at(static_cast<std::size_t>(name)); }
  // Something is about to happen: faults may strike, time passes for the guest. Throws Killed.
  void step();
  void wait(Time time);
  // Waits until `ready`, false at `deadline`.
  bool wait_until(const std::function<bool()>& ready, Time deadline);
  // Another fiber of the same daemon.
  void spawn(std::function<void()> body);

  // Throws xend::Error for a failing disk.
  void write_file(HostName host, const std::string& name, const std::string& text);
  void remove_file(HostName host, const std::string& name);
  // What is seen is durable when this returns.
  void sync_folder(HostName host);
  bool disk_full(HostName name) { return now_ < host(name).disk.full_until; }

  // Null when nobody answers.
  std::shared_ptr<Connection> connect(HostName from);
  std::shared_ptr<Connection> accept(HostName at);
  void send(Connection& connection, HostName from, const xend::Message& message);
  std::optional<xend::Message> receive(Connection& connection, HostName at, Time limit);
  void close(Connection& connection, HostName end);

  bool cancelled() const { return cancelled_; }
  bool take_refusal() { return std::exchange(refuses_, false); }
  // The source has decided that the guest stays: from here on it lives and dies with that host.
  void taken_back() { taken_back_ = true; }
  void say(HostName host, const std::string& what) const;

 private:
  void lost_legitimately() { may_be_lost_ = true; }
  bool record_says(HostName host, const std::string& word) const;

  struct Process {
    HostName host;
    unsigned daemon;
    std::unique_ptr<Fiber> fiber;
    std::function<bool()> ready;  // empty: at any time
    Time deadline{0};
  };
  struct Event {
    Time when;
    std::function<void()> what;
  };

  void start_daemon(HostName name);
  void kill_daemon(HostName name);
  void cut_power(HostName name);
  void strike(const Fault& fault);
  void after(Time time, std::function<void()> what);
  bool turn();
  void compute();
  void judge_power_cut(HostName name);
  std::string verdict();
  unsigned roll(unsigned sides) { return static_cast<unsigned>(random_() % sides); }
  void wrong(const std::string& what);

  std::minstd_rand random_;
  Time now_{0};
  unsigned steps_ = 0;
  std::array<SimulatedHost, 2> hosts_;
  std::list<Process> processes_;
  Process* current_ = nullptr;
  std::vector<Event> events_;
  std::vector<Fault> faults_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::deque<std::shared_ptr<Connection>> arriving_;
  Program program_;
  long computed_ = 0;
  bool cancelled_ = false, refuses_ = false, may_be_lost_ = false, taken_back_ = false, telling_ = false;
  unsigned lose_ = 0, repeat_ = 0, delay_ = 0;
  Time mended_{0};
  std::string wrong_;
};

}  // namespace sim
