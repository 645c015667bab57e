#include "xend/daemon.h"

#include <atomic>
#include <future>

#include "libxc-wrap/libxc_hypervisor.h"
#include "libxc-wrap/libxenstore.h"
#include "rpc/listen.h"
#include "xend/api/management_servers.h"
#include "xend/build/qemu_device_models.h"
#include "xend/config/access_list.h"
#include "xend/config/relocation_tls.h"
#include "xend/devices/network_script.h"
#include "xend/devices/script_runner.h"
#include "xend/domain/host.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/managed.h"
#include "xend/domain/recovery.h"
#include "xend/domain/vcpu_changes.h"
#include "xend/domain/watcher.h"
#include "xend/error.h"
#include "xend/helpers/helper_programs.h"
#include "xend/log.h"
#include "xend/relocation/handovers.h"
#include "xend/relocation/server.h"

namespace xend {

namespace {

constexpr char kHandovers[] = "/var/lib/xend/relocation";
constexpr char kRelocationSocket[] = "/var/lib/xend/relocation-socket";
// Of fifty clients at once a few ask xenstore at the same time.
constexpr unsigned kStoreConnections = 8;
constexpr char kRunningState[] = "/var/run/xend/domains";

DeviceSettings device_settings(const Options& options) {
  DeviceSettings settings;
  settings.create_timeout = options.device_create_timeout;
  settings.destroy_timeout = options.device_destroy_timeout;
  settings.vif_script = options.vif_script;
  return settings;
}

DeviceModelSettings device_model_settings(const Options& options) {
  DeviceModelSettings settings;
  settings.old_logs = options.qemu_dm_logrotate_count;
  return settings;
}

}  // namespace

// In the order in which one stands on the other; taken down in the reverse.
struct Daemon::Impl {
  explicit Impl(Options o) : options(o), devices(store, scripts, device_settings(o)) {}

  ~Impl() { device_models.stop_watching(); }

  void open_relocation();
  void autostart();
  void end_autostart();

  CurrentOptions options;
  xc::LibxcHypervisor xen;
  xc::LibxenStore store{kStoreConnections};
  ProcessScriptRunner scripts;
  Devices devices;
  HelperPrograms helpers{LIBEXECDIR};
  DomainTable domains;
  Dom0Balloon dom0_memory{store};
  MemoryLedger memory{xen, dom0_memory, options};
  RunningState running_state{kRunningState};
  ManagedStore managed{options.get()->xend_domains_path};
  Programs programs;
  QemuDeviceModels device_models{
      store, device_model_settings(*options.get()),
      [this](xc::DomId domid, const std::string& what) { device_model_died(host, domid, what); }};
  Host host{xen, store, devices, helpers, options, domains, memory, running_state, managed, device_models, programs};
  std::unique_ptr<Handovers> handovers = std::make_unique<Handovers>(host, kHandovers);
  std::unique_ptr<DomainWatcher> watcher;
  std::unique_ptr<RelocationServer> relocation, encrypted_relocation, local_relocation;
  std::unique_ptr<ManagementServers> servers;
  std::atomic<bool> stop_starting{false};
  std::future<void> starting;  // managed domains, beside everything else
};

void Daemon::Impl::open_relocation() {
  const auto o = options.get();
  const auto allowed = [&] { return AccessList("xend-relocation-hosts-allow", o->xend_relocation_hosts_allow); };
  const auto listening = [&](unsigned port) { return listen_for_relocation(o->xend_relocation_address, port); };
  if ((o->xend_relocation_server || o->xend_relocation_ssl_server) && allowed().open())
    XEND_LOG(Warning, "xend-relocation-hosts-allow is empty: every host may send domains to this one.");
  if (o->xend_relocation_server) {
    relocation = std::make_unique<RelocationServer>(host, listening(o->xend_relocation_port), allowed());
    XEND_LOG(Warning,
             "Domains that come to port {} come in cleartext: whoever is on the wire can read and change their memory. "
             "See xend-relocation-keys(8) for how to encrypt.",
             o->xend_relocation_port);
  }
  if (o->xend_relocation_ssl_server) {
    auto tls = relocation_tls(*o);
    if (!tls->asks())
      XEND_LOG(Warning,
               "Neither xend-relocation-ssl-peers nor xend-relocation-ssl-ca-file is set: port {} is encrypted, but "
               "whose certificate the other host shows is not asked, so that whoever is on the wire can pretend to be "
               "it. See xend-relocation-keys(8).",
               o->xend_relocation_ssl_port);
    encrypted_relocation = std::make_unique<RelocationServer>(host, listening(o->xend_relocation_ssl_port), allowed(),
                                                              RelocationLimits{}, std::move(tls));
  }
  // For programs of this host, which its file mode keeps to those of root (spec protocols 1.1).
  if (o->xend_unix_server) {
    local_relocation = std::make_unique<RelocationServer>(
        host, rpc::FileDescriptor(rpc::listen_unix_for_owner(kRelocationSocket)), AccessList("", ""));
  }
}

void Daemon::Impl::autostart() {
  end_autostart();
  stop_starting = false;
  starting = std::async(std::launch::async, [this] { autostart_domains(host, stop_starting); });
}

// Returns when the one that is just being started is there.
void Daemon::Impl::end_autostart() {
  stop_starting = true;
  if (starting.valid()) starting.wait();
}

Daemon::Daemon(Options options) {
  try {
    impl_ = std::make_unique<Impl>(std::move(options));
  } catch (const xc::Error& e) {
    throw Error(fmt::format(
        "xend cannot reach Xen: {}\nIs this a dom0, booted under Xen, with xenstored running (systemctl status "
        "xen)? Does the version of Xen match these tools?",
        e.what()));
  }
}

Daemon::~Daemon() {
  stop();
}

void Daemon::start() {
  run_network_script(*impl_->options.get(), impl_->scripts);
  impl_->host.pools->recover();
  impl_->handovers->keep_prepared();
  find_running_domains(impl_->host);
  find_managed_domains(impl_->host);
  limit_dom0_vcpus(impl_->host);
  impl_->watcher = std::make_unique<DomainWatcher>(impl_->host);
  impl_->host.look_again = [watcher = impl_->watcher.get()] { watcher->look_again(); };
  impl_->handovers->recover();
  impl_->open_relocation();
  impl_->servers = std::make_unique<ManagementServers>(impl_->host);
  impl_->servers->start(*impl_->options.get());
  impl_->autostart();
}

void Daemon::reload(Options options) {
  // Only the management servers: the relocation listener and its list are read at start (spec xend-config 1.1), and a
  // guest may just be arriving.
  XEND_LOG(Info, "Restarting all XML-RPC and Xen-API servers...");
  const auto before = impl_->options.get();
  impl_->options.set(std::move(options));
  try {
    impl_->servers->restart(*impl_->options.get());
  } catch (...) {
    impl_->options.set(*before);
    throw;
  }
  impl_->autostart();
}

void Daemon::stop() {
  if (!impl_ || !impl_->watcher) return;
  impl_->end_autostart();
  begin_stop_actions(impl_->host);
  impl_->servers.reset();
  impl_->relocation.reset();
  impl_->encrypted_relocation.reset();
  impl_->local_relocation.reset();
  impl_->handovers.reset();
  // Its last actions call look_again until they are over.
  impl_->watcher.reset();
  impl_->host.look_again = [] {};
}

}  // namespace xend
