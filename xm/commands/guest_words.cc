#include "xm/commands/guest_words.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "sxp/parser.h"
#include "xm/error.h"
#include "xm/guest_config/dropped.h"
#include "xm/guest_config/file.h"
#include "xm/guest_config/variables.h"
#include "xm/guest_config/vm_config.h"
#include "xm/help.h"
#include "xm/report.h"
#include "xm/units.h"

namespace xm {
namespace {

using guest_config::Namespace;
using guest_config::Settings;

constexpr const char* kUsualPath = ".:" XEN_CONFIG_DIR;

// The words that are no options, sorted by what they are.
struct Words {
  std::string file = "xmdefconfig";
  Namespace script_variables;
  Settings settings;
};

// A setting of something that is no variable of ours is for the file to read.
void set_variable(Words& words, const std::string& operand, std::size_t equals) {
  const std::string name = operand.substr(0, equals);
  const std::string value = operand.substr(equals + 1);
  if (const guest_config::Variable* variable = guest_config::find_variable(name)) {
    words.settings.set_from_command_line(*variable, value);
  } else {
    words.script_variables[std::string(strip(name))] = std::string(strip(value));
  }
}

Words sort_words(const Call& call) {
  Words words;
  std::size_t file_operands = 0;  // operands up to and with the last file name
  const std::vector<std::string>& operands = call.operands();
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (const std::size_t equals = operands[i].find('='); equals != std::string::npos) {
      set_variable(words, operands[i], equals);
    } else {
      words.file = operands[i];
      file_operands = i + 1;
    }
  }
  for (const GivenOption& option : call.parsed.options) {  // the last of -f and a bare name wins
    if (option.name == "defconfig" && option.operands_before >= file_operands) words.file = option.value;
  }
  // Options are settings like others once the file has run: a file may say `paused = 1`.
  for (const char* option : {"paused", "quiet", "dryrun", "xmldryrun", "console_autoconnect"}) {
    if (call.has(option)) words.settings.set(option, 1);
  }
  return words;
}

std::string variables_help() {
  std::string text = "Values:\n\n";
  for (const guest_config::Variable& variable : guest_config::all_variables()) {
    text += fmt::format("{}\n", variable.name);
    for (const std::string& line : wrap(variable.help, 72)) text += fmt::format("{:8}{}\n", "", line);
  }
  return text;
}

Guest read_sxp(const std::string& path, const Words& words) {
  if (access(path.c_str(), R_OK) != 0) {
    throw Error::option_error(fmt::format("Cannot read file {}: {}", path, std::generic_category().message(errno)));
  }
  const std::string text = guest_config::read_file(path);
  Guest guest;
  try {
    guest.config = sxp::parse_one(text);
  } catch (const sxp::ParseError& e) {
    throw Error::die(fmt::format("{}: {}", path, e.what()));
  }
  guest.name = sxp::child_text(guest.config, "name").value_or("");
  guest.paused = words.settings.truth("paused");
  return guest;
}

std::optional<Guest> read_program(Words& words, const std::string& path) {
  const std::string file = guest_config::find_file(words.file, path);
  const std::string source = guest_config::read_file(file);
  if (!words.settings.truth("quiet")) print(fmt::format("Using config file \"{}\".\n", file));
  if (source.starts_with('<')) return std::nullopt;
  Settings& settings = words.settings;
  const Namespace names = guest_config::run_file(file, source, words.script_variables);
  settings.set_from_file(names);
  for (const std::string& sentence : guest_config::dropped_values(file, names, settings)) {
    fmt::print(stderr, "Warning: {}\n", sentence);
  }
  if (!settings.truth("name")) settings.set("name", std::filesystem::path(words.file).filename().string());
  Guest guest;
  guest.config = guest_config::vm_config(settings, guest_config::this_host());
  guest.name = settings.text("name");
  guest.paused = settings.truth("paused");
  return guest;
}

}  // namespace

std::vector<OptionSpec> guest_options() {
  return {{0, "help_config", "", "List the variables that a guest file can set"},
          {'q', "quiet", "", "Do not tell what is being done"},
          {0, "path", "PATH", "Where guest files are looked for: folders separated by colons"},
          {'f', "defconfig", "FILE", "The guest file"},
          {'F', "config", "FILE", "A configuration in the form that --dryrun prints, instead of a guest file"},
          {'n', "dryrun", "", "Print the configuration and create nothing"},
          {'x', "xmldryrun", "", "Create nothing"},
          {'s', "skipdtd", "", "Has no effect"},
          {'p', "paused", "", "Do not let the domain run yet"},
          {'c', "console_autoconnect", "", "Connect to the console of the domain"},
          {0, "vncviewer", "", "Has no effect"},
          {0, "vncviewer-autopass", "", "Hand the password to the viewer that vncconsole=1 opens"}};
}

std::optional<Guest> read_guest(const Call& call) {
  if (call.has("help_config")) {
    print(variables_help());
    return std::nullopt;
  }
  Words words = sort_words(call);
  const std::string* path = call.parsed.value("path");
  const std::string* config = call.parsed.value("config");
  std::optional<Guest> guest = config != nullptr ? std::optional(read_sxp(*config, words))
                                                 : read_program(words, path != nullptr ? *path : kUsualPath);
  if (!guest || words.settings.truth("xmldryrun")) return std::nullopt;
  guest->quiet = words.settings.truth("quiet");
  guest->dry_run = words.settings.truth("dryrun");
  guest->console = words.settings.truth("console_autoconnect");
  guest->viewer = words.settings.truth("vncconsole");
  guest->viewer_autopass = call.has("vncviewer-autopass");
  return guest;
}

std::optional<Guest> read_guest_file(const std::string& name) {
  Words words;
  words.file = name;
  return read_program(words, kUsualPath);
}

}  // namespace xm
