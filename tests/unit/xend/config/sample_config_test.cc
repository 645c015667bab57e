// The configuration file that is installed, and its manual page: read from the top folder, where tests are started.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "xend/config/options.h"

namespace xend {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kSample = "configs/xend-config.sxp";

std::string read_file(const char* path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

// With the settings that are commented out put in force.
std::string sample_with_everything() {
  std::istringstream text(read_file(kSample));
  std::string out;
  for (std::string line; std::getline(text, line);) out += (line.starts_with("#(") ? line.substr(1) : line) + "\n";
  return out;
}

TEST(SampleConfig, IsReadWithoutAWarning) {
  const LoadedOptions loaded = load_options(kSample);
  ASSERT_FALSE(loaded.missing);
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(SampleConfig, SetsWhatTheClassicOneSetsAndIsInEffect) {
  Options expected;
  expected.xend_relocation_server = true;
  expected.xend_relocation_hosts_allow = R"(^localhost$ ^localhost\.localdomain$)";
  EXPECT_EQ(load_options(kSample).options, expected);
}

TEST(SampleConfig, ShowsEveryKey) {
  const std::string text = sample_with_everything();
  for (const std::string_view name : option_names()) EXPECT_THAT(text, HasSubstr(fmt::format("\n({} ", name)));
}

TEST(ManualPage, DescribesEveryKey) {
  const std::string text = read_file("man/xend-config.sxp.5");
  for (const std::string_view name : option_names()) EXPECT_THAT(text, HasSubstr(fmt::format("\n.It Cm {} ", name)));
}

TEST(SampleConfig, WhatIsCommentedOutIsTheDefaultOrAnExample) {
  LoadedOptions loaded = parse_options(sample_with_everything());
  EXPECT_THAT(loaded.warnings, Each(Not(HasSubstr("no key"))));
  Options& all = loaded.options;
  all.xend_tcp_xmlrpc_server_ssl_key_file.reset();
  all.xend_tcp_xmlrpc_server_ssl_cert_file.reset();
  all.xend_relocation_server_ssl_key_file.reset();
  all.xend_relocation_server_ssl_cert_file.reset();
  all.xend_relocation_ssl_ca_file.reset();
  all.network_script.reset();
  all.keymap.reset();
  all.vncpasswd.reset();
  all.dom0_min_mem = {};
  all.enable_dom0_ballooning = false;
  all.resource_label_change_script.reset();
  EXPECT_EQ(all, load_options(kSample).options);
}

}  // namespace
}  // namespace xend
