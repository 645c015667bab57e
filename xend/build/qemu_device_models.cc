#include "xend/build/qemu_device_models.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "xend/build/qmp.h"
#include "xend/build/qmp_answers.h"
#include "xend/build/rotated_log.h"
#include "xend/build/vnc_passwords.h"
#include "xend/error.h"
#include "xend/helpers/spawn.h"
#include "xend/log.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPeripherals = "/machine/peripheral";  // where QEMU keeps the devices that have an id
constexpr auto kToDie = std::chrono::seconds(10);            // once killed: it gives back the guest's memory first

std::string node_of(xc::DomId domid) {
  return fmt::format("/local/domain/0/device-model/{}", domid);
}

// Field 22 of /proc/PID/stat; the second field may contain anything, and ends with the last parenthesis.
std::uint64_t start_time(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text);
  std::size_t at = text.rfind(')');
  if (at == std::string::npos) return 0;
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return 0;
  std::uint64_t ticks = 0;
  std::from_chars(text.data() + at + 1, text.data() + text.size(), ticks);
  return ticks;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("killed by signal {}", WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

// Environment that QEMU is to see: the daemon's own, and whom it serves.
std::vector<std::string> environment_for(xc::DomId domid) {
  std::vector<std::string> variables = {fmt::format("XEN_DOMAIN_ID={}", domid)};
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  return variables;
}

}  // namespace

// One QEMU process. Thrown away, it runs on; end() ends it.
class QemuDeviceModels::Process {
 public:
  Process(std::string domain_name, std::string log_path, const DeviceModelProcess& known)
      : name(std::move(domain_name)),
        log(std::move(log_path)),
        pid_(known.pid),
        handle_(static_cast<int>(::syscall(SYS_pidfd_open, known.pid, 0))) {
    if (handle_.get() < 0 && errno != ESRCH)
      throw std::system_error(errno, std::generic_category(), "pidfd_open of the device model of " + name);
  }

  int handle() const { return handle_.get(); }  // readable once it has ended; -1: there is no such process
  DeviceModelProcess known() const { return {pid_, start_time(pid_)}; }

  bool ended(std::chrono::milliseconds wait = std::chrono::milliseconds(0)) const {
    pollfd end{handle_.get(), POLLIN, 0};
    const auto deadline = Clock::now() + wait;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      const int ready = ::poll(&end, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
      if (ready < 0 && errno == EINTR) continue;
      return ready != 0;
    }
  }

  void signal(int number) const { ::syscall(SYS_pidfd_send_signal, handle_.get(), number, nullptr, 0); }

  // How it ended, for messages. Reaps it when it is a child of this daemon.
  std::string bury() const {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) return how_it_ended(status);
    return "no longer there";
  }

  void end(std::chrono::milliseconds limit) const {
    if (handle() < 0) return;
    signal(SIGTERM);
    if (!ended(limit)) {
      XEND_LOG(Warning, "DeviceModel {} of domain {} took more than {:g}s to terminate: sending SIGKILL", pid_, name,
               std::chrono::duration<double>(limit).count());
      signal(SIGKILL);
      ended(kToDie);
    }
    bury();
  }

  const std::string name, log;

 private:
  int pid_;
  Descriptor handle_;
};

QemuDeviceModels::QemuDeviceModels(xc::Store& store, DeviceModelSettings settings, OnDeath on_death)
    : store_(store),
      settings_(std::move(settings)),
      on_death_(std::move(on_death)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_.get() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  watcher_ = std::thread([this] { watch(); });
}

QemuDeviceModels::~QemuDeviceModels() {
  stop_watching();
}

void QemuDeviceModels::stop_watching() {
  stopping_ = true;
  wake();
  if (watcher_.joinable()) watcher_.join();
}

std::string QemuDeviceModels::log_of(const std::string& name) const {
  return fmt::format("{}/qemu-dm-{}.log", settings_.log_folder, name);
}

std::string QemuDeviceModels::socket_of(xc::DomId domid) const {
  return fmt::format("{}/qmp-{}", settings_.run_folder, domid);
}

// ---- beginning -----------------------------------------------------------------------------------------------------

void QemuDeviceModels::start(const DeviceModelPlan& plan, const std::string& state, const Started& started) {
  DeviceModelPlan order = plan;
  if (order.vnc && !order.vnc->password.empty() && !checks_vnc_passwords(plan.program, settings_.run_folder)) {
    order.vnc->socket = fmt::format("{}/vnc-{}", settings_.run_folder, plan.domid);
    XEND_LOG(Warning,
             "Domain {} ({}): {} was built without what VNC passwords need. Its display is not on the network, but on "
             "the socket {}, for root; vncpasswd = '' puts it on the network without a password.",
             plan.name, plan.domid, plan.program, order.vnc->socket);
  }
  launch(order, state, started);
}

void QemuDeviceModels::launch(const DeviceModelPlan& plan, const std::string& state, const Started& started) {
  const auto process = spawn_process(plan, state);
  try {
    const auto known = process->known();
    XEND_LOG(Info, "Domain {} ({}): device model pid: {}", plan.name, plan.domid, known.pid);
    started(known);
    wait_until_ready(*process, plan);
    publish(plan);
  } catch (const std::exception& e) {
    // One that has ended says more about it in its log than the connection that it took along.
    const bool ended = process->ended(std::chrono::seconds(1));
    const std::string reason = ended ? "it has ended: " + process->bury() : e.what();
    process->end(settings_.to_end);
    forget_nodes(plan.domid);
    throw Error(fmt::format("The device model of {} could not be started: {}\n{} ends with:\n{}", plan.name, reason,
                            process->log, end_of_log(process->log, 5)));
  }
  keep(plan.domid, process);
}

std::shared_ptr<QemuDeviceModels::Process> QemuDeviceModels::spawn_process(const DeviceModelPlan& plan,
                                                                           const std::string& state) {
  Descriptor state_file;
  if (!state.empty()) {
    state_file = Descriptor(::open(state.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (state_file.get() < 0)
      throw Error(fmt::format("The state of the device model of {} cannot be read from {}: {}", plan.name, state,
                              std::generic_category().message(errno)));
  }
  store_.transaction([&](xc::Store& t) {
    t.remove(node_of(plan.domid));
    t.make_dir(node_of(plan.domid));
  });

  DeviceModelPlan order = plan;
  order.restores = state_file.get() >= 0;
  SpawnOrder spawned;
  spawned.path = plan.program;
  spawned.arguments = device_model_arguments(order, socket_of(plan.domid));
  spawned.environment = environment_for(plan.domid);
  spawned.own_session = true;
  try {
    std::filesystem::create_directories(settings_.run_folder);
    std::filesystem::remove(socket_of(plan.domid));
    const Descriptor output = open_rotated_log(log_of(plan.name), settings_.old_logs);
    spawned.descriptors = {-1, output.get(), output.get()};
    if (order.restores) spawned.descriptors.push_back(state_file.get());
    XEND_LOG(Info, "Domain {} ({}): spawning device models: {} {}", plan.name, plan.domid, plan.program,
             fmt::join(spawned.arguments, " "));
    return adopt_child(spawn(spawned), plan.name);
  } catch (const std::system_error& e) {
    forget_nodes(plan.domid);
    throw Error(fmt::format("The device model of {} cannot be started: {}", plan.name, e.what()));
  }
}

// One that cannot be watched could not be ended either: it does not stay.
std::shared_ptr<QemuDeviceModels::Process> QemuDeviceModels::adopt_child(int pid, const std::string& name) const {
  try {
    return std::make_shared<Process>(name, log_of(name), DeviceModelProcess{pid, 0});
  } catch (const std::system_error&) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    throw;
  }
}

void QemuDeviceModels::wait_until_ready(const Process& process, const DeviceModelPlan& plan) {
  const auto deadline = Clock::now() + settings_.to_start;
  const std::string node = node_of(plan.domid) + "/state";
  const auto watch = store_.watch();
  watch->add(node, "state");
  while (store_.read(node, 32).value_or("") != "running") {
    if (process.ended()) throw Error("it has ended");
    if (Clock::now() >= deadline)
      throw Error(fmt::format("it was not ready within {} s",
                              std::chrono::ceil<std::chrono::seconds>(settings_.to_start).count()));
    watch->wait(std::min(deadline, Clock::now() + std::chrono::milliseconds(200)));
  }
}

// What others look for in xenstore: QEMU does not write it itself (spec modern-xen 18).
void QemuDeviceModels::publish(const DeviceModelPlan& plan) {
  Qmp qmp(socket_of(plan.domid), settings_.to_answer);
  const std::string domain = fmt::format("/local/domain/{}", plan.domid);
  if (plan.vnc && plan.vnc->socket.empty()) {
    if (!plan.vnc->password.empty()) qmp.command("change-vnc-password", {{"password", plan.vnc->password}});
    const std::string port = vnc_port(qmp.command("query-vnc"));
    if (port.empty()) throw Error(fmt::format("The device model of {} has no VNC port.", plan.name));
    store_.write(domain + "/console/vnc-port", port);
    store_.write(domain + "/console/vnc-listen", plan.vnc->listen);
    XEND_LOG(Info, "Domain {} ({}): VNC on {} port {}", plan.name, plan.domid, plan.vnc->listen, port);
  }
  if (plan.serial != "pty") return;
  const std::string terminal = serial_terminal(qmp.command("query-chardev"), "serial0");
  if (!terminal.empty()) store_.write(domain + "/serial/0/tty", terminal);
}

void QemuDeviceModels::adopt(xc::DomId domid, const std::string& name, const DeviceModelProcess& process) {
  auto found = std::make_shared<Process>(name, log_of(name), process);
  if (found->handle() < 0 || found->known().started_at != process.started_at) {
    forget_nodes(domid);
    on_death_(domid, fmt::format("it ended while xend was away; see {}", log_of(name)));
    return;
  }
  keep(domid, std::move(found));
  try {
    go_on(domid);
  } catch (const Error& e) {
    XEND_LOG(Warning, "Domain {} ({}): {}", name, domid, e.what());
  }
}

void QemuDeviceModels::keep(xc::DomId domid, std::shared_ptr<Process> process) {
  {
    const std::lock_guard lock(mutex_);
    running_[domid] = std::move(process);
  }
  wake();
}

// ---- commands ------------------------------------------------------------------------------------------------------

void QemuDeviceModels::log_dirty(xc::DomId domid, bool on) {
  Qmp(socket_of(domid), settings_.to_answer).command("xen-set-global-dirty-log", {{"enable", on}});
}

void QemuDeviceModels::halt(xc::DomId domid) {
  Qmp(socket_of(domid), settings_.to_answer).command("stop");
}

void QemuDeviceModels::go_on(xc::DomId domid) {
  Qmp(socket_of(domid), settings_.to_answer).command("cont");
}

void QemuDeviceModels::add_usb(xc::DomId domid, const UsbDevice& device) {
  nlohmann::json arguments = {{"driver", device.driver},
                              {"id", device.id()},
                              {"bus", kUsbBus},
                              {"port", std::to_string(device.port)}};  // a path: behind a hub it has dots
  for (const auto& [name, value] : device.properties) arguments[name] = value;
  Qmp qmp(socket_of(domid), settings_.to_answer);
  qmp.command("device_add", arguments);
  // One that is named by its product and not there is waited for, by QEMU.
  if (device.of_host() && !is_true(qmp.command("qom-get", {{"path", fmt::format("{}/{}", kPeripherals, device.id())},
                                                           {"property", "attached"}})))
    throw Error(
        fmt::format("The device model cannot take the USB device {} of this host.\nIt is not there, as lsusb would "
                    "show, or somebody else uses it, or it is too fast for the guest's USB 1.1 controller.",
                    device.name));
}

bool QemuDeviceModels::has_usb(xc::DomId domid, const UsbDevice& device) {
  return is_listed(Qmp(socket_of(domid), settings_.to_answer).command("qom-list", {{"path", kPeripherals}}),
                   device.id());
}

// A USB bus lets go of a device at once: when QEMU has answered, the device is gone from its state, too.
void QemuDeviceModels::remove_usb(xc::DomId domid, const UsbDevice& device) {
  Qmp(socket_of(domid), settings_.to_answer).command("device_del", {{"id", device.id()}});
}

void QemuDeviceModels::save_state(xc::DomId domid, const std::string& path) {
  Qmp(socket_of(domid), settings_.to_answer).command("xen-save-devices-state", {{"filename", path}, {"live", false}});
}

bool QemuDeviceModels::runs(xc::DomId domid) const {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(domid);
  return found != running_.end() && !found->second->ended();
}

// ---- the end -------------------------------------------------------------------------------------------------------

void QemuDeviceModels::stop(xc::DomId domid) noexcept {
  std::shared_ptr<Process> process;
  {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(domid);
    if (found == running_.end()) return;
    process = std::move(found->second);
    running_.erase(found);  // from here on nobody takes its end for a death
  }
  wake();
  process->end(settings_.to_end);
  forget_nodes(domid);
}

void QemuDeviceModels::forget_nodes(xc::DomId domid) noexcept {
  std::error_code missing;
  std::filesystem::remove(socket_of(domid), missing);
  std::filesystem::remove(fmt::format("{}/vnc-{}", settings_.run_folder, domid), missing);
  try {
    store_.transaction([&](xc::Store& t) {
      t.remove(node_of(domid));
      if (t.list("/local/domain/0/device-model").empty()) t.remove("/local/domain/0/device-model");
    });
  } catch (const std::exception& e) {
    XEND_LOG(Warning, "{} could not be removed: {}", node_of(domid), e.what());
  }
}

void QemuDeviceModels::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = ::write(wake_.get(), &one, sizeof one);
}

void QemuDeviceModels::watch() {
  while (!stopping_) {
    std::vector<pollfd> events = {{wake_.get(), POLLIN, 0}};
    std::vector<std::pair<xc::DomId, std::shared_ptr<Process>>> watched;
    {
      const std::lock_guard lock(mutex_);
      watched.assign(running_.begin(), running_.end());
    }
    for (const auto& [domid, process] : watched) events.push_back({process->handle(), POLLIN, 0});
    ::poll(events.data(), events.size(), -1);
    std::uint64_t ignored = 0;
    while (::read(wake_.get(), &ignored, sizeof ignored) > 0) continue;
    for (const auto& [domid, process] : watched) {
      if (!process->ended()) continue;
      {
        const std::lock_guard lock(mutex_);
        const auto found = running_.find(domid);
        if (found == running_.end() || found->second != process) continue;
        running_.erase(found);
      }
      const std::string what = process->bury();
      forget_nodes(domid);
      on_death_(domid, fmt::format("{}; see {}", what, process->log));
    }
  }
}

}  // namespace xend
