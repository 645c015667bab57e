// addlabel, rmlabel, getlabel: ACM's labels in guest files, which are plain text and still there, and those of
// resources and domains, of which a host without ACM has none (spec xm-cli 2.7).
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "xm/command.h"
#include "xm/error.h"
#include "xm/guest_config/file.h"
#include "xm/report.h"
#include "xm/session.h"
#include "xm/units.h"

namespace xm {
namespace {

// The kind of object, in any case; `vif-N` needs the other interface to xend, and says so with the words it always had.
std::string object_kind(const std::string& word, const char* other_interface) {
  const std::string kind = lower(word);
  if (!kind.starts_with("vif-")) return kind;
  const auto number = parse_int(kind.substr(4));
  if (!number || *number < 0) throw Error::option_error("Bad VIF device index.");
  throw Error::option_error(other_interface);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool begins_label(const std::string& line) {
  constexpr std::string_view kWord = "access_control";
  if (!lower(line).starts_with(kWord)) return false;
  return strip(std::string_view(line).substr(kWord.size())).starts_with('=');
}

bool ends_label(const std::string& line) {
  return line.find("']") != std::string::npos;
}

struct GuestFile {
  std::string path;
  std::vector<std::string> lines;
  std::vector<std::size_t> label;  // the lines of its access_control
};

GuestFile read_labels(const std::string& name) {
  const std::string candidates[] = {name.starts_with('/') ? name : "./" + name, XEN_CONFIG_DIR "/" + name};
  std::error_code error;
  for (const std::string& path : candidates) {
    if (!std::filesystem::is_regular_file(path, error)) continue;
    GuestFile file{path, lines_of(guest_config::read_file(path)), {}};
    bool inside = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      inside = inside || begins_label(file.lines[i]);
      if (inside) file.label.push_back(i);
      if (ends_label(file.lines[i])) inside = false;
    }
    return file;
  }
  throw Error::option_error(fmt::format("Configuration file '{}' not found.", name));
}

// access_control = ['policy=P,label=L'] as policy=P,label=L
std::string label_text(const GuestFile& file) {
  std::string text;
  for (const std::size_t line : file.label) text += file.lines[line] + "\n";
  std::string_view value = strip(std::string_view(text).substr(text.find('=') + 1));
  while (!value.empty() && (value.front() == '[' || value.front() == '\'')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ']' || value.back() == '\'')) value.remove_suffix(1);
  return std::string(value);
}

void replace_file(const std::string& path, const std::vector<std::string>& lines) {
  const std::string temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::trunc);
    for (const std::string& line : lines) out << line << '\n';
    out.close();
    if (!out) throw Error::die(fmt::format("{} cannot be written.", temporary));
  }
  std::error_code error;
  std::filesystem::permissions(temporary, std::filesystem::status(path).permissions(), error);
  std::filesystem::rename(temporary, path, error);
  if (error) throw Error::die(fmt::format("{} cannot be replaced: {}.", path, error.message()));
}

// The label that xend tells of a domain, without the quote that old ones put in front.
std::string domain_label(Session& xend, const std::string& domain) {
  const std::string label = rpc::to_sxp(xend.call("xend.security.get_domain_label", {domain})).text();
  return label.starts_with('\'') ? label.substr(1) : label;
}

std::string resource_label(Session& xend, const std::string& resource) {
  const sxp::Value label = rpc::to_sxp(xend.call("xend.security.get_resource_label", {resource}));
  if (!label.is_list()) return label.text();
  std::string text;
  for (const sxp::Value& part : label.as_list()) text += (text.empty() ? "" : ":") + part.text();
  return text;
}

int get_label(Session& xend, const Call& call) {
  if (call.words.size() != 2) throw Error::option_error("Requires 2 arguments");
  const std::string kind = object_kind(call.words[0], "xm needs to be configure to use the xen-api.");
  const std::string& object = call.words[1];
  if (kind == "dom") {
    const GuestFile file = read_labels(object);
    if (file.label.empty()) throw Error::security("Domain not labeled");
    print(fmt::format("policytype=ACM,{}\n", label_text(file)));
  } else if (kind == "mgt") {
    print(domain_label(xend, object) + "\n");
  } else if (kind == "res") {
    const std::string label = resource_label(xend, object);
    if (label.empty()) throw Error::security("Resource not labeled");
    print(label + "\n");
  } else {
    throw Error::option_error("First subcommand argument must be \"dom\", \"mgt\" or \"res\"");
  }
  return 0;
}

int remove_label(Session& xend, const Call& call) {
  if (call.words.size() != 2) throw Error::option_error("Requires 2 arguments");
  const std::string kind = object_kind(call.words[0], "Need to be configure for using xen-api.");
  const std::string& object = call.words[1];
  if (kind == "dom") {
    GuestFile file = read_labels(object);
    if (file.label.empty()) throw Error::security("Domain not labeled");
    for (const std::size_t line : file.label) file.lines[line].insert(0, "#");
    replace_file(file.path, file.lines);
  } else if (kind == "mgt") {
    const std::string label = domain_label(xend, object);
    if (label.empty()) throw Error::security("Domain was not labeled.");
    xend.call("xend.security.set_domain_label", {object, "", label});
    print(fmt::format("Successfully removed label from domain {}.\n", object));
  } else if (kind == "res") {
    if (resource_label(xend, object).empty()) throw Error::security("Resource not labeled");
    xend.call("xend.security.set_resource_label", {object, "", "", ""});
  } else {
    throw Error::option_error(fmt::format("Unrecognised type argument: {}", call.words[0]));
  }
  return 0;
}

// Guards against labelling something that is no guest file at all: three of these must be set in it.
bool looks_like_guest(const std::string& path) {
  try {
    const auto names = guest_config::run_file(path, guest_config::read_file(path), {});
    return std::ranges::count_if(std::initializer_list<const char*>{"kernel", "bootloader", "memory", "name"},
                                 [&](const char* name) { return names.contains(name); }) >= 3;
  } catch (const Error&) {
    return false;
  }
}

void add_to_file(const std::string& name, const std::string& label, const std::string& policy) {
  std::error_code error;
  const std::string here = std::filesystem::absolute(name, error).string();
  const bool absolute = name.starts_with('/');
  const std::string path = absolute || std::filesystem::is_regular_file(here, error) ? here : XEN_CONFIG_DIR "/" + name;
  if (!looks_like_guest(path)) {
    print("Invalid configuration file.\n");
    throw Error::option_error("Invalid config file");
  }
  std::vector<std::string> lines = lines_of(guest_config::read_file(path));
  if (std::ranges::any_of(lines, begins_label))
    throw Error::security(fmt::format("Config file '{}' is already labeled.", path));
  lines.push_back(fmt::format("access_control = ['policy={},label={}']", policy, label));
  replace_file(path, lines);
}

// TYPE:POLICY; without a type it is `fallback`, or wrong when there is none.
std::pair<std::string, std::string> policy_name(const std::string& word, const char* fallback) {
  const std::size_t colon = word.find(':');
  if (colon == std::string::npos && fallback != nullptr) return {fallback, word};
  if (colon == std::string::npos || word.find(':', colon + 1) != std::string::npos)
    throw Error::option_error("Policy name in wrong format.");
  return {word.substr(0, colon), word.substr(colon + 1)};
}

int add_label(Session& xend, const Call& call) {
  if (call.words.size() != 3 && call.words.size() != 4) throw Error::option_error("Needs either 2 or 3 arguments");
  if (call.words.size() == 3)
    throw Error::option_error("ACM security is not enabled. You must specify the policy on the command line.");
  const std::string& label = call.words[0];
  const std::string kind = object_kind(call.words[1], "Need to be configure for using xen-api.");
  const std::string& object = call.words[2];
  if (kind == "dom") {
    add_to_file(object, label, call.words[3]);
  } else if (kind == "mgt") {
    const auto [type, policy] = policy_name(call.words[3], nullptr);
    const std::string old = domain_label(xend, object);
    xend.call("xend.security.set_domain_label", {object, fmt::format("{}:{}:{}", type, policy, label), old});
  } else if (kind == "res") {
    const auto [type, policy] = policy_name(call.words[3], "ACM");
    const std::string old = resource_label(xend, object);
    if (!old.empty()) throw Error::security(fmt::format("'{}' is already labeled with '{}'.", object, old));
    xend.call("xend.security.set_resource_label", {object, type, policy, label});
  } else {
    throw Error::option_error("Need to specify either \"dom\", \"mgt\" or \"res\" as object to add label to.");
  }
  return 0;
}

}  // namespace

std::vector<Command> label_commands() {
  return {
      {.name = "addlabel",
       .usage = "<label> {dom <ConfigFile>|res <resource>|mgt <managed domain>} [<policy>]",
       .description = "Labels a domain or a resource (ACM's, not since Xen 4.2).",
       .handler = add_label},
      {.name = "rmlabel",
       .usage = "{dom <ConfigFile>|res <Resource>|mgt<managed domain>}",
       .description = "Removes the label of a domain or a resource (ACM's, not since Xen 4.2).",
       .handler = remove_label},
      {.name = "getlabel",
       .usage = "{dom <ConfigFile>|res <Resource>|mgt <managed domain>}",
       .description = "Shows the label of a domain or a resource (ACM's, not since Xen 4.2).",
       .handler = get_label},
  };
}

}  // namespace xm
