#include "xend/daemon.h"

#include "libxc-wrap/libxc_hypervisor.h"
#include "libxc-wrap/libxenstore.h"
#include "rpc/server.h"
#include "xend/api/dispatcher.h"
#include "xend/build/qemu_device_models.h"
#include "xend/config/access_list.h"
#include "xend/devices/network_script.h"
#include "xend/devices/script_runner.h"
#include "xend/domain/host.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/recovery.h"
#include "xend/domain/vcpu_changes.h"
#include "xend/domain/watcher.h"
#include "xend/error.h"
#include "xend/helpers/helper_programs.h"
#include "xend/log.h"
#include "xend/relocation/server.h"

namespace xend {

namespace {

constexpr char kXmlRpcSocket[] = "/var/run/xend/xmlrpc.sock";
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

void log_line(const char* level, const std::string& text) {
  if (std::string_view(level) == "ERROR")
    XEND_LOG(Error, "{}", text);
  else if (std::string_view(level) == "WARNING")
    XEND_LOG(Warning, "{}", text);
  else
    XEND_LOG(Debug, "{}", text);
}

}  // namespace

// In the order in which one stands on the other; taken down in the reverse.
struct Daemon::Impl {
  explicit Impl(Options o) : options(o), devices(store, scripts, device_settings(o)) {}

  ~Impl() { device_models.stop_watching(); }

  void open_relocation();
  void open_xml_rpc();

  CurrentOptions options;
  xc::LibxcHypervisor xen;
  xc::LibxenStore store;
  ProcessScriptRunner scripts;
  Devices devices;
  HelperPrograms helpers{LIBEXECDIR};
  DomainTable domains;
  Dom0Balloon dom0_memory{store};
  MemoryLedger memory{xen, dom0_memory, options};
  RunningState running_state{kRunningState};
  Programs programs;
  QemuDeviceModels device_models{
      store, device_model_settings(*options.get()),
      [this](xc::DomId domid, const std::string& what) { device_model_died(host, domid, what); }};
  Host host{xen, store, devices, helpers, options, domains, memory, running_state, device_models, programs};
  std::unique_ptr<DomainWatcher> watcher;
  std::unique_ptr<RelocationServer> relocation;
  std::unique_ptr<rpc::Server> xml_rpc;
};

void Daemon::Impl::open_relocation() {
  const auto o = options.get();
  if (!o->xend_relocation_server) return;
  AccessList allowed("xend-relocation-hosts-allow", o->xend_relocation_hosts_allow);
  if (allowed.open())
    XEND_LOG(Warning, "xend-relocation-hosts-allow is empty: every host may send domains to this one.");
  relocation = std::make_unique<RelocationServer>(
      host, listen_for_relocation(o->xend_relocation_address, o->xend_relocation_port), std::move(allowed));
}

void Daemon::Impl::open_xml_rpc() {
  if (!options.get()->xend_unix_xmlrpc_server) return;
  XEND_LOG(Info, "Opening Unix domain socket XML-RPC server on {}.", kXmlRpcSocket);
  const auto call = [this](const std::string& method, const rpc::Array& params, const rpc::Caller& caller) {
    return dispatch(host, method, params, caller);
  };
  xml_rpc =
      std::make_unique<rpc::Server>(rpc::listen_unix(kXmlRpcSocket), "XML-RPC on the unix socket", call, log_line);
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
  find_running_domains(impl_->host);
  limit_dom0_vcpus(impl_->host);
  impl_->watcher = std::make_unique<DomainWatcher>(impl_->host);
  impl_->host.look_again = [watcher = impl_->watcher.get()] { watcher->look_again(); };
  impl_->open_relocation();
  impl_->open_xml_rpc();
}

void Daemon::reload(Options options) {
  // Only the management servers: the relocation listener and its list are read at start (spec xend-config 1.1), and a
  // guest may just be arriving.
  XEND_LOG(Info, "Restarting all XML-RPC and Xen-API servers...");
  impl_->xml_rpc.reset();
  impl_->options.set(std::move(options));
  impl_->open_xml_rpc();
}

void Daemon::stop() {
  if (!impl_ || !impl_->watcher) return;
  begin_stop_actions(impl_->host);
  impl_->xml_rpc.reset();
  impl_->relocation.reset();
  impl_->host.look_again = [] {};
  impl_->watcher.reset();
}

}  // namespace xend
