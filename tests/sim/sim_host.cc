#include "tests/sim/sim_host.h"

#include <fstream>

#include "rpc/listen.h"
#include "sxp/parser.h"
#include "tests/unit/rpc/certificate.h"
#include "xend/api/listing.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/managed.h"
#include "xend/domain/recovery.h"

namespace sim {

using namespace std::chrono_literals;

std::filesystem::path SimHost::new_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "sim.XXXXXX").string();
  return mkdtemp(name.data());
}

xend::DeviceSettings SimHost::device_settings() const {
  xend::DeviceSettings settings;
  settings.create_timeout = 2s;
  settings.destroy_timeout = 2s;
  settings.backend_timeout = 1s;
  settings.served_dir = "/nonexistent";
  settings.root = folder / "root";
  return settings;
}

SimHost::SimHost() {
  for (const std::string program :
       {"usr/libexec/xen-qemu-system-i386", "usr/lib/xen/boot/hvmloader", "usr/share/seabios/bios-256k.bin",
        "etc/xen/scripts/block", "etc/xen/scripts/vif-bridge"}) {
    std::filesystem::create_directories((folder / "root" / program).parent_path());
    std::ofstream(folder / "root" / program) << "a program";
    std::filesystem::permissions(folder / "root" / program, std::filesystem::perms::owner_all);
  }
  xend::Options in_folder;
  in_folder.xend_state_path = folder / "state";
  options.set(in_folder);
  xen.on_release([this] { store.fire("@releaseDomain"); });
  restart_daemon();
  guests_watch_ = store.watch();
  guests_watch_->add("/local/domain", "guests");
  guests_ = std::thread([this] { guests(); });
}

SimHost::~SimHost() {
  server_.reset();
  handovers_.reset();
  watcher_.reset();
  stopping_ = true;
  guests_watch_->wake();
  guests_.join();
  std::filesystem::remove_all(folder);
}

void SimHost::restart_daemon() {
  handovers_.reset();
  watcher_.reset();
  domains_ = std::make_unique<xend::DomainTable>();
  programs_ = std::make_unique<xend::Programs>(folder / "root");
  running_state_ = std::make_unique<xend::RunningState>(folder / "running");
  managed_ = std::make_unique<xend::ManagedStore>(folder / "managed");
  host = std::make_unique<xend::Host>(xend::Host{xen,
                                                 store,
                                                 devices_,
                                                 helpers,
                                                 options,
                                                 *domains_,
                                                 memory_,
                                                 *running_state_,
                                                 *managed_,
                                                 device_models,
                                                 *programs_,
                                                 {},
                                                 folder,
                                                 {folder / "boot", 10s},
                                                 [] {}});
  host->suspend_limits = {300ms, 5s, 50ms};
  host->dump_folder = folder / "dump";
  handovers_ = std::make_unique<xend::Handovers>(*host, folder / "relocation", 300ms);
  handovers_->keep_prepared();
  xend::find_running_domains(*host);
  xend::find_managed_domains(*host);
  watcher_ = std::make_unique<xend::DomainWatcher>(*host);
  host->look_again = [watcher = watcher_.get()] { watcher->look_again(); };
  handovers_->recover();
}

// What a guest's kernel does: takes the request, stops.
void SimHost::guests() {
  while (!stopping_) {
    const auto event = guests_watch_->wait(std::chrono::steady_clock::now() + 1h);
    if (!event || !event->path.ends_with("/control/shutdown") || !guests_suspend_) continue;
    if (store.read(event->path) != "suspend") continue;
    store.write(event->path, "");
    const auto domid = static_cast<xc::DomId>(std::stoul(event->path.substr(std::string("/local/domain/").size())));
    xen.guest_shuts_down(domid, xc::ShutdownReason::kSuspend);
  }
}

xc::DomId SimHost::start_guest(const std::string& name, const std::string& memory) {
  // The kernel only has to be there: the fake helper does not read it.
  const auto domain = xend::create_domain(
      *host, sxp::parse_one("(vm (name " + name + ") (memory 64) (image (linux (kernel /proc/version) (type pvh))))"));
  xend::wait_for_devices(*domain);
  xend::unpause_domain(*host, *domain);
  helpers.set_memory(domain->running_domid(), memory);
  return domain->running_domid();
}

unsigned SimHost::listen(const std::string& hosts_allow, xend::RelocationLimits limits) {
  rpc::FileDescriptor listening(rpc::listen_tcp("127.0.0.1", 0));
  const unsigned port = rpc::port_of(listening.get());
  server_ = std::make_unique<xend::RelocationServer>(
      *host, std::move(listening), xend::AccessList("xend-relocation-hosts-allow", hosts_allow), limits);
  return port;
}

unsigned SimHost::listen_encrypted(const rpc::TlsTrust& trust) {
  rpc::FileDescriptor listening(rpc::listen_tcp("127.0.0.1", 0));
  const unsigned port = rpc::port_of(listening.get());
  const std::string pem = folder / "host.pem";
  rpc::write_certificate(pem);
  server_ = std::make_unique<xend::RelocationServer>(*host, std::move(listening), xend::AccessList("", ""),
                                                     xend::RelocationLimits{},
                                                     std::make_shared<const rpc::TlsParty>(pem, pem, trust));
  return port;
}

std::string SimHost::list() {
  std::string text;
  for (const auto& listed : xend::list_domains(*host)) {
    if (listed.domain->domid() == xc::DomId{0}) continue;
    if (!text.empty()) text += ", ";
    const char* const at_rest = listed.state == xend::PowerState::kSuspended ? "suspended" : "halted";
    text += listed.domain->name() + " " + (listed.info ? xend::state_text(*listed.info) : at_rest);
  }
  return text;
}

}  // namespace sim
