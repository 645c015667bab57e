#include "xm/tables.h"

#include <algorithm>

#include <fmt/format.h>

namespace xm {
namespace {

std::string duration_text(std::int64_t seconds, bool with_seconds) {
  const std::int64_t days = seconds / 86400;
  std::string text = days > 0 ? fmt::format("{} day{}, ", days, days > 1 ? "s" : "") : "";
  text += fmt::format("{:2}:{:02}", seconds / 3600 % 24, seconds / 60 % 60);
  if (with_seconds) text += fmt::format(":{:02}", seconds % 60);
  return text;
}

std::string vcpu_row(const std::string& name, const std::string& id, const sxp::Value& vcpu, std::int64_t nr_cpus) {
  const auto number = [&](const char* key) { return static_cast<std::int64_t>(child_number(vcpu, key).value_or(0)); };
  std::string cpu;
  std::string state;
  if (number("online") != 0) {
    cpu = std::to_string(number("cpu"));
    state = fmt::format("{}{}-", number("running") != 0 ? 'r' : '-', number("blocked") != 0 ? 'b' : '-');
  } else if (!id.empty()) {
    cpu = "-";
    state = "--p";
  }
  std::vector<std::int64_t> cpus;
  if (const sxp::Value* map = sxp::child_value(vcpu, "cpumap"); map != nullptr && map->is_list()) {
    for (const sxp::Value& item : map->as_list()) {
      if (item.is_int()) cpus.push_back(item.as_int());
    }
  }
  return fmt::format("{:<32} {:>5} {:>5} {:>5} {:>5}  {:8.1f} {}\n", name, id, number("number"), cpu, state,
                     child_number(vcpu, "cpu_time").value_or(0), affinity_text(std::move(cpus), nr_cpus));
}

}  // namespace

std::string list_table(const std::vector<Domain>& domains, bool labels) {
  std::string text =
      fmt::format("{:<40} {:>5} {:>5} {:>5} {:>10} {:>9}", "Name", "ID", "Mem", "VCPUs", "State", "Time(s)");
  text += labels ? fmt::format(" {:<10}\n", "Label") : "\n";
  for (const Domain& domain : domains) {
    text += fmt::format("{:<40} {:>5} {:>5} {:>5} {:>10} {:8.1f}", domain.name, domain.id_text(), domain.memory,
                        domain.vcpus, domain.state, domain.cpu_time);
    text += labels ? fmt::format(" {:>10}\n", domain.label) : "\n";
  }
  return text;
}

std::string affinity_text(std::vector<std::int64_t> cpus, std::int64_t nr_cpus) {
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  std::erase_if(cpus, [&](std::int64_t cpu) { return cpu >= nr_cpus; });
  if (cpus.empty()) return "no cpus";
  if (static_cast<std::int64_t>(cpus.size()) == nr_cpus) return "any cpu";
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += last == i ? std::to_string(cpus[i]) : fmt::format("{}-{}", cpus[i], cpus[last]);
    i = last + 1;
  }
  return text;
}

std::string vcpu_table(const std::vector<sxp::Value>& domains, std::int64_t nr_cpus) {
  std::string text = fmt::format("{:<32} {:>5} {:>5} {:>5} {:>5} {:>9} {}\n", "Name", "ID", "VCPU", "CPU", "State",
                                 "Time(s)", "CPU Affinity");
  for (const sxp::Value& domain : domains) {
    const Domain head = parse_domain(domain);
    for (const sxp::Value* vcpu : sxp::children_named(domain, "vcpu")) {
      text += vcpu_row(head.name, head.id_text(), *vcpu, nr_cpus);
    }
  }
  return text;
}

std::string uptime_table(const std::vector<Uptime>& uptimes) {
  std::string text = fmt::format("{:<33} {:>4} {} \n", "Name", "ID", "Uptime");
  for (const auto& [domain, seconds] : uptimes) {
    text += fmt::format("{:<32} {:>5} {}\n", domain.name, domain.id_text(), duration_text(seconds, true));
  }
  return text;
}

std::string uptime_short(const std::vector<Uptime>& uptimes, const std::string& time_of_day) {
  std::string text;
  for (const auto& [domain, seconds] : uptimes) {
    text +=
        fmt::format(" {} up {}, {} ({})\n", time_of_day, duration_text(seconds, false), domain.name, domain.id_text());
  }
  return text;
}

std::string info_table(const sxp::Value& pairs) {
  std::string text;
  if (!pairs.is_list()) return text;
  bool first = true;
  for (const sxp::Value& pair : pairs.as_list()) {
    if (!first) {
      const sxp::List values = sxp::children(pair);
      const bool none = values.empty() || values.front().is_absent();
      text += fmt::format("{:<23}: {}\n", sxp::head(pair), none ? "(none)" : values.front().text());
    }
    first = false;
  }
  return text;
}

}  // namespace xm
