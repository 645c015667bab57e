// xend-config.sxp as typed options: one member per key, with the default that counts when the key is absent.
// Keys, types, units and defaults: spec xend-config section 3; how the file is read: sections 1 and 2.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libxc-wrap/types.h"
#include "xend/config/xen_api_server.h"
#include "xend/log.h"

namespace xend {

using TcpPort = std::uint16_t;

struct Options {
  // ---- log ----
  std::string logfile = "/var/log/xen/xend.log";
  Level loglevel = Level::kDebug;

  // ---- management servers ----
  std::vector<XenApiListener> xen_api_server = {XenApiListener{}};
  bool xend_http_server = false;
  bool xend_unix_server = false;
  bool xend_tcp_xmlrpc_server = false;
  bool xend_unix_xmlrpc_server = true;
  bool xend_udev_event_server = false;
  std::string xend_unix_path = "/var/lib/xend/xend-socket";
  std::string xend_address;  // "": all interfaces
  TcpPort xend_port = 8000;
  std::string xend_tcp_xmlrpc_server_address = "localhost";
  TcpPort xend_tcp_xmlrpc_server_port = 8006;
  std::optional<std::filesystem::path> xend_tcp_xmlrpc_server_ssl_key_file;  // HTTPS when both files are named
  std::optional<std::filesystem::path> xend_tcp_xmlrpc_server_ssl_cert_file;

  // ---- relocation ----
  bool xend_relocation_server = false;
  bool xend_relocation_ssl_server = false;
  std::string xend_relocation_address;  // address or interface name; "": all interfaces
  TcpPort xend_relocation_port = 8002;  // to listen on, and to connect to
  TcpPort xend_relocation_ssl_port = 8003;
  std::optional<std::filesystem::path> xend_relocation_server_ssl_key_file;
  std::optional<std::filesystem::path> xend_relocation_server_ssl_cert_file;
  std::optional<std::filesystem::path> xend_relocation_ssl_ca_file;  // whose certificates pass, in either direction;
  std::vector<std::string> xend_relocation_ssl_peers;                // so do these: SHA-256 fingerprints
  bool xend_relocation_classic = true;      // also the exchange of old xends, which can lose a guest
  bool xend_relocation_ssl = false;         // for outgoing relocations that do not say
  std::string xend_relocation_hosts_allow;  // for class AccessList; "": everyone
  std::string external_migration_tool;      // "": none

  // ---- network ----
  std::optional<std::string> network_script;
  std::string vif_script = "vif-bridge";

  // ---- dom0 ----
  xc::MiB dom0_min_mem{0};
  bool enable_dom0_ballooning = false;  // when the key is absent: true if dom0-min-mem is not 0
  unsigned total_available_memory_gib = 0;
  unsigned dom0_cpus = 0;  // 0: leave alone

  // ---- guests ----
  bool linux_as_pvh = false;  // Linux guests run as PVH when their kernel can
  xc::KiB console_limit{1024};
  bool enable_dump = false;
  std::string vnc_listen = "127.0.0.1";
  std::optional<std::string> vncpasswd;
  bool vnc_tls = false;
  std::filesystem::path vnc_x509_cert_dir = XEN_CONFIG_DIR "/vnc";
  bool vnc_x509_verify = false;
  std::optional<std::string> keymap;
  unsigned qemu_dm_logrotate_count = 10;
  std::chrono::seconds device_create_timeout{100};
  std::chrono::seconds device_destroy_timeout{100};
  bool pci_passthrough_strict_check = true;
  std::vector<std::string> pscsi_device_mask = {"*"};

  // ---- paths and security modules ----
  std::string xend_domains_path = "/var/lib/xend/domains";
  std::string xend_state_path = "/var/lib/xend/state";
  std::string xend_storage_path = "/var/lib/xend/storage";
  std::string xend_security_path = "/var/lib/xend/security";
  std::string xsm_module_name = "dummy";
  std::optional<std::string> resource_label_change_script;

  // What is written to a guest's console/limit: bytes.
  std::uint64_t console_limit_bytes() const { return console_limit.value * 1024; }

  // Program and arguments of the network script, `start` inserted (spec section 4.4); empty when there is none.
  std::vector<std::string> network_script_command() const;

  bool operator==(const Options&) const = default;
};

struct LoadedOptions {
  Options options;
  std::vector<std::string> warnings;  // sentences for the log
  bool missing = false;               // there is no such file: all options have their defaults
};

// The file to load: $XEND_CONFIG, or /etc/xen/xend-config.sxp. "" (no file) when the variable is empty.
std::string config_path();

// Loads a file. Throws Error when it cannot be read or parsed (file, line, column) and when a value cannot be used,
// with the texts of section 2; also when an enabled server lacks a file or has a bad pattern in its access list.
LoadedOptions load_options(const std::string& path);

// The same for the text of a file; a syntax error comes as sxp::ParseError.
LoadedOptions parse_options(std::string_view text);

// Throws Error `invalid xend config KEY: directory 'FILE' does not exist` (said of files as well) unless it exists.
void require_exists(std::string_view key, const std::filesystem::path& file);

// All keys, in the order of the manual page.
std::vector<std::string_view> option_names();

}  // namespace xend
