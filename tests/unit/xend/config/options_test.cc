// xend-config.sxp as it is read: rules of spec xend-config sections 1 and 2, keys and defaults of section 3.
#include "xend/config/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "xend/error.h"

namespace xend {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Options options(std::string_view text) {
  return parse_options(text).options;
}
std::vector<std::string> warnings(std::string_view text) {
  return parse_options(text).warnings;
}

std::string error(std::string_view text) {
  try {
    parse_options(text);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Options, DefaultsAreTheClassicOnes) {
  const Options o = options("");
  EXPECT_EQ(o, Options());
  EXPECT_EQ(o.logfile, "/var/log/xen/xend.log");
  EXPECT_EQ(o.loglevel, Level::kDebug);
  ASSERT_EQ(o.xen_api_server.size(), 1u);
  EXPECT_TRUE(o.xen_api_server[0].unix_socket);
  EXPECT_FALSE(o.xend_http_server || o.xend_unix_server || o.xend_tcp_xmlrpc_server || o.xend_udev_event_server);
  EXPECT_TRUE(o.xend_unix_xmlrpc_server);
  EXPECT_FALSE(o.xend_relocation_server || o.xend_relocation_ssl_server || o.xend_relocation_ssl);
  EXPECT_EQ(o.xend_unix_path, "/var/lib/xend/xend-socket");
  EXPECT_EQ(o.xend_tcp_xmlrpc_server_address, "localhost");
  EXPECT_EQ(o.xend_tcp_xmlrpc_server_port, 8006);
  EXPECT_EQ(o.xend_port, 8000);
  EXPECT_EQ(o.xend_address, "");
  EXPECT_EQ(o.xend_relocation_port, 8002);
  EXPECT_EQ(o.xend_relocation_ssl_port, 8003);
  EXPECT_EQ(o.xend_relocation_address + o.xend_relocation_hosts_allow + o.external_migration_tool, "");
  EXPECT_EQ(o.console_limit_bytes(), 1048576u);
  EXPECT_EQ(o.vif_script, "vif-bridge");
  EXPECT_EQ(o.dom0_min_mem, xc::MiB{0});
  EXPECT_FALSE(o.enable_dom0_ballooning || o.enable_dump || o.vnc_tls || o.vnc_x509_verify);
  EXPECT_EQ(o.dom0_cpus + o.total_available_memory_gib, 0u);
  EXPECT_EQ(o.vnc_listen, "127.0.0.1");
  EXPECT_EQ(o.vnc_x509_cert_dir, "/etc/xen/vnc");
  EXPECT_FALSE(o.vncpasswd || o.keymap || o.network_script || o.resource_label_change_script);
  EXPECT_EQ(o.qemu_dm_logrotate_count, 10u);
  EXPECT_EQ(o.xend_domains_path, "/var/lib/xend/domains");
  EXPECT_EQ(o.xend_state_path, "/var/lib/xend/state");
  EXPECT_EQ(o.xend_storage_path, "/var/lib/xend/storage");
  EXPECT_EQ(o.xend_security_path, "/var/lib/xend/security");
  EXPECT_EQ(o.device_create_timeout, 100s);
  EXPECT_EQ(o.device_destroy_timeout, 100s);
  EXPECT_TRUE(o.pci_passthrough_strict_check);
  EXPECT_THAT(o.pscsi_device_mask, ElementsAre("*"));
  EXPECT_EQ(o.xsm_module_name, "dummy");
}

TEST(Options, EveryKeyOfTheSpecificationIsKnownOnce) {
  std::vector<std::string_view> names = option_names();
  EXPECT_EQ(names.size(), 54u);  // and linux-as-pvh, xend-relocation-classic, -ssl-peers, -ssl-ca-file
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

// ---- which value counts ----

TEST(Options, FirstOccurrenceWins) {
  EXPECT_EQ(options("(xend-port 1) (xend-port 2)").xend_port, 1);
  EXPECT_THAT(warnings("(xend-relocation-port 1) (xend-relocation-port 2)"),
              ElementsAre("xend-relocation-port is set more than once: the first counts."));
  EXPECT_EQ(options("(xend-port) (xend-port 2)").xend_port, 8000);
}

TEST(Options, KeyWithoutValueIsAbsent) {
  EXPECT_EQ(parse_options("(xend-port) (vncpasswd) (xen-api-server)").options, Options());
  EXPECT_THAT(warnings("(xend-port)"), IsEmpty());
}

TEST(Options, EmptyStringIsAValue) {
  EXPECT_EQ(options("(vncpasswd '')").vncpasswd, "");
}

TEST(Options, OnlyTheFirstValueCounts) {
  const LoadedOptions loaded = parse_options("(xend-relocation-hosts-allow ^a$ ^b$)");
  EXPECT_EQ(loaded.options.xend_relocation_hosts_allow, "^a$");
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("has 2 values and only the first counts. Put quotes")));
}

TEST(Options, WhatIsNoKnownSettingIsIgnoredWithAWarning) {
  EXPECT_THAT(warnings("(xend-prot 1)"), ElementsAre("There is no key xend-prot: it is ignored."));
  EXPECT_THAT(warnings("xend-port"), ElementsAre("xend-port is not a setting: settings look like (key value)."));
  EXPECT_THAT(warnings("(xen-tcp-xmlrpc-server-port 8006) (block-nbd x)"), IsEmpty());
}

TEST(Options, KeysWithoutEffectSaySoUnlessSetToTheirDefault) {
  EXPECT_THAT(warnings("(total_available_memory 0) (xsm_module_name dummy) (pscsi-device-mask ('*'))"), IsEmpty());
  EXPECT_THAT(warnings("(xsm_module_name acm)"), ElementsAre(StartsWith("xsm_module_name has no effect: ")));
  EXPECT_THAT(warnings("(pscsi-device-mask (a))"),
              ElementsAre("pscsi-device-mask has no effect: it chose what the Xen-API listed, which is not served."));
}

// ---- values ----

TEST(OptionValues, Bool) {
  for (const char* yes : {"yes", "y", "1", "on", "true", "t", "YES", "'True'"})
    EXPECT_TRUE(options(fmt::format("(xend-http-server {})", yes)).xend_http_server) << yes;
  for (const char* no : {"no", "n", "0", "off", "false", "f", "Off"})
    EXPECT_FALSE(options(fmt::format("(xend-unix-xmlrpc-server {})", no)).xend_unix_xmlrpc_server) << no;
  EXPECT_EQ(error("(xend-http-server Maybe)"), "invalid xend config xend-http-server: expected bool: maybe");
  EXPECT_EQ(error("(xend-http-server '')"), "invalid xend config xend-http-server: expected bool: ");
  EXPECT_EQ(error("(xend-http-server (a b))"), "invalid xend config xend-http-server: expected bool: (a b)");
}

TEST(OptionValues, Int) {
  EXPECT_EQ(options("(xend-port ' +0080\n')").xend_port, 80);
  for (const char* bad : {"0x10", "1k", "1.5", "", "-", " ", "1 2", "eight"})
    EXPECT_EQ(error(fmt::format("(xend-port '{}')", bad)),
              fmt::format("invalid xend config xend-port: expected int: {}", bad));
  EXPECT_EQ(error("(xend-port (1))"), "invalid xend config xend-port: expected int: (1)");
}

TEST(OptionValues, IntHasTheRangeOfItsKey) {
  EXPECT_EQ(error("(xend-port 65536)"), "invalid xend config xend-port: expected int from 0 to 65535: 65536");
  EXPECT_EQ(error("(dom0-min-mem -1)"), "invalid xend config dom0-min-mem: expected int from 0 to 4294967295: -1");
  EXPECT_EQ(error("(dom0-cpus 99999999999999999999)"),
            "invalid xend config dom0-cpus: expected int from 0 to 4294967295: 99999999999999999999");
  EXPECT_EQ(options("(dom0-cpus -0)").dom0_cpus, 0u);
}

TEST(OptionValues, StringIsNoList) {
  EXPECT_EQ(error("(vif-script (a b))"), "invalid xend config vif-script: expected string: (a b)");
  EXPECT_EQ(error("(vncpasswd (secret))"), "invalid xend config vncpasswd: expected string: XXXXXXXX");
}

TEST(OptionValues, FileWithoutASlashIsInTheConfigurationDirectory) {
  EXPECT_EQ(options("(vnc-x509-cert-dir certs)").vnc_x509_cert_dir, "/etc/xen/certs");
  EXPECT_EQ(options("(vnc-x509-cert-dir ./certs)").vnc_x509_cert_dir, "./certs");
  EXPECT_EQ(options("(xend-relocation-server-ssl-key-file k.pem)").xend_relocation_server_ssl_key_file,
            "/etc/xen/k.pem");
}

TEST(OptionValues, FileMustExistWhenItIsNeeded) {
  EXPECT_NO_THROW(require_exists("vnc-x509-cert-dir", "/"));
  EXPECT_THROW(require_exists("vnc-x509-cert-dir", "/no/such"), Error);
  EXPECT_EQ(error("(xend-relocation-ssl-server yes) (xend-relocation-server-ssl-key-file /no/key)"
                  "(xend-relocation-server-ssl-cert-file /no/cert)"),
            "invalid xend config xend-relocation-server-ssl-key-file: directory '/no/key' does not exist");
  EXPECT_EQ(error("(xend-tcp-xmlrpc-server yes) (xend-tcp-xmlrpc-server-ssl-cert-file /no/cert)"),
            "invalid xend config xend-tcp-xmlrpc-server-ssl-cert-file: directory '/no/cert' does not exist");
  EXPECT_EQ(error("(xend-relocation-server-ssl-key-file /no/key)"), "no error");
}

TEST(OptionValues, UnknownLogLevelIsDebug) {
  EXPECT_EQ(options("(loglevel WARN)").loglevel, Level::kWarning);
  EXPECT_EQ(options("(loglevel info)").loglevel, Level::kDebug);
  EXPECT_THAT(warnings("(loglevel info)"), ElementsAre(HasSubstr("DEBUG is used")));
}

TEST(OptionValues, VncTlsIsABoolAndNotAWordThatIsTrue) {
  EXPECT_FALSE(options("(vnc-tls 0)").vnc_tls);
  EXPECT_TRUE(options("(vnc-tls 1)").vnc_tls);
}

// ---- keys that depend on one another ----

TEST(Options, BallooningIsOnByDefaultWhenDom0HasAMinimum) {
  EXPECT_TRUE(options("(dom0-min-mem 196)").enable_dom0_ballooning);
  EXPECT_FALSE(options("(dom0-min-mem 196) (enable-dom0-ballooning no)").enable_dom0_ballooning);
  EXPECT_TRUE(options("(dom0-min-mem 0) (enable-dom0-ballooning yes)").enable_dom0_ballooning);
  EXPECT_EQ(options("(total_available_memory 4)").total_available_memory_gib, 0u);
  EXPECT_EQ(options("(dom0-min-mem 196) (total_available_memory 4)").total_available_memory_gib, 4u);
}

TEST(Options, SslRelocationNeedsBothFiles) {
  EXPECT_EQ(error("(xend-relocation-ssl-server yes) (xend-relocation-server-ssl-key-file /dev/null)"),
            "ssl_key_file or ssl_cert_file for ssl relocation server is missing.");
}

TEST(Options, FingerprintsOfOtherHostsAreChecked) {
  const std::string good(64, 'a');
  EXPECT_THAT(options("").xend_relocation_ssl_peers, IsEmpty());
  EXPECT_THAT(options("(xend-relocation-ssl-peers " + good + ")").xend_relocation_ssl_peers, ElementsAre(good));
  EXPECT_THAT(options("(xend-relocation-ssl-peers ('" + good + "' '" + good + "'))").xend_relocation_ssl_peers,
              ElementsAre(good, good));
  EXPECT_THAT(
      error("(xend-relocation-ssl-peers ('" + good + "' '" + good + ":'))"),
      HasSubstr("invalid xend config xend-relocation-ssl-peers: '" + good + ":' is not the SHA-256 fingerprint"));
  EXPECT_THAT(error("(xend-relocation-ssl-peers '')"), HasSubstr("'' is not the SHA-256 fingerprint"));
}

TEST(Options, TheAuthorityOfAnSslServerMustExist) {
  EXPECT_EQ(options("(xend-relocation-ssl-ca-file ca.crt)").xend_relocation_ssl_ca_file, "/etc/xen/ca.crt");
  EXPECT_EQ(error("(xend-relocation-ssl-server yes) (xend-relocation-server-ssl-key-file /dev/null)"
                  "(xend-relocation-server-ssl-cert-file /dev/null) (xend-relocation-ssl-ca-file /no/ca)"),
            "invalid xend config xend-relocation-ssl-ca-file: directory '/no/ca' does not exist");
}

TEST(Options, HalfOfTheFilesForHttpsIsPlainHttpWithAWarning) {
  EXPECT_THAT(warnings("(xend-tcp-xmlrpc-server yes) (xend-tcp-xmlrpc-server-ssl-key-file /dev/null)"),
              ElementsAre(HasSubstr("speaks plain HTTP")));
}

TEST(Options, BadAccessPatternIsAnErrorOnceTheServerIsOn) {
  EXPECT_THAT(error("(xend-relocation-server yes) (xend-relocation-hosts-allow '^(a')"),
              HasSubstr("pattern '^(a' is wrong at offset 3"));
  EXPECT_EQ(error("(xend-relocation-hosts-allow '^(a')"), "no error");
}

TEST(Options, NetworkScriptBecomesACommand) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(options("").network_script_command(), Words());
  EXPECT_EQ(options("(network-script '')").network_script_command(), Words());
  EXPECT_EQ(options("(network-script network-bridge)").network_script_command(),
            (Words{"/etc/xen/scripts/network-bridge", "start"}));
  EXPECT_EQ(options("(network-script '/opt/net  netdev=eth1')").network_script_command(),
            (Words{"/opt/net", "start", "", "netdev=eth1"}));
}

// ---- xen-api-server ----

TEST(XenApiServer, Entries) {
  const Options o = options(R"((xen-api-server ((9363 pam '^localhost$ example\\.com$') (Unix none)
                                                (10.0.0.1:99 x '' key.pem cert.pem))))");
  ASSERT_EQ(o.xen_api_server.size(), 3u);
  EXPECT_EQ(o.xen_api_server[0], (XenApiListener{.unix_socket = false,
                                                 .port = 9363,
                                                 .auth = XenApiListener::Auth::kPam,
                                                 .hosts_allow = "^localhost$ example\\.com$"}));
  EXPECT_EQ(o.xen_api_server[1], XenApiListener());
  EXPECT_EQ(
      o.xen_api_server[2],
      (XenApiListener{
          .unix_socket = false, .address = "10.0.0.1", .port = 99, .key_file = "key.pem", .cert_file = "cert.pem"}));
}

TEST(XenApiServer, EmptyListIsNoServer) {
  EXPECT_THAT(options("(xen-api-server ())").xen_api_server, IsEmpty());
}

TEST(XenApiServer, EntriesBeforeABadOneStay) {
  for (const char* bad : {"(nine)", "word", "()", "(a:b)", "(99999)", "(1 none '(')"}) {
    const LoadedOptions loaded = parse_options(fmt::format("(xen-api-server ((unix) {} (1)))", bad));
    EXPECT_EQ(loaded.options.xen_api_server.size(), 1u) << bad;
    EXPECT_THAT(loaded.warnings, Contains(HasSubstr("is invalid."))) << bad;
  }
}

// ---- the file ----

class ConfigFile : public testing::Test {
 protected:
  ConfigFile() {
    std::string name = "/tmp/xend-config-test-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "xend-config.sxp";
  }
  ~ConfigFile() override {
    ::unsetenv("XEND_CONFIG");
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(ConfigFile, IsRead) {
  std::ofstream(path_) << "# a comment\n(xend-relocation-server yes)\n(xend-relocation-port 9002)\n";
  const LoadedOptions loaded = load_options(path_);
  EXPECT_FALSE(loaded.missing);
  EXPECT_TRUE(loaded.options.xend_relocation_server);
  EXPECT_EQ(loaded.options.xend_relocation_port, 9002);
}

TEST_F(ConfigFile, MissingOneMeansDefaults) {
  for (const std::string& path : {path_, path_ + "/below", std::string()}) {
    const LoadedOptions loaded = load_options(path);
    EXPECT_TRUE(loaded.missing);
    EXPECT_EQ(loaded.options, Options());
  }
}

TEST_F(ConfigFile, EmptyOneMeansDefaultsToo) {
  std::ofstream(path_) << "";
  EXPECT_FALSE(load_options(path_).missing);
  EXPECT_EQ(load_options(path_).options, Options());
}

TEST_F(ConfigFile, SyntaxErrorNamesFileLineAndColumn) {
  std::ofstream(path_) << "(xend-port 8000)\n(xend-http-server yes\n(vif-script vif-bridge)\n";
  try {
    load_options(path_);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.what(),
              "Reading config file " + path_ +
                  ": line 4, column 1: unexpected EOF (the list that starts at line 2, column 1 is not closed)");
  }
}

TEST_F(ConfigFile, ThatCannotBeReadIsAnError) {
  EXPECT_THROW(
      {
        try {
          load_options(folder_);
        } catch (const Error& e) {
          EXPECT_THAT(e.what(), HasSubstr("Is a directory"));
          throw;
        }
      },
      Error);
}

TEST_F(ConfigFile, PathComesFromTheEnvironment) {
  ::unsetenv("XEND_CONFIG");
  EXPECT_EQ(config_path(), "/etc/xen/xend-config.sxp");
  ::setenv("XEND_CONFIG", path_.c_str(), 1);
  EXPECT_EQ(config_path(), path_);
  ::setenv("XEND_CONFIG", "", 1);
  EXPECT_EQ(config_path(), "");
}

}  // namespace
}  // namespace xend
