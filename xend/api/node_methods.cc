// xend.node.*: the host (spec protocols 3.7, xm-cli 2.5).

#include <sys/utsname.h>

#include <fstream>
#include <sstream>

#include "xend/api/method.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

class Pairs {
 public:
  void add(const char* key, rpc::Value value) { pairs_.push_back(rpc::Array{key, std::move(value)}); }
  rpc::Array take() { return std::move(pairs_); }

 private:
  rpc::Array pairs_;
};

std::string cpu_topology(const xc::HostInfo& host) {
  std::string text = "\ncpu:    core    socket     node\n";
  for (std::size_t i = 0; i < host.cpu_topology.size(); ++i) {
    const auto& cpu = host.cpu_topology[i];
    text += fmt::format("{:3}:{:8} {:8} {:8}\n", i, cpu.core, cpu.socket, cpu.node);
  }
  text.pop_back();
  return text;
}

std::string numa_info(const xc::HostInfo& host) {
  std::string text = "\nnode: TotalMemory FreeMemory dma32Memory NodeDist:";
  for (std::size_t i = 0; i < host.numa.size(); ++i) text += fmt::format("{:4} ", i);
  for (std::size_t i = 0; i < host.numa.size(); ++i) {
    const auto& node = host.numa[i];
    text += fmt::format("\n{:4}:  {:8}MB {:8}MB  {:8}MB         :", i, node.total.value, node.free.value, 0);
    for (const auto distance : node.distance) text += fmt::format("{:4} ", distance);
  }
  return text;
}

// Clients match ^gcc version (spec xm-cli 2.5): "gcc (Debian 12.2.0-14) 12.2.0" becomes "gcc version 12.2.0 (Debian
// ...)". Debian's own name of it begins with the machine, as in x86_64-linux-gnu-gcc.
std::string classic_compiler(const std::string& compiler) {
  const auto open = compiler.find(" (");
  const auto close = compiler.find(") ", open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return compiler;
  const std::string program = compiler.substr(0, open);
  if (program != "gcc" && !program.ends_with("-gcc")) return compiler;
  return "gcc version " + compiler.substr(close + 2) + compiler.substr(open, close - open + 1);
}

void add_xen(Pairs& out, const xc::HostInfo& host) {
  out.add("xen_major", host.xen_major);
  out.add("xen_minor", host.xen_minor);
  out.add("xen_extra", host.xen_extra);
  out.add("xen_caps", host.xen_caps);
  out.add("xen_scheduler", host.scheduler);
  out.add("xen_pagesize", host.pagesize);
  out.add("platform_params", host.platform_params);
  out.add("xen_changeset", host.xen_changeset);
  out.add("xen_commandline", host.xen_commandline);
  out.add("cc_compiler", classic_compiler(host.cc_compiler));
  out.add("cc_compile_by", host.cc_compile_by);
  out.add("cc_compile_domain", host.cc_compile_domain);
  out.add("cc_compile_date", host.cc_compile_date);
  out.add("xend_config_format", 4);
}

rpc::Value info(const Call& call) {
  const auto host = call.host.xen.host_info();
  utsname uts{};
  uname(&uts);
  Pairs out;
  out.add("system", uts.sysname);
  out.add("host", uts.nodename);
  out.add("release", uts.release);
  out.add("version", uts.version);
  out.add("machine", uts.machine);
  out.add("nr_cpus", host.nr_cpus);
  out.add("nr_nodes", host.nr_nodes);
  out.add("cores_per_socket", host.cores_per_socket);
  out.add("threads_per_core", host.threads_per_core);
  out.add("cpu_mhz", host.cpu_khz / 1000);
  out.add("hw_caps", host.hw_caps);
  out.add("virt_caps", host.hvm ? (host.hvm_directio ? "hvm hvm_directio" : "hvm") : "");
  out.add("total_memory", host.total_memory.value);
  out.add("free_memory", host.free_memory.value);
  out.add("free_cpus", host.free_cpus);
  if (bool_arg(call, 0, true)) {
    out.add("cpu_topology", cpu_topology(host));
    out.add("numa_info", numa_info(host));
  }
  add_xen(out, host);
  return out.take();
}

rpc::Value dmesg_info(const Call& call) {
  return call.host.xen.console_ring(false);
}

rpc::Value dmesg_clear(const Call& call) {
  call.host.xen.console_ring(true);
  return {};
}

rpc::Value log_text(const Call&) {
  std::ifstream in(log_path());
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

rpc::Value debug_keys(const Call& call) {
  call.host.xen.send_debug_keys(text_arg(call, 0));
  return 0;
}

// The devices that guests can be given; nil when no driver holds any (spec xm-cli 2.7).
rpc::Value pci_info(const Call& call) {
  const auto devices = call.host.pci.assignable();
  if (!devices) return {};
  rpc::Array result;
  for (const auto& device : *devices)
    result.push_back(
        rpc::Struct{{"domain", device.domain}, {"bus", device.bus}, {"slot", device.slot}, {"func", device.function}});
  return result;
}

// Transcendent memory, which Xen had until 4.12.
rpc::Value no_tmem(const Call&) {
  throw Error("(38, 'Function not implemented')");
}

constexpr Method kMethods[] = {
    {"tmem_list", 2, 2, no_tmem},          {"tmem_freeze", 1, 1, no_tmem},
    {"tmem_thaw", 1, 1, no_tmem},          {"tmem_flush", 2, 2, no_tmem},
    {"tmem_destroy", 1, 1, no_tmem},       {"tmem_set_weight", 2, 2, no_tmem},
    {"tmem_set_cap", 2, 2, no_tmem},       {"tmem_set_compress", 2, 2, no_tmem},
    {"tmem_shared_auth", 3, 3, no_tmem},   {"tmem_query_freeable_mb", 0, 0, no_tmem},
    {"info", 0, 1, info, kReads},          {"dmesg.info", 0, 0, dmesg_info},
    {"dmesg.clear", 0, 0, dmesg_clear},    {"log", 0, 0, log_text},
    {"send_debug_keys", 1, 1, debug_keys}, {"pciinfo", 0, 0, pci_info},
};

}  // namespace

std::span<const Method> node_methods() {
  return kMethods;
}

}  // namespace xend
