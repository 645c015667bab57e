#include "xend/domain/core_dump.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "rpc/file_descriptor.h"
#include "xend/domain/domain_sxp.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/restart.h"
#include "xend/error.h"
#include "xend/helpers/helper_error.h"
#include "xend/log.h"

namespace xend {

namespace fs = std::filesystem;

namespace {

// The folder of a domain's own dumps, or that of all when it cannot be made.
std::string folder_for(const Host& host, const std::string& name) {
  std::error_code error;
  fs::create_directories(fs::path(host.dump_folder).parent_path(), error);
  mkdir(host.dump_folder.c_str(), S_IRWXU);
  const bool leads_elsewhere = name == "." || name == "..";  // both may be names
  const auto own = host.dump_folder + "/" + name;
  if (!leads_elsewhere && (mkdir(own.c_str(), S_IRWXU) == 0 || fs::is_directory(own, error))) return own;
  XEND_LOG(Error, "Cannot create directory: {}: {}", own, std::strerror(errno));
  return host.dump_folder;
}

std::string default_file(const Host& host, const DomainState& state) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char time[32];
  std::strftime(time, sizeof time, "%Y-%m%d-%H%M.%S", &local);
  return fmt::format("{}/{}-{}.{}.core", folder_for(host, state.name), time, state.name, *state.domid);
}

// Says in VM/xend that a dump is going on; until the end of the object.
class InProgress {
 public:
  InProgress(xc::Store& store, const std::string& vm_path)
      : store_(store), node_(vm_path + "/xend/dumpcore_in_progress") {
    store_.write(node_, "True");
  }
  ~InProgress() {
    try {
      store_.remove(node_);
    } catch (const xc::Error& e) {
      XEND_LOG(Warning, "{} could not be removed: {}", node_, e.what());
    }
  }
  InProgress(const InProgress&) = delete;
  InProgress& operator=(const InProgress&) = delete;

 private:
  xc::Store& store_;
  const std::string node_;
};

[[noreturn]] void fail(const DomainState& state, const std::string& file, const std::string& reason) {
  XEND_LOG(Error, "core dump failed: id = {} name = {}: {}", *state.domid, state.name, reason);
  throw Error(fmt::format("Failed to dump core: {}\nWhat there is of it is in {}.", reason, file));
}

std::string reason_of(const std::exception& e) {
  const auto* helper = dynamic_cast<const HelperError*>(&e);
  return helper ? helper->reason() : e.what();
}

// Paused for the time of a dump, unless it was already.
class Standstill {
 public:
  Standstill(Host& host, xc::DomId domid) : host_(host), domid_(domid) { host_.xen.pause(domid_); }
  ~Standstill() {
    if (kept_) return;
    try {
      const auto info = host_.xen.domain(domid_);
      if (info && info->paused) host_.xen.unpause(domid_);  // else somebody did meanwhile, or it is gone
    } catch (const xc::Error& e) {
      XEND_LOG(Error, "Domain {} could not be unpaused after its core dump: {}", domid_, e.what());
    }
  }
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;
  void keep() { kept_ = true; }

 private:
  Host& host_;
  const xc::DomId domid_;
  bool kept_ = false;
};

}  // namespace

// Under the name that says what it is until it is whole: also a host that fails in the middle leaves no core file that
// only looks like one.
std::string write_core(Host& host, const Domain& domain, const std::optional<std::string>& given,
                       const Cancellation& cancel) {
  const auto state = domain.state();
  const auto file = given ? *given : default_file(host, state);
  std::error_code none;
  if (fs::is_directory(file, none)) throw Error(fmt::format("Cannot dump core in a directory: {}", file));
  const auto incomplete = file + "-incomplete";
  const rpc::FileDescriptor out(
      open(incomplete.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!out || fchmod(out.get(), S_IRUSR | S_IWUSR) != 0)
    throw Error(fmt::format("Failed to dump core: {}: {}", incomplete, std::strerror(errno)));
  const InProgress in_progress(host.store, state.vm_path);
  try {
    const auto bytes = host.helpers.dump_core({state.name, *state.domid, out.get()}, cancel);
    if (fsync(out.get()) != 0 || rename(incomplete.c_str(), file.c_str()) != 0) throw Error(std::strerror(errno));
    XEND_LOG(Info, "Domain {} ({}): its core is in {}, {} bytes.", state.name, *state.domid, file, bytes);
  } catch (const std::exception& e) {
    fail(state, incomplete, reason_of(e));
  }
  return file;
}

void dump_domain(Host& host, const std::shared_ptr<Domain>& domain, const DumpOrder& order) {
  const auto state = domain->state();
  if (state.domid == xc::DomId{0}) throw Error(fmt::format("Cannot dump core for privileged domain {}", state.name));
  require_ours(*domain, "dump");
  const auto power = power_state(state.domid ? host.xen.domain(*state.domid) : std::nullopt);
  if (power != PowerState::kRunning && power != PowerState::kPaused && power != PowerState::kCrashed)
    throw Error(fmt::format("Domain '{}' is not started", state.name));
  XEND_LOG(Info, "Domain core dump requested for domain {} ({}) live={} crash={} reset={}.", state.name, *state.domid,
           int{order.live}, int{order.crash}, int{order.reset});
  {
    const auto operation = domain->begin("dumped");
    std::optional<Standstill> standstill;
    if (!order.live && power == PowerState::kRunning) standstill.emplace(host, *state.domid);
    write_core(host, *domain, order.file, operation.cancellation());
    if (standstill && (order.crash || order.reset)) standstill->keep();
  }
  if (order.crash)
    destroy_domain(host, domain);
  else if (order.reset)
    reset_domain(host, domain);
  else
    host.look_again();  // it may have shut down by itself while we were busy with it
}

}  // namespace xend
