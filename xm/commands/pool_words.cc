#include "xm/commands/pool_words.h"

#include <fmt/format.h>

#include <filesystem>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xm/error.h"
#include "xm/guest_config/file.h"
#include "xm/report.h"
#include "xm/units.h"

namespace xm {
namespace {

using guest_config::List;
using guest_config::Namespace;
using guest_config::Value;

constexpr const char* kUsualPath = ".:" XEN_CONFIG_DIR "/cpupool";
constexpr int kBodyStatus = 255;  // class DIE255
constexpr std::size_t kMostCpus = 65536;

constexpr const char* kVariablesHelp =
    "Values:\n\n"
    "name\n        Name of the CPU pool; without it the file's.\n"
    "sched\n        Its scheduler: credit, credit2, rtds or null. Default: credit.\n"
    "cpus\n        How many CPUs it gets, as a number or \"#N\", or which ones: \"0-3,^1\". Default: 1.\n"
    "other_config\n        Anything worth remembering of it, as a list of texts \"KEY=VALUE\".\n";

[[noreturn]] void die(const std::string& text) {
  throw Error::die(text, kBodyStatus);
}

struct PoolWords {
  std::string file = "xmdefconfig";
  Namespace script_variables, settings;
};

PoolWords sort_words(const Call& call) {
  PoolWords words;
  List other_config;
  std::size_t file_operands = 0;
  const std::vector<std::string>& operands = call.operands();
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const std::size_t equals = operands[i].find('=');
    if (equals == std::string::npos) {
      words.file = operands[i];
      file_operands = i + 1;
      continue;
    }
    const std::string name(strip(operands[i].substr(0, equals))), value(strip(operands[i].substr(equals + 1)));
    if (name == "other_config") {
      other_config.emplace_back(value);
      words.settings[name] = other_config;
    } else if (name == "name" || name == "sched" || name == "cpus") {
      words.settings[name] = value;
    } else {
      words.script_variables[name] = value;
    }
  }
  for (const GivenOption& option : call.parsed.options) {
    if (option.name == "defconfig" && option.operands_before >= file_operands) words.file = option.value;
  }
  return words;
}

// A number as Python's int() takes it; its complaint about anything else.
unsigned cpu_number(const std::string& cpus, const std::string& text) {
  const auto number = parse_int(text);
  if (!number) die(fmt::format("cpus = {}: invalid literal for int() with base 10: '{}'", cpus, text));
  if (*number < 0 || *number >= static_cast<std::int64_t>(kMostCpus))
    die(fmt::format("cpus = {}: no host has a CPU {}", cpus, text));
  return static_cast<unsigned>(*number);
}

// "0-3,^1" in the order written, as the original did it.
void add_cpus(std::vector<unsigned>& cpus, const std::string& text) {
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::string item = text.substr(start, end - start);
    start = end + 1;
    if (item.empty()) continue;
    if (const std::size_t dash = item.find('-'); dash != std::string::npos) {
      if (item.find('-', dash + 1) != std::string::npos) die(fmt::format("cpus = {}: too many values to unpack", text));
      const unsigned last = cpu_number(text, item.substr(dash + 1));
      for (unsigned cpu = cpu_number(text, item.substr(0, dash)); cpu <= last; ++cpu) cpus.push_back(cpu);
    } else if (item[0] == '^') {
      std::erase(cpus, cpu_number(text, item.substr(1)));
    } else {
      cpus.push_back(cpu_number(text, item));
    }
    if (cpus.size() > kMostCpus) die(fmt::format("cpus = {}: too many of them", text));
  }
}

std::vector<unsigned> listed_cpus(const Value& value) {
  std::vector<unsigned> cpus;
  if (const std::string* text = value.as_string()) add_cpus(cpus, *text);
  if (const List* list = value.as_list()) {
    for (const Value& item : *list) {
      if (item.as_string() == nullptr)
        die(fmt::format("cpus: an element of the list is of type {}, not a text such as \"0-3\"", item.type_name()));
      add_cpus(cpus, *item.as_string());
    }
  }
  return cpus;
}

// (ncpu N) (proposed_CPUs ...): a number of CPUs, whichever are free, or certain ones.
void add_cpu_choice(sxp::List& pool, const Value& cpus) {
  const std::string* text = cpus.as_string();
  std::optional<std::int64_t> count;
  if (cpus.as_int() != nullptr) count = *cpus.as_int();
  if (text != nullptr && text->size() > 1 && text->starts_with('#')) {
    count = parse_int(text->substr(1));
    if (!count) die("Wrong illegal of parameter \"cpus\"");
  }
  if (count) {
    pool.push_back(sxp::Value::list({"ncpu", *count}));
    pool.push_back(sxp::Value::list({"proposed_CPUs", sxp::List()}));
    return;
  }
  if (cpus.as_double() != nullptr) die("'float' object has no attribute 'split'");
  const std::vector<unsigned> numbers = listed_cpus(cpus);
  sxp::List proposed{"proposed_CPUs"};
  for (const unsigned cpu : numbers) proposed.emplace_back(cpu);
  pool.push_back(sxp::Value::list({"ncpu", numbers.size()}));
  pool.emplace_back(std::move(proposed));
}

sxp::Value other_config(const Value& value) {
  sxp::List config{"other_config"};
  for (const Value& item : value.as_list() != nullptr ? *value.as_list() : List()) {
    const std::string entry(item.as_string() != nullptr ? strip(*item.as_string()) : std::string_view());
    if (const std::size_t equals = entry.find('='); equals != std::string::npos)
      config.push_back(sxp::Value::list({entry.substr(0, equals), entry.substr(equals + 1)}));
  }
  return config;
}

sxp::Value pool_config(const PoolWords& words) {
  const auto setting = [&](const char* name, Value otherwise) {
    const auto found = words.settings.find(name);
    return found != words.settings.end() ? found->second : otherwise;
  };
  Value name = setting("name", {});
  if (!name.truth()) name = std::filesystem::path(words.file).filename().string();
  sxp::List pool{"pool", sxp::Value::list({"name_label", name.to_sxp()}),
                 sxp::Value::list({"sched_policy", setting("sched", "credit").to_sxp()})};
  add_cpu_choice(pool, setting("cpus", 1));
  pool.push_back(other_config(setting("other_config", List())));
  return pool;
}

// What goes wrong in a file ends these commands with another status than `xm create`.
Namespace run_pool_file(const std::string& file, const Namespace& script_variables) {
  try {
    const std::string source = guest_config::read_file(file);
    print(fmt::format("Using config file \"{}\".\n", file));
    return guest_config::run_file(file, source, script_variables);
  } catch (const Error& e) {
    if (e.error_class() == ErrorClass::kDie) die(e.what());
    throw;
  }
}

sxp::Value read_ready_pool(const std::string& path) {
  std::string text;
  try {
    text = guest_config::read_file(path);
  } catch (const Error&) {
    // The original stumbled over its own message here; the text and the status are what scripts know.
    throw Error::die("local variable 'config' referenced before assignment", kBodyStatus)
        .with_advice(fmt::format("{} cannot be read.", path));
  }
  try {
    return sxp::parse_one(text);
  } catch (const sxp::ParseError& e) {
    die(fmt::format("{}: {}", path, e.what()));
  }
}

}  // namespace

std::vector<OptionSpec> pool_options() {
  return {{0, "help_config", "", "List the variables that a file can set"},
          {0, "path", "PATH", "Where files are looked for: folders separated by colons"},
          {'f', "defconfig", "FILE", "The file"},
          {'F', "config", "FILE", "A configuration in the form that --dryrun prints, instead of a file"},
          {'n', "dryrun", "", "Print the configuration and create nothing"}};
}

std::optional<sxp::Value> read_pool(const Call& call) {
  if (call.has("help_config")) {
    print(kVariablesHelp);
    return std::nullopt;
  }
  sxp::Value pool;
  if (const std::string* ready = call.parsed.value("config")) {
    pool = read_ready_pool(*ready);
  } else {
    PoolWords words = sort_words(call);
    const std::string* path = call.parsed.value("path");
    const std::string file = guest_config::find_file(words.file, path != nullptr ? *path : kUsualPath);
    for (const auto& [name, value] : run_pool_file(file, words.script_variables)) {
      if (value.leaves_file()) words.settings.emplace(name, value);  // the command line has come first
    }
    pool = pool_config(words);
  }
  if (!call.has("dryrun")) return pool;
  print(sxp::pretty(pool));
  return std::nullopt;
}

}  // namespace xm
