// What can be done to one domain over HTTP (spec protocols 4.4). An operation is added by a line.
#include "xend/api/http_face/operation.h"

namespace xend {

namespace {

using Kind = FormParameter::Kind;

// Parameters that 4.x demands and clients of 3.x do not send have a fallback; "" is nil.
constexpr HttpOperation kOperations[] = {
    // name, status, does it stay, method, parameters in the method's order
    {"unpause", 200, false, "unpause"},
    {"pause", 200, false, "pause"},
    {"rename", 202, false, "setName", {{{"name"}}}},
    {"shutdown", 202, false, "shutdown", {{{"reason"}}}},
    {"destroy", 202, false, "destroy"},
    {"delete", 202, false, "delete"},
    {"start", 202, false, "start", {{{"paused", Kind::kTruth, "0"}}}},
    {"reset", 202, false, "reset"},
    {"sysrq", 202, false, "send_sysrq", {{{"key", Kind::kInt}}}},
    {"wait_for_devices", 202, false, "waitForDevices"},
    {"save", 202, true, "save", {{{"file"}}}},
    {"dump",
     202,
     true,
     "dump",
     {{{"file"}, {"live", Kind::kTruth, "0"}, {"crash", Kind::kTruth, "0"}, {"reset", Kind::kTruth, "0"}}}},
    {"migrate",
     200,
     true,
     "migrate",
     {{{"destination"},
       {"live", Kind::kTruth, "0"},
       {"port", Kind::kInt, "0"},
       {"node", Kind::kInt, "-1"},
       {"ssl", Kind::kTruth, ""},
       {"change_home_server", Kind::kTruth, "0"}}}},
    {"pincpu", 200, false, "pincpu", {{{"vcpu"}, {"cpumap"}}}},
    {"vcpuinfo", 200, false, "getVCPUInfo"},
    {"set_vcpus", 200, false, "setVCpuCount", {{{"vcpus", Kind::kInt}}}},
    {"maxmem_set", 200, false, "maxmem_set", {{{"memory", Kind::kInt}}}},
    {"mem_target_set", 200, false, "setMemoryTarget", {{{"target", Kind::kInt}}}},
    {"domain_sched_credit_get", 200, false, "sched_credit_get"},
    {"domain_sched_credit_set",
     200,
     false,
     "sched_credit_set",
     {{{"weight", Kind::kInt, ""}, {"cap", Kind::kInt, ""}}}},
    {"domain_sched_credit2_get", 200, false, "sched_credit2_get"},
    {"domain_sched_credit2_set", 200, false, "sched_credit2_set", {{{"weight", Kind::kInt, ""}}}},
    {"cpu_sedf_get", 200, false, "cpu_sedf_get"},
    {"cpu_sedf_set",
     200,
     false,
     "cpu_sedf_set",
     {{{"period", Kind::kInt},
       {"slice", Kind::kInt},
       {"latency", Kind::kInt},
       {"extratime", Kind::kInt},
       {"weight", Kind::kInt}}}},
    {"configure", 200, false, nullptr},
    {"devices", 200, false, "getDeviceSxprs", {{{"type"}}}},
    {"device_create", 200, false, "device_create", {{{"config", Kind::kSxp}}}},
    {"device_destroy",
     200,
     false,
     "destroyDevice",
     {{{"type"}, {"dev"}, {"force", Kind::kTruth, "0"}, {"rm_cfg", Kind::kTruth, "0"}}}},
    {"device_configure", 200, false, "device_configure", {{{"config", Kind::kSxp}, {"dev", Kind::kText, ""}}}},
    {"vif_limit_set", 200, false, nullptr},
    {"usb_add", 200, false, "usb_add", {{{"dev_id"}}}},
    {"usb_del", 200, false, "usb_del", {{{"dev_id"}}}},
    {"do_get_pauseflag", 200, false, "getpauseflag"},
    {"do_set_pauseflag", 200, false, "setpauseflag", {{{"flag", Kind::kTruth}}}},
};

}  // namespace

std::span<const HttpOperation> domain_operations() {
  return kOperations;
}

}  // namespace xend
