#include "xm/xend_options.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "sxp/parser.h"
#include "xm/error.h"

namespace xm {
namespace {

constexpr const char* kConfigFile = XEN_CONFIG_DIR "/xend-config.sxp";

std::map<std::string, std::string> defaults() {
  return {
      {"block_script_dir", XEN_CONFIG_DIR "/scripts"},
      {"config_default", kConfigFile},
      {"config_path", kConfigFile},
      {"config_var", "XEND_CONFIG"},
      {"console_limit_default", "1024"},
      {"device_create_timeout_default", "100"},
      {"device_destroy_timeout_default", "100"},
      {"dom0_min_mem_default", "0"},
      {"dom0_vcpus_default", "0"},
      {"enable_dom0_ballooning_default", "yes"},
      {"enable_dump_default", "no"},
      {"external_migration_tool_default", ""},
      {"keymap_default", "None"},
      {"logfile_default", "/var/log/xen/xend.log"},
      {"loglevel_default", "DEBUG"},
      {"network_script_dir", XEN_CONFIG_DIR "/scripts"},
      {"pci_passthrough_strict_check_default", "True"},
      {"print_config", "False"},
      {"pscsi_device_mask", "['*']"},
      {"qemu_dm_logrotate_count", "10"},
      {"total_available_memory_default", "0"},
      {"vif_script", "vif-bridge"},
      {"vnc_tls_default", "0"},
      {"vnc_x509_cert_dir_default", XEN_CONFIG_DIR "/vnc"},
      {"vnc_x509_verify_default", "0"},
      {"vnclisten_default", "127.0.0.1"},
      {"vncpasswd_default", "None"},
      {"xen_api_server_default", "[['unix']]"},
      {"xend_address_default", ""},
      {"xend_domains_path_default", "/var/lib/xend/domains"},
      {"xend_http_server_default", "no"},
      {"xend_port_default", "8000"},
      {"xend_relocation_address_default", ""},
      {"xend_relocation_hosts_allow_default", ""},
      {"xend_relocation_port_default", "8002"},
      {"xend_relocation_server_default", "no"},
      {"xend_relocation_ssl_port_default", "8003"},
      {"xend_relocation_ssl_server_default", "no"},
      {"xend_security_path_default", "/var/lib/xend/security"},
      {"xend_state_path_default", "/var/lib/xend/state"},
      {"xend_storage_path_default", "/var/lib/xend/storage"},
      {"xend_tcp_xmlrpc_server_default", "no"},
      {"xend_tcp_xmlrpc_server_port_default", "8006"},
      {"xend_udev_event_server_default", "no"},
      {"xend_unix_path_default", "/var/lib/xend/xend-socket"},
      {"xend_unix_xmlrpc_server_default", "yes"},
  };
}

// Several values of one entry are shown like the single one, in one line.
std::string value_text(const sxp::Value& entry) {
  std::string text;
  for (const sxp::Value& value : sxp::children(entry)) text += (text.empty() ? "" : " ") + value.text();
  return text;
}

}  // namespace

std::map<std::string, std::string> xend_options() {
  std::map<std::string, std::string> options = defaults();
  const char* path = std::getenv("XEND_CONFIG");
  if (path == nullptr || *path == '\0') path = kConfigFile;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return options;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw Error::die(fmt::format("cannot read {}", path));
  try {
    for (const sxp::Value& entry : sxp::parse_all(text)) {
      const std::string_view name = sxp::head(entry);
      if (!name.empty()) options[std::string(name)] = value_text(entry);
    }
  } catch (const sxp::ParseError& e) {
    throw Error::die(fmt::format("{}: {}", path, e.what()));
  }
  return options;
}

std::string options_table(const std::map<std::string, std::string>& options) {
  std::string text;
  for (const auto& [name, value] : options) text += fmt::format("{:<38}: {}\n", name, value);
  return text;
}

}  // namespace xm
