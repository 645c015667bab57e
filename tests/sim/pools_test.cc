// CPU pools, shares of the CPUs and the security module, as clients ask for them (spec protocols 3.4, xm-cli 2.4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "rpc/fault.h"
#include "sxp/parser.h"
#include "sxp/printer.h"
#include "tests/sim/life.h"
#include "xend/api/dispatcher.h"

namespace sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Pools : public Life {
 protected:
  rpc::Value call(const std::string& method, rpc::Array params = {}) {
    return xend::dispatch(*host.host, "xend." + method, params, {});
  }
  // The first line of the fault, the text that scripts know; "" when there is none.
  std::string fault(const std::string& method, rpc::Array params = {}) {
    const std::string text = error_of([&] { call(method, std::move(params)); });
    return text.substr(0, text.find('\n'));
  }
  static rpc::Value config(const std::string& text) { return rpc::from_sxp(sxp::parse_one("(pool " + text + ")")); }
  // "NAME scheduler y|n CPUS domains", one after another.
  std::string pools() {
    std::string text;
    const sxp::Value all = rpc::to_sxp(call("cpu_pool.list", {rpc::Array{}}));
    for (const sxp::Value& pool : all.as_list()) {
      const auto flat = [&](const char* name) {
        std::string items;
        for (const sxp::Value& item : sxp::children(*sxp::child(pool, name)))
          items += (items.empty() ? "" : ",") + item.text();
        return items;
      };
      text += (text.empty() ? "" : "; ") + *sxp::child_text(pool, "name_label") + " " +
              *sxp::child_text(pool, "sched_policy") + (flat("activated") == "True" ? " y " : " n ") +
              flat("host_CPU_numbers") + " " + flat("started_VM_names");
    }
    return text;
  }
  void free_cpus(const std::vector<std::string>& cpus) {
    for (const auto& cpu : cpus) call("cpu_pool.cpu_remove", {"Pool-0", cpu});
  }
  std::string state_file() {
    std::ifstream in(path("state/cpu_pool.xml"));
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
};

TEST_F(Pools, ThereIsOneFromTheStart) {
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1,2,3 Domain-0");
  EXPECT_EQ(host.store.read("/local/pool/0/name"), "Pool-0");
  const std::string uuid = host.store.read("/local/pool/0/uuid").value_or("");
  const sxp::Value all = rpc::to_sxp(call("cpu_pool.list"));
  EXPECT_EQ(sxp::head(all.as_list()[0]), uuid);  // and it keeps it
  EXPECT_THAT(sxp::to_string(all), HasSubstr("(ncpu 4) (host_CPU_numbers 0 1 2 3) (started_VM_names Domain-0)"));
}

TEST_F(Pools, CpusMoveFromOneToAnother) {
  EXPECT_EQ(fault("cpu_pool.create", {config("(name_label night) (sched_policy credit) (ncpu 1)")}),
            "['INSUFFICIENT_CPUS', '1', '0']");
  free_cpus({"2", "3"});
  EXPECT_EQ(fault("cpu_pool.create", {config("(name_label night) (sched_policy credit) (ncpu 1) (proposed_CPUs 3)")}),
            "");
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1 Domain-0; night credit y 3 ");
  EXPECT_EQ(fault("cpu_pool.cpu_add", {"night", "1"}).substr(0, 53),
            "['INVAILD_CPU', 'cpu already assigned to pool \"" +
                host.store.read("/local/pool/0/uuid").value_or("").substr(0, 6));
  EXPECT_EQ(fault("cpu_pool.cpu_add", {"night", "4"}), "['INVAILD_CPU', 'CPU unknown']");
  EXPECT_EQ(fault("cpu_pool.cpu_add", {"night", "2"}), "");
  EXPECT_EQ(fault("cpu_pool.cpu_remove", {"night", "1"}), "['INVAILD_CPU', 'CPU not assigned to pool']");
  EXPECT_EQ(fault("cpu_pool.cpu_remove", {"night", "3"}), "");
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1 Domain-0; night credit y 2 ");
  EXPECT_EQ(fault("cpu_pool.destroy", {"night"}), "");
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1 Domain-0");
  EXPECT_EQ(host.store.read("/local/pool/1/name"), std::nullopt);
  EXPECT_EQ(fault("cpu_pool.destroy", {"Pool-0"}), "['POOL_BAD_STATE', 'in use']");
}

// In no pool, CPUs would be of no use to anybody: what Xen refuses late leaves all of them where they were.
TEST_F(Pools, OneThatXenDoesNotLetGoKeepsItsCpus) {
  free_cpus({"1", "2", "3"});
  call("cpu_pool.create", {config("(name_label night) (sched_policy credit) (ncpu 3)")});
  const std::string before = "Pool-0 credit2 y 0 Domain-0; night credit y 1,2,3 ";
  ASSERT_EQ(pools(), before);
  host.xen.fail_next("destroy_pool", EBUSY);
  EXPECT_EQ(error_of([&] { call("cpu_pool.destroy", {"night"}); }),
            "['POOL_BAD_STATE', 'in use']\nXen does not let CPU pool night go, and it stays as it is: "
            "destroy_pool: Device or resource busy (16)");
  EXPECT_EQ(pools(), before);
  EXPECT_EQ(host.store.read("/local/pool/1/name"), "night");
  host.xen.fail_next("remove_cpu_from_pool", EBUSY);
  EXPECT_EQ(fault("cpu_pool.destroy", {"night"}), "['POOL_BAD_STATE', 'in use']");
  EXPECT_EQ(pools(), before);
  EXPECT_EQ(fault("cpu_pool.destroy", {"night"}), "");
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0 Domain-0");
}

TEST_F(Pools, GuestsLiveInTheOneTheyName) {
  free_cpus({"2", "3"});
  call("cpu_pool.create", {config("(name_label night) (sched_policy credit) (ncpu 1)")});
  const std::string image = "(memory 64) (image (linux (kernel /proc/version) (type pvh)))";
  EXPECT_EQ(create("(vm (name lost) (pool_name nosuch) " + image + ")"), "unknown pool nosuch");
  call("cpu_pool.new", {config("(name_label asleep)")});
  EXPECT_EQ(create("(vm (name lost) (pool_name asleep) " + image + ")"), "pool asleep not activated");
  EXPECT_EQ(host.list(), "");
  EXPECT_EQ(create("(vm (name owl) (pool_name night) " + image + ")"), "");
  call("domain.setName", {"owl", "0"});  // a name like an id is nobody's id
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1 Domain-0; night credit y 2 0; asleep credit2 n  ");
  call("domain.setName", {"0", "owl"});
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1 Domain-0; night credit y 2 owl; asleep credit2 n  ");
  EXPECT_THAT(sxp::to_string(rpc::to_sxp(call("domain", {"owl"}))), HasSubstr("(pool_name night)"));

  EXPECT_EQ(fault("cpu_pool.destroy", {"night"}), "['POOL_BAD_STATE', 'in use']");
  EXPECT_EQ(fault("cpu_pool.cpu_remove", {"night", "2"}), "['LAST_CPU_NOT_REMOVEABLE', 'could not remove last cpu']");
  EXPECT_EQ(fault("cpu_pool.migrate", {"owl", "nosuch"}), "unknown pool nosuch");
  EXPECT_EQ(fault("cpu_pool.migrate", {"nosuch", "night"}), "unknown domain nosuch");
  EXPECT_EQ(fault("cpu_pool.migrate", {"0", "night"}), "could not move Domain-0");
  EXPECT_EQ(fault("cpu_pool.migrate", {"owl", "asleep"}), "could not move domain");
  EXPECT_EQ(fault("cpu_pool.migrate", {"owl", "Pool-0"}), "");
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1 Domain-0,owl; night credit y 2 ; asleep credit2 n  ");
  EXPECT_THAT(sxp::to_string(rpc::to_sxp(call("domain", {"owl"}))), HasSubstr("(pool_name Pool-0)"));
  EXPECT_EQ(host.store.read(guest("owl")->state().vm_path + "/pool_name"), "Pool-0");
  EXPECT_EQ(guest("owl")->state().config.pool_name, "Pool-0");
}

TEST_F(Pools, ManagedOnesOutliveTheDaemon) {
  free_cpus({"3"});
  EXPECT_EQ(fault("cpu_pool.new", {config("(name_label day) (sched_policy credit) (ncpu 1) (proposed_CPUs 3) "
                                          "(auto_power_on 1) (other_config (owner ops))")}),
            "");
  EXPECT_THAT(state_file(), HasSubstr("<name_label type=\"string\">day</name_label>"));
  EXPECT_THAT(state_file(), HasSubstr("<item key=\"owner\" type=\"string\" value=\"ops\"/>"));
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1,2 Domain-0; day credit n  ");
  host.restart_daemon();
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1,2 Domain-0; day credit n  ");
  call("cpu_pool.new", {config("(name_label spare) (ncpu 0)")});
  host.host->pools->recover();  // what the daemon does at its start
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1,2 Domain-0; day credit y 3 ; spare credit2 n  ");
  call("cpu_pool.delete", {"spare"});
  EXPECT_EQ(host.store.read("/local/pool/1/other_config/owner"), "ops");
  EXPECT_EQ(fault("cpu_pool.start", {"day"}), "['POOL_BAD_STATE', 'activated']");
  EXPECT_EQ(fault("cpu_pool.delete", {"day"}), "['POOL_BAD_STATE', 'activated']");

  free_cpus({"2"});
  call("cpu_pool.cpu_add", {"day", "2"});
  EXPECT_THAT(state_file(), HasSubstr("<ncpu type=\"int\">2</ncpu>"));
  call("cpu_pool.destroy", {"day"});
  EXPECT_EQ(fault("cpu_pool.cpu_add", {"day", "2"}), "['POOL_BAD_STATE', 'deactivated']");
  EXPECT_EQ(fault("cpu_pool.start", {"day"}), "");
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1 Domain-0; day credit y 2,3 ");
  call("cpu_pool.destroy", {"day"});
  EXPECT_EQ(fault("cpu_pool.delete", {"day"}), "");
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1 Domain-0");
}

TEST_F(Pools, NothingIsLeftOfOneThatCannotBeMade) {
  free_cpus({"2", "3"});
  host.xen.fail_next("add_cpu_to_pool", EBUSY);
  EXPECT_EQ(fault("cpu_pool.create", {config("(name_label night) (sched_policy credit) (ncpu 2)")}),
            "(16, 'Device or resource busy')");
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1 Domain-0");
  EXPECT_EQ(host.store.read("/local/pool/1/name"), std::nullopt);
}

TEST_F(Pools, WrongOnesAreRefused) {
  EXPECT_EQ(fault("cpu_pool.new", {config("(name_label Pool-0)")}),
            "['PARAMETER_ERROR', 'Pool name \"Pool-0\" already exists']");
  EXPECT_EQ(fault("cpu_pool.new", {config("(name_label 'a b')")}), "['PARAMETER_ERROR', 'Invalid Pool Name']");
  EXPECT_EQ(fault("cpu_pool.new", {config("(name_label '')")}), "['PARAMETER_ERROR', 'Missing Pool Name']");
  EXPECT_EQ(fault("cpu_pool.new", {config("(name_label x) (ncpu -1)")}), "['PARAMETER_ERROR', 'ncpu']");
  EXPECT_EQ(fault("cpu_pool.create", {config("(name_label x) (sched_policy sedf) (ncpu 0)")}),
            "['UNKOWN_SCHED_POLICY']");
  for (const char* method : {"start", "destroy", "delete"})
    EXPECT_EQ(fault(std::string("cpu_pool.") + method, {"nosuch"}), "unknown pool nosuch");
  std::filesystem::create_directories(path("state"));
  std::ofstream(path("state/cpu_pool.xml")) << "<cpu_pools><cpu_pool";
  EXPECT_THAT(fault("cpu_pool.new", {config("(name_label x)")}), HasSubstr("cpu_pool.xml is not XML"));
  EXPECT_EQ(pools(), "Pool-0 credit2 y 0,1,2,3 Domain-0");  // and guests still start
}

TEST_F(Pools, SharesOfTheCpus) {
  host.start_guest("TestGuest");
  const auto shown = [&](const char* method) { return sxp::to_string(rpc::to_sxp(call(method, {"TestGuest"}))); };
  EXPECT_EQ(shown("domain.sched_credit_get"), "((weight 256) (cap 0))");
  EXPECT_EQ(call("domain.sched_credit_set", {"TestGuest", 512, rpc::Value()}), rpc::Value(0));
  EXPECT_EQ(call("domain.sched_credit_set", {"TestGuest", rpc::Value(), 50}), rpc::Value(0));
  EXPECT_EQ(shown("domain.sched_credit_get"), "((weight 512) (cap 50))");
  EXPECT_EQ(call("domain.sched_credit2_set", {"TestGuest", 300}), rpc::Value(0));
  EXPECT_EQ(shown("domain.sched_credit2_get"), "((weight 300))");
  EXPECT_THAT(shown("domain"), HasSubstr("(cpu_weight 300) (cpu_cap 50)"));
  for (const int weight : {0, 65536, -1}) {
    EXPECT_EQ(fault("domain.sched_credit_set", {"TestGuest", weight}),
              "Cpu weight out of range, valid values are within range from 1 to 65535");
    EXPECT_EQ(fault("domain.sched_credit2_set", {"TestGuest", weight}), "weight is out of range");
  }
  EXPECT_EQ(fault("domain.sched_credit_set", {"TestGuest", rpc::Value(), 101}),
            "Cpu cap out of range, valid range is from 0 to 100 for specified number of vcpus");
  EXPECT_EQ(fault("domain.sched_credit_set", {"0", rpc::Value(), 400}), "");  // dom0 has four vcpus here
  EXPECT_EQ(fault("domain.cpu_sedf_get", {"TestGuest"}), "(38, 'Function not implemented')");
  EXPECT_EQ(fault("node.tmem_list", {-1, false}), "(38, 'Function not implemented')");
}

TEST_F(Pools, WithoutASecurityModule) {
  EXPECT_EQ(call("security.on"), rpc::unknown_method("xend.security.on"));
  EXPECT_EQ(call("security.getenforce"), rpc::unknown_method("xend.security.getenforce"));
  EXPECT_EQ(call("security.get_xstype"), rpc::Value(0));
  EXPECT_EQ(call("security.get_domain_label", {"nosuch"}), rpc::Value(""));
  EXPECT_EQ(call("security.get_policy"), rpc::Value(rpc::Array{"", 0}));
  EXPECT_EQ(call("security.list_labels", {rpc::Value(), rpc::Value()}), rpc::Value(rpc::Array{}));
  EXPECT_EQ(fault("security.set_domain_label", {"0", "a", "b"}), "Command not supported under XSM 'dummy' module.");
  EXPECT_EQ(fault("security.set_policy", {2, "", 3, 1}), "Command not supported under XSM 'dummy' module.");
}

TEST_F(Pools, WithFlask) {
  host.xen.has_flask(true);
  EXPECT_EQ(call("security.on"), rpc::Value(2));
  EXPECT_EQ(call("security.getenforce"), rpc::Value(1));
  EXPECT_EQ(call("security.setenforce", {0}), rpc::Value(0));
  EXPECT_EQ(call("security.getenforce"), rpc::Value(0));
  EXPECT_EQ(call("security.get_domain_label", {"0"}), rpc::Value("system_u:system_r:sid_0"));
  EXPECT_EQ(call("security.set_policy", {2, "AQIDBA==", 3, 1}), rpc::Value(rpc::Array{0, ""}));
  EXPECT_EQ(host.xen.calls().back(), "load_flask_policy 4");
  for (const char* wrong : {"AQIDB", "AQ=DBA==", "A===", "AQI\nDBAA"})
    EXPECT_EQ(fault("security.set_policy", {2, wrong, 3, 1}), "The policy is not in base64.") << wrong;
}

TEST_F(Pools, ClassesThatNothingServes) {
  host.start_guest("TestGuest");
  EXPECT_EQ(fault("domain.device_create", {"TestGuest", rpc::Array{"vusb", rpc::Array{"usb-ver", 2}}}),
            "Device 0 (vusb) could not be connected. Backend device not found.");
  EXPECT_EQ(fault("domain.device_configure", {"TestGuest", rpc::Array{"vscsi", rpc::Array{"feature-host", 0}}}),
            "vscsi: there is no device in the request");
  EXPECT_EQ(fault("domain.destroyDevice", {"TestGuest", "vusb", "0", false, true}),
            "Device 0 (vusb) could not be connected. Backend device not found.");
  EXPECT_EQ(call("domain.getDeviceSxprs", {"TestGuest", "vscsi"}), rpc::Value(rpc::Array{}));
  EXPECT_EQ(fault("domain.usb_add", {"TestGuest", "host:1.2"}), "Can't add usb device to a non-hvm guest");
  EXPECT_EQ(fault("domain.usb_del", {"TestGuest", "host:1.2"}), "Can't del usb to a non-hvm guest");
  EXPECT_EQ(create("(vm (name hvm) (memory 64) (image (hvm (kernel hvmloader))))"), "");
  EXPECT_EQ(fault("domain.usb_add", {"hvm", "host:1.2"}),
            "Can't add usb device to a guest with usb disabled in configure file");
}

}  // namespace
}  // namespace sim
