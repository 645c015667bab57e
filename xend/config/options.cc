#include "xend/config/options.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <system_error>
#include <variant>

#include "rpc/file_descriptor.h"
#include "rpc/tls_trust.h"
#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/config/access_list.h"
#include "xend/config/option_value.h"
#include "xend/error.h"

namespace xend {
namespace {

using Member =
    std::variant<bool Options::*, std::string Options::*, std::optional<std::string> Options::*, TcpPort Options::*,
                 unsigned Options::*, xc::KiB Options::*, xc::MiB Options::*, std::chrono::seconds Options::*,
                 std::filesystem::path Options::*, std::optional<std::filesystem::path> Options::*, Level Options::*,
                 std::vector<std::string> Options::*, std::vector<XenApiListener> Options::*>;

struct Key {
  std::string_view name;
  Member member;
  std::string_view why_no_effect = {};  // for keys that are accepted and do nothing
};

constexpr std::string_view kNoAcm = "this Xen has no ACM security module";

// Type and default of a key are those of its member. A key is added by a member and a row.
const std::array kKeys = {
    Key{"logfile", &Options::logfile},
    Key{"loglevel", &Options::loglevel},
    Key{"xen-api-server", &Options::xen_api_server},
    Key{"xend-http-server", &Options::xend_http_server},
    Key{"xend-unix-server", &Options::xend_unix_server},
    Key{"xend-tcp-xmlrpc-server", &Options::xend_tcp_xmlrpc_server},
    Key{"xend-unix-xmlrpc-server", &Options::xend_unix_xmlrpc_server},
    Key{"xend-udev-event-server", &Options::xend_udev_event_server, "nothing sends udev events to xend any more"},
    Key{"xend-unix-path", &Options::xend_unix_path},
    Key{"xend-address", &Options::xend_address},
    Key{"xend-port", &Options::xend_port},
    Key{"xend-tcp-xmlrpc-server-address", &Options::xend_tcp_xmlrpc_server_address},
    Key{"xend-tcp-xmlrpc-server-port", &Options::xend_tcp_xmlrpc_server_port},
    Key{"xend-tcp-xmlrpc-server-ssl-key-file", &Options::xend_tcp_xmlrpc_server_ssl_key_file},
    Key{"xend-tcp-xmlrpc-server-ssl-cert-file", &Options::xend_tcp_xmlrpc_server_ssl_cert_file},
    Key{"xend-relocation-server", &Options::xend_relocation_server},
    Key{"xend-relocation-ssl-server", &Options::xend_relocation_ssl_server},
    Key{"xend-relocation-address", &Options::xend_relocation_address},
    Key{"xend-relocation-port", &Options::xend_relocation_port},
    Key{"xend-relocation-ssl-port", &Options::xend_relocation_ssl_port},
    Key{"xend-relocation-server-ssl-key-file", &Options::xend_relocation_server_ssl_key_file},
    Key{"xend-relocation-server-ssl-cert-file", &Options::xend_relocation_server_ssl_cert_file},
    Key{"xend-relocation-ssl-ca-file", &Options::xend_relocation_ssl_ca_file},
    Key{"xend-relocation-ssl-peers", &Options::xend_relocation_ssl_peers},
    Key{"xend-relocation-ssl", &Options::xend_relocation_ssl},
    Key{"xend-relocation-classic", &Options::xend_relocation_classic},
    Key{"xend-relocation-hosts-allow", &Options::xend_relocation_hosts_allow},
    Key{"external-migration-tool", &Options::external_migration_tool},
    Key{"network-script", &Options::network_script},
    Key{"vif-script", &Options::vif_script},
    Key{"linux-as-pvh", &Options::linux_as_pvh},
    Key{"dom0-min-mem", &Options::dom0_min_mem},
    Key{"enable-dom0-ballooning", &Options::enable_dom0_ballooning},
    Key{"total_available_memory", &Options::total_available_memory_gib,
        "it reserved memory for 32-bit guests on hosts with more than 168 GiB"},
    Key{"dom0-cpus", &Options::dom0_cpus},
    Key{"console-limit", &Options::console_limit},
    Key{"enable-dump", &Options::enable_dump},
    Key{"vnc-listen", &Options::vnc_listen},
    Key{"vncpasswd", &Options::vncpasswd},
    Key{"vnc-tls", &Options::vnc_tls},
    Key{"vnc-x509-cert-dir", &Options::vnc_x509_cert_dir},
    Key{"vnc-x509-verify", &Options::vnc_x509_verify},
    Key{"keymap", &Options::keymap},
    Key{"qemu-dm-logrotate-count", &Options::qemu_dm_logrotate_count},
    Key{"device-create-timeout", &Options::device_create_timeout},
    Key{"device-destroy-timeout", &Options::device_destroy_timeout},
    Key{"pci-passthrough-strict-check", &Options::pci_passthrough_strict_check,
        "it was about HVM guests, and PCI devices are given to PV guests alone"},
    Key{"pscsi-device-mask", &Options::pscsi_device_mask, "it chose what the Xen-API listed, which is not served"},
    Key{"xend-domains-path", &Options::xend_domains_path},
    Key{"xend-state-path", &Options::xend_state_path},
    Key{"xend-storage-path", &Options::xend_storage_path, "it was for disks of the Xen-API, which is not served"},
    Key{"xend-security-path", &Options::xend_security_path, kNoAcm},
    Key{"xsm_module_name", &Options::xsm_module_name, "XSM labels are not served, as under the dummy module"},
    Key{"resource-label-change-script", &Options::resource_label_change_script, kNoAcm},
};

const Key* find_key(std::string_view name) {
  for (const Key& key : kKeys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

// In samples and files of old, but never read by any release: not worth a word (spec section 3, end).
bool was_never_a_key(std::string_view name) {
  return name == "xen-tcp-xmlrpc-server-address" || name == "xen-tcp-xmlrpc-server-port" || name.starts_with("block-");
}

void warn_if_without_effect(const Key& key, const Options& options, std::vector<std::string>& warnings) {
  if (key.why_no_effect.empty()) return;
  const Options defaults;
  if (std::visit([&](auto member) { return options.*member == defaults.*member; }, key.member)) return;
  warnings.push_back(fmt::format("{} has no effect: {}.", key.name, key.why_no_effect));
}

// The values of the file by key: the first occurrence of each.
class Settings {
 public:
  Settings(std::string_view text, std::vector<std::string>& warnings) : warnings_(warnings) {
    values_ = sxp::parse_all(text);
    for (const sxp::Value& value : values_) add(value);
  }

  // Null when the key is absent, or there without a value.
  const sxp::Value* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

 private:
  void add(const sxp::Value& value) {
    const std::string_view name = sxp::head(value);
    if (name.empty()) {
      warnings_.push_back(fmt::format("{} is not a setting: settings look like (key value).", sxp::to_string(value)));
    } else if (!find_key(name)) {
      if (!was_never_a_key(name)) warnings_.push_back(fmt::format("There is no key {}: it is ignored.", name));
    } else {
      const sxp::List items = sxp::children(value);
      if (!by_name_.emplace(name, items.empty() ? nullptr : &value.as_list()[value.as_list().size() - items.size()])
               .second)
        warnings_.push_back(fmt::format("{} is set more than once: the first counts.", name));
      if (items.size() > 1)
        warnings_.push_back(
            fmt::format("{} has {} values and only the first counts. Put quotes around words that belong together.",
                        name, items.size()));
    }
  }

  std::vector<std::string>& warnings_;
  std::vector<sxp::Value> values_;
  std::map<std::string_view, const sxp::Value*> by_name_;
};

// ---- what depends on more than one key ----

void check_access_list(const Options& options, std::vector<std::string>& warnings) {
  if (!options.xend_relocation_server && !options.xend_relocation_ssl_server) return;
  const AccessList list("xend-relocation-hosts-allow", options.xend_relocation_hosts_allow);
  warnings.insert(warnings.end(), list.warnings().begin(), list.warnings().end());
}

void check_fingerprints(const Options& options) {
  for (const std::string& text : options.xend_relocation_ssl_peers) {
    try {
      rpc::Fingerprint::parse(text);
    } catch (const rpc::TlsError& e) {
      throw Error(fmt::format("invalid xend config xend-relocation-ssl-peers: {}", e.what()));
    }
  }
}

void check_ssl_files(const Options& options, std::vector<std::string>& warnings) {
  if (options.xend_relocation_ssl_server) {
    const auto& key = options.xend_relocation_server_ssl_key_file;
    const auto& cert = options.xend_relocation_server_ssl_cert_file;
    if (!key || !cert) throw Error("ssl_key_file or ssl_cert_file for ssl relocation server is missing.");
    require_exists("xend-relocation-server-ssl-key-file", *key);
    require_exists("xend-relocation-server-ssl-cert-file", *cert);
    if (const auto& ca = options.xend_relocation_ssl_ca_file) require_exists("xend-relocation-ssl-ca-file", *ca);
  }
  if (options.xend_tcp_xmlrpc_server) {
    const auto& key = options.xend_tcp_xmlrpc_server_ssl_key_file;
    const auto& cert = options.xend_tcp_xmlrpc_server_ssl_cert_file;
    if (key) require_exists("xend-tcp-xmlrpc-server-ssl-key-file", *key);
    if (cert) require_exists("xend-tcp-xmlrpc-server-ssl-cert-file", *cert);
    if (key.has_value() != cert.has_value())
      warnings.push_back(
          "xend-tcp-xmlrpc-server speaks plain HTTP: HTTPS needs both its ssl-key-file and ssl-cert-file.");
  }
}

// None when there is no such file.
std::optional<std::string> read_config(const std::string& path) {
  const rpc::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  std::string text;
  std::array<char, 4096> buffer;
  ssize_t n = file ? 1 : -1;
  while (n > 0) {
    n = ::read(file.get(), buffer.data(), buffer.size());
    if (n > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  if (n < 0) throw Error(fmt::format("Reading config file {}: {}", path, std::strerror(errno)));
  return text;
}

}  // namespace

std::vector<std::string> Options::network_script_command() const {
  if (!network_script || network_script->empty()) return {};
  std::vector<std::string> words;
  std::istringstream text(*network_script);
  for (std::string word; std::getline(text, word, ' ');) words.push_back(word);
  const std::filesystem::path scripts = XEN_CONFIG_DIR "/scripts";
  words.front() = scripts / words.front();  // an absolute path stays what it is
  words.insert(words.begin() + 1, "start");
  return words;
}

std::string config_path() {
  const char* const path = std::getenv("XEND_CONFIG");
  return path ? path : XEN_CONFIG_DIR "/xend-config.sxp";
}

LoadedOptions parse_options(std::string_view text) {
  LoadedOptions loaded;
  const Settings settings(text, loaded.warnings);
  Options& options = loaded.options;
  for (const Key& key : kKeys) {
    const sxp::Value* const value = settings.find(key.name);
    if (!value) continue;
    const Setting setting{key.name, *value, loaded.warnings};
    std::visit([&](auto member) { assign(options.*member, setting); }, key.member);
    warn_if_without_effect(key, options, loaded.warnings);
  }
  if (!settings.find("enable-dom0-ballooning")) options.enable_dom0_ballooning = options.dom0_min_mem.value != 0;
  if (!options.enable_dom0_ballooning) options.total_available_memory_gib = 0;
  check_access_list(options, loaded.warnings);
  check_fingerprints(options);
  check_ssl_files(options, loaded.warnings);
  return loaded;
}

LoadedOptions load_options(const std::string& path) {
  const std::optional<std::string> text = read_config(path);
  if (!text) return {{}, {}, true};
  try {
    return parse_options(*text);
  } catch (const sxp::ParseError& e) {
    throw Error(fmt::format("Reading config file {}: {}", path, e.what()));
  }
}

void require_exists(std::string_view key, const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    throw Error(fmt::format("invalid xend config {}: directory '{}' does not exist", key, file.string()));
}

std::vector<std::string_view> option_names() {
  std::vector<std::string_view> names;
  for (const Key& key : kKeys) names.push_back(key.name);
  return names;
}

}  // namespace xend
