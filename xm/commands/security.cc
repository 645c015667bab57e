// Labels and policies of Xen's security modules. ACM, which most of these were for, is gone from Xen since 4.2: they
// answer as ever on a host without it. Its labels in guest files are in labels.cc.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "xm/command.h"
#include "xm/error.h"
#include "xm/obsolete.h"
#include "xm/report.h"
#include "xm/units.h"

namespace xm {
namespace {

constexpr int kFlask = 2;  // in answers of xend.security.on and get_xstype
constexpr const char* kAcmGone =
    "Xen has no ACM policies since 4.2. Its security module is FLASK (flask=enforcing on Xen's command line).";
constexpr const char* kNoFlask =
    "This Xen was built or booted without FLASK (flask=enforcing on its command line turns it on).";

int labels(Session& xend, const Call& call) {
  rpc::Value policy, type;
  for (const std::string& word : call.words) {
    const std::size_t equals = word.find('=');
    if (word.starts_with("type=") && word.find('=', equals + 1) == std::string::npos) {
      if (!type.is_nil()) throw Error::option_error("type is definied twice");
      type = lower(word.substr(equals + 1));
    } else if (equals == std::string::npos) {
      if (!policy.is_nil()) throw Error::option_error("policy is defined twice");
      policy = word;
    } else {
      throw Error::option_error(fmt::format("Unrecognised option: {}", word));
    }
  }
  const sxp::Value answer = rpc::to_sxp(xend.call("xend.security.list_labels", {policy, type}));
  std::vector<std::string> names;
  for (const sxp::Value& label : answer.is_list() ? answer.as_list() : sxp::List()) names.push_back(label.text());
  std::ranges::sort(names);
  for (const std::string& name : names) print(name + "\n");
  return 0;
}

int resources(Session& xend, const Call& call) {
  if (!call.words.empty()) throw Error::option_error("No arguments required");
  const sxp::Value labeled = rpc::to_sxp(xend.call("xend.security.get_labeled_resources", {}));
  for (const sxp::Value& resource : labeled.is_list() ? labeled.as_list() : sxp::List()) {
    const sxp::List pair = resource.is_list() ? resource.as_list() : sxp::List();
    if (pair.size() != 2 || !pair[1].is_list() || pair[1].as_list().size() < 3) continue;
    const sxp::List& label = pair[1].as_list();
    print(fmt::format("{}\n      type: {}\n    policy: {}\n    label:  {}\n", pair[0].text(), label[0].text(),
                      label[1].text(), label[2].text()));
  }
  return 0;
}

// It asked ACM in the hypervisor, and said nothing when there was none.
int dump_policy(Session&, const Call& call) {
  if (!call.words.empty()) throw Error::option_error("No arguments expected.");
  print_advice(kAcmGone);
  return 0;
}

int reset_policy(Session& xend, const Call& call) {
  if (!call.words.empty()) throw Error::option_error("No arguments expected.");
  xend.call("xend.security.get_xstype", {});
  throw Error::security("ACM policy type not supported.").with_advice(kAcmGone);
}

int get_policy(Session& xend, const Call&) {
  const bool flask = xend.call("xend.security.get_xstype", {}) == rpc::Value(kFlask);
  print(fmt::format("Supported security subsystems   : {} \n\n", flask ? "FLASK" : "None"));
  xend.call("xend.security.get_policy", {});
  print(flask ? "The policy of FLASK is in the hypervisor; it has no other form.\n" : "No policy is installed.\n");
  return 0;
}

// Only FLASK has a mode. An xend without it does not have the method.
void require_flask(Session& xend) {
  if (call_obsolete(xend, "xend.security.on", {}, kNoFlask) != rpc::Value(kFlask))
    throw Error::option_error("Unsupported policy type");
}

int get_enforce(Session& xend, const Call& call) {
  if (!call.words.empty()) throw Error::option_error("No arguments expected.");
  require_flask(xend);
  const bool enforcing = xend.call("xend.security.getenforce", {}) != rpc::Value(0);
  print(enforcing ? "Enforcing\n" : "Permissive\n");
  return 0;
}

int set_enforce(Session& xend, const Call& call) {
  if (call.words.size() != 1) throw Error::option_error("Invalid arguments");
  const std::string mode = lower(call.words[0]);
  const bool enforcing = mode == "1" || mode == "enforcing";
  if (!enforcing && mode != "0" && mode != "permissive")
    throw Error::option_error(fmt::format("{} is an unsupported mode", call.words[0]));
  require_flask(xend);
  xend.call("xend.security.setenforce", {enforcing ? 1 : 0});
  return 0;
}

std::string read_policy(const std::string& path) {
  constexpr std::uintmax_t kLargest = 16 * 1024 * 1024;  // of what Xen would take
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || size > kLargest || !in) throw Error::option_error(fmt::format("Could not read policy file: {}", path));
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// A policy travels as base64: it is not text.
std::string base64(const std::string& bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) text += i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 0x3f];
  }
  return text;
}

// ACM's are found by their name, here or where they were kept.
std::string acm_policy_file(std::string name) {
  std::ranges::replace(name, '.', '/');
  const std::string here = "./" + name + "-security_policy.xml";
  std::error_code error;
  return std::filesystem::exists(here, error)
             ? here
             : XEN_CONFIG_DIR "/acm-security/policies/" + name + "-security_policy.xml";
}

int set_policy(Session& xend, const Call& call) {
  constexpr int kLoadAndBoot = 3, kOverwrite = 1;
  if (call.words.size() < 2) throw Error::option_error("Need at least 3 arguments.");
  const std::string type = lower(call.words[0]);
  if (type != "acm" && type != "flask")
    throw Error::option_error(fmt::format("Unsupported policytype '{}'.", call.words[0]));
  const std::string policy = read_policy(type == "acm" ? acm_policy_file(call.words[1]) : call.words[1]);
  const rpc::Value on = call_obsolete(xend, "xend.security.on", {}, type == "acm" ? kAcmGone : kNoFlask);
  if (type == "acm" || on != rpc::Value(kFlask)) throw Error::option_error("Unsupported policy type");
  xend.call("xend.security.set_policy", {kFlask, base64(policy), kLoadAndBoot, kOverwrite});
  print("Successfully set the new policy.\n");
  return 0;
}

}  // namespace

std::vector<Command> security_commands() {
  return {
      {.name = "labels",
       .usage = "[policy] [type=dom|res|any]",
       .description = "Lists the labels of a policy (ACM's, not since Xen 4.2).",
       .handler = labels},
      {.name = "resources",
       .usage = "",
       .description = "Lists the resources that have labels (ACM's, not since Xen 4.2).",
       .handler = resources},
      {.name = "dumppolicy",
       .usage = "",
       .description = "Prints the policy that the hypervisor enforces (ACM's, not since Xen 4.2).",
       .handler = dump_policy},
      {.name = "setpolicy",
       .usage = "<policytype> <policyfile> [options]",
       .description = "Loads a policy of FLASK.",
       .handler = set_policy},
      {.name = "resetpolicy",
       .usage = "",
       .description = "Returns to the policy of the start (ACM's, not since Xen 4.2).",
       .handler = reset_policy},
      {.name = "getpolicy",
       .usage = "[options]",
       .description = "Shows the policy of the system.",
       .handler = get_policy},
      {.name = "getenforce",
       .usage = "",
       .description = "Tells whether FLASK enforces its policy.",
       .handler = get_enforce},
      {.name = "setenforce",
       .usage = "[ (Enforcing|1) | (Permissive|0) ]",
       .description = "Has FLASK enforce its policy or not.",
       .handler = set_enforce},
  };
}

}  // namespace xm
