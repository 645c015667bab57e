// Device models as processes: begun, spoken to, ended, lost and found again. QEMU is played by a small program.
#include "xend/build/qemu_device_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/fakes/fake_store.h"
#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/error.h"

namespace xend {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

using Clock = std::chrono::steady_clock;

// The words that it is started with tell it where to listen, its name how to behave. It notes which descriptors it has
// and what it is asked.
constexpr const char* kQemu = R"python(#!/usr/bin/python3
import json, os, signal, socket, sys, time
words = sys.argv[1:]
name = words[words.index("-name") + 1]
path = [w for w in words if w.startswith("socket,")][0].split("path=")[1].split(",")[0]
notes = open(os.path.join(os.path.dirname(sys.argv[0]), "notes"), "a", buffering=1)
def is_open(fd):
    try:
        os.fstat(fd)
        return fd != notes.fileno()
    except OSError:
        return False
notes.write("descriptors %s\n" % [fd for fd in range(256) if is_open(fd)])
notes.write("domain %s\n" % os.environ.get("XEN_DOMAIN_ID"))
if "-incoming" in words:
    notes.write("state %s\n" % os.read(3, 100).decode())
print("qemu: I am", name, flush=True)
if name == "broken":
    print("qemu: no such machine", file=sys.stderr, flush=True)
    sys.exit(7)
if name == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = socket.socket(socket.AF_UNIX)
server.bind(path + ".new")
server.listen(5)
os.rename(path + ".new", path)  # whoever finds it can connect
devices = {}
def plug(device):  # by id; one of the host is there when its vendor is 0x046d
    devices[device["id"]] = device.get("vendorid", 0x046d) == 0x046d
    return {}
answers = {"query-vnc": {"service": "5907"},
           "device_add": plug,
           "device_del": lambda device: {} if devices.pop(device["id"], None) is not None else None,
           "qom-list": lambda question: [{"name": id, "type": "child<usb>"} for id in devices],
           "qom-get": lambda question: devices[question["path"].split("/")[-1]],
           "query-chardev": [{"label": "serial0", "filename": "pty:/dev/pts/7"}]}
if name == "hostile":
    answers = {"query-vnc": [], "query-chardev": 7}
while True:
    client = server.accept()[0].makefile("rw")
    client.write('{"QMP": {}}\n')
    client.flush()
    for line in client:
        request = json.loads(line)
        if request["execute"] != "qmp_capabilities":
            notes.write("asked %s %s\n" % (request["execute"], json.dumps(request.get("arguments", {}))))
        answer = answers.get(request["execute"], {})
        if callable(answer):
            answer = answer(request["arguments"])
        client.write(json.dumps({"error": {"desc": "not found"}} if answer is None else {"return": answer}) + "\n")
        client.flush()
)python";

class QemuProcesses : public testing::Test {
 protected:
  QemuProcesses() {
    settings_.run_folder = folder_.path() / "run";
    settings_.log_folder = folder_.path();
    settings_.to_start = 20s;
    settings_.to_answer = 10s;
    std::ofstream(qemu_) << kQemu;
    std::filesystem::permissions(qemu_, std::filesystem::perms::owner_all);
    open();
  }
  // What a test has left running.
  ~QemuProcesses() override {
    models_.reset();
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  void open() {
    models_.emplace(store_, settings_, [this](xc::DomId domid, const std::string& what) {
      const std::lock_guard lock(mutex_);
      deaths_.push_back(std::to_string(domid) + ": " + what);
      death_.notify_all();
    });
  }

  DeviceModelPlan plan(const std::string& name) const {
    DeviceModelPlan plan;
    plan.domid = 5;
    plan.name = name;
    plan.program = qemu_;
    plan.vnc = VncDisplay{};
    plan.serial = "pty";
    return plan;
  }

  // Starts one; it says in xenstore that it is ready as soon as it listens.
  void start(const std::string& name, const std::string& state = "") { start(plan(name), state); }
  void start(const DeviceModelPlan& plan, const std::string& state = "") {
    models_->start(plan, state, [&](const DeviceModelProcess& process) {
      pid_ = process.pid;
      known_ = process;
      if (plan.name == "broken" || plan.name == "slow") return;
      const auto deadline = Clock::now() + 10s;
      while (!std::filesystem::exists(socket_) && Clock::now() < deadline) std::this_thread::sleep_for(5ms);
      store_.write(kNode + std::string("/state"), "running");
    });
  }
  std::string refusal(const std::string& name) {
    try {
      start(name);
    } catch (const Error& e) {
      return e.what();
    }
    return "no refusal";
  }

  static UsbDevice usb(const std::string& name, unsigned port) {
    UsbDevice device = parse_usb_device(name).value();
    device.port = port;
    return device;
  }

  std::string notes() const {
    std::ostringstream text;
    text << std::ifstream(folder_.path() / "notes").rdbuf();
    return text.str();
  }
  std::vector<std::string> deaths(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    death_.wait_for(lock, limit, [this] { return !deaths_.empty(); });
    return deaths_;
  }
  bool is_there() const { return ::kill(pid_, 0) == 0; }

  static constexpr const char* kNode = "/local/domain/0/device-model/5";

  test::TemporaryFolder folder_;
  std::string qemu_ = folder_.path() / "qemu";
  std::string socket_ = folder_.path() / "run/qmp-5";
  fakes::FakeStore store_;
  DeviceModelSettings settings_;
  std::mutex mutex_;
  std::condition_variable death_;
  std::vector<std::string> deaths_;
  std::optional<QemuDeviceModels> models_;
  pid_t pid_ = -1;
  DeviceModelProcess known_;
};

TEST_F(QemuProcesses, OneIsStartedAndPublished) {
  start("a");
  EXPECT_GT(known_.started_at, 0U);
  EXPECT_EQ(store_.read("/local/domain/5/console/vnc-port"), "5907");
  EXPECT_EQ(store_.read("/local/domain/5/console/vnc-listen"), "127.0.0.1");
  EXPECT_EQ(store_.read("/local/domain/5/serial/0/tty"), "/dev/pts/7");
  EXPECT_THAT(notes(), HasSubstr("domain 5\n"));
}

// Nothing of what the daemon has open is for a program that a guest may take over.
TEST_F(QemuProcesses, ItHasItsLogAndItsStateAndNothingElse) {
  start("a");
  EXPECT_THAT(notes(), HasSubstr("descriptors [0, 1, 2]\n"));
  models_->stop(5);
  const std::string state = folder_.path() / "state";
  std::ofstream(state) << "devices";
  start("a", state);
  EXPECT_THAT(notes(), HasSubstr("descriptors [0, 1, 2, 3]\ndomain 5\nstate devices\n"));
}

TEST_F(QemuProcesses, CommandsReachIt) {
  start("a");
  models_->log_dirty(5, true);
  models_->halt(5);
  models_->save_state(5, "/var/lib/xen/qemu-save.5");
  models_->go_on(5);
  EXPECT_THAT(notes(), HasSubstr("asked xen-set-global-dirty-log {\"enable\": true}\nasked stop {}\n"
                                 "asked xen-save-devices-state {\"filename\": \"/var/lib/xen/qemu-save.5\", "
                                 "\"live\": false}\nasked cont {}\n"));
}

// "" when it is done.
std::string refused(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST_F(QemuProcesses, UsbDevicesArePluggedIntoTheirPorts) {
  start("a");
  const UsbDevice tablet = usb("tablet", 2), host = usb("host:046d:c52b", 1);
  EXPECT_FALSE(models_->has_usb(5, tablet));
  models_->add_usb(5, tablet);
  models_->add_usb(5, host);
  EXPECT_TRUE(models_->has_usb(5, tablet));
  EXPECT_TRUE(models_->has_usb(5, host));
  models_->remove_usb(5, tablet);
  EXPECT_FALSE(models_->has_usb(5, tablet));
  EXPECT_EQ(refused([&] { models_->remove_usb(5, tablet); }), "The device model refuses device_del: not found");
  EXPECT_THAT(notes(),
              testing::AllOf(
                  HasSubstr(R"(device_add {"bus": "usb-bus.0", "driver": "usb-tablet", "id": "usb2", "port": "2"})"),
                  HasSubstr(R"(device_add {"bus": "usb-bus.0", "driver": "usb-host", "id": "usb1", "port": "1", )"
                            R"("productid": 50475, "vendorid": 1133})"),
                  HasSubstr(R"(qom-get {"path": "/machine/peripheral/usb1", "property": "attached"})"),
                  HasSubstr(R"(qom-list {"path": "/machine/peripheral"})"), HasSubstr(R"(device_del {"id": "usb2"})")));
}

TEST_F(QemuProcesses, AUsbDeviceThatTheHostDoesNotHaveIsSaid) {
  start("a");
  const UsbDevice absent = usb("host:1234:5678", 1);
  EXPECT_THAT(refused([&] { models_->add_usb(5, absent); }),
              testing::StartsWith("The device model cannot take the USB device host:1234:5678 of this host.\n"));
  EXPECT_TRUE(models_->has_usb(5, absent));  // QEMU waits for it
}

TEST_F(QemuProcesses, StoppingOneIsNoDeath) {
  start("a");
  models_->stop(5);
  EXPECT_FALSE(is_there());
  EXPECT_FALSE(std::filesystem::exists(socket_));
  EXPECT_TRUE(store_.tree("/local/domain/0/device-model").empty());
  EXPECT_THAT(deaths(200ms), ElementsAre());
  models_->stop(5);
}

TEST_F(QemuProcesses, OneThatIgnoresTheRequestIsKilled) {
  settings_.to_end = 300ms;
  open();
  start("stubborn");
  const auto begin = Clock::now();
  models_->stop(5);
  EXPECT_FALSE(is_there());
  EXPECT_GE(Clock::now() - begin, 300ms);
  EXPECT_LT(Clock::now() - begin, 5s);
  EXPECT_THAT(deaths(0ms), ElementsAre());
}

TEST_F(QemuProcesses, OneThatEndsBeforeItIsReadySaysWhy) {
  EXPECT_THAT(refusal("broken"), MatchesRegex("The device model of broken could not be started: it has ended: exit "
                                              "status 7\n.*/qemu-dm-broken.log ends with:\n"
                                              "qemu: I am broken\nqemu: no such machine"));
  EXPECT_FALSE(is_there());
  EXPECT_TRUE(store_.tree("/local/domain/0/device-model").empty());
  EXPECT_THAT(deaths(200ms), ElementsAre());
}

TEST_F(QemuProcesses, OneThatIsNeverReadyDoesNotStay) {
  settings_.to_start = 300ms;
  open();
  EXPECT_THAT(refusal("slow"), HasSubstr("could not be started: it was not ready within 1 s\n"));
  EXPECT_FALSE(is_there());
  EXPECT_FALSE(std::filesystem::exists(socket_));
}

TEST_F(QemuProcesses, OneThatSaysNonsenseDoesNotStay) {
  EXPECT_THAT(refusal("hostile"), HasSubstr("could not be started: The device model of hostile has no VNC port.\n"));
  EXPECT_FALSE(is_there());
  EXPECT_EQ(store_.read("/local/domain/5/serial/0/tty"), std::nullopt);
}

TEST_F(QemuProcesses, WhatCannotBeRunIsNamed) {
  DeviceModelPlan order = plan("a");
  order.program = "/nowhere/qemu";
  try {
    start(order);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "The device model of a cannot be started: /nowhere/qemu: No such file or directory");
  }
  EXPECT_TRUE(store_.tree("/local/domain/0/device-model").empty());
}

TEST_F(QemuProcesses, AStateThatIsMissingIsNamed) {
  EXPECT_THAT([&] { start("a", "/nowhere/state"); },
              testing::ThrowsMessage<Error>(
                  "The state of the device model of a cannot be read from /nowhere/state: No such file or directory"));
}

// The note of its process is written while it starts: when that fails, the device model would be forgotten.
TEST_F(QemuProcesses, OneThatCannotBeNotedDoesNotStay) {
  const auto refuse = [this](const DeviceModelProcess& process) {
    pid_ = process.pid;
    throw Error("no space left");
  };
  EXPECT_THAT([&] { models_->start(plan("a"), "", refuse); },
              testing::ThrowsMessage<Error>(HasSubstr("could not be started: no space left\n")));
  EXPECT_FALSE(is_there());
}

TEST_F(QemuProcesses, ADeathIsToldOnce) {
  start("a");
  ::kill(pid_, SIGKILL);
  EXPECT_THAT(deaths(10s), ElementsAre(MatchesRegex("5: killed by signal 9; see .*/qemu-dm-a.log")));
  EXPECT_FALSE(is_there());
  models_->stop(5);
  start("b");  // another one wakes the watcher
  EXPECT_EQ(deaths(0ms).size(), 1U);
}

TEST_F(QemuProcesses, OneOutlivesTheDaemonAndIsFoundAgain) {
  start("a");
  models_.reset();
  EXPECT_TRUE(is_there());
  open();
  models_->adopt(5, "a", known_);
  EXPECT_THAT(notes(), HasSubstr("asked cont {}\n"));
  ::kill(pid_, SIGTERM);
  EXPECT_THAT(deaths(10s), ElementsAre(HasSubstr("5: killed by signal 15")));
}

TEST_F(QemuProcesses, OneThatHasGoneMeanwhileIsADeath) {
  start("a");
  models_.reset();
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  open();
  models_->adopt(5, "a", known_);
  EXPECT_THAT(deaths(0ms), ElementsAre(HasSubstr("5: it ended while xend was away; see ")));
  EXPECT_FALSE(std::filesystem::exists(socket_));
  EXPECT_TRUE(store_.tree("/local/domain/0/device-model").empty());
}

// The number of its process may be somebody else's by now: that one is left alone.
TEST_F(QemuProcesses, AnotherProcessOfThatNumberIsNotTakenForIt) {
  start("a");
  models_.reset();
  open();
  models_->adopt(5, "a", {known_.pid, known_.started_at - 1});
  EXPECT_THAT(deaths(0ms), ElementsAre(HasSubstr("it ended while xend was away")));
  models_->stop(5);
  EXPECT_TRUE(is_there());
}

TEST_F(QemuProcesses, ManyAtOnce) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  for (xc::DomId domid = 10; domid < 18; ++domid) {
    threads.emplace_back([&, domid] {
      DeviceModelPlan order = plan("many");
      order.domid = domid;
      const std::string socket = folder_.path() / ("run/qmp-" + std::to_string(domid));
      const auto ready = [&](const DeviceModelProcess&) {
        const auto deadline = Clock::now() + 10s;
        while (!std::filesystem::exists(socket) && Clock::now() < deadline) std::this_thread::sleep_for(5ms);
        store_.write("/local/domain/0/device-model/" + std::to_string(domid) + "/state", "running");
      };
      models_->start(order, "", ready);
      models_->stop(domid);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(deaths(100ms), ElementsAre());
  EXPECT_TRUE(store_.tree("/local/domain/0/device-model").empty());
}

}  // namespace
}  // namespace xend
