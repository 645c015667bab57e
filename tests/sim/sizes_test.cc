// Memory and vcpus of a running guest, as clients change them (spec domain-lifecycle section 17).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "rpc/fault.h"
#include "sxp/parser.h"
#include "sxp/printer.h"
#include "tests/sim/sim_host.h"
#include "xend/api/dispatcher.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/save.h"
#include "xend/domain/vcpu_changes.h"
#include "xend/error.h"

namespace sim {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

class Sizes : public testing::Test {
 protected:
  void start(const std::string& more) {
    xend::create_domain(*host.host, sxp::parse_one("(vm (name TestGuest) (image (linux (kernel /proc/version) (type "
                                                   "pvh))) " +
                                                   more + ")"));
    xend::unpause_domain(*host.host, *guest());
  }
  std::shared_ptr<xend::Domain> guest() { return host.host->domains.get("TestGuest"); }
  rpc::Value call(const std::string& method, rpc::Array params) {
    return xend::dispatch(*host.host, "xend.domain." + method, params, {});
  }
  // The text of the fault; "" when there is none.
  std::string fault(const std::string& method, rpc::Array params) {
    try {
      call(method, std::move(params));
    } catch (const rpc::Fault& e) {
      return e.what();
    }
    return "";
  }
  std::string node(const std::string& path) {
    return host.store.read("/local/domain/" + std::to_string(guest()->running_domid()) + "/" + path).value_or("none");
  }
  std::string availability() {
    std::string text;
    for (unsigned i = 0; i < guest()->state().config.vcpus; ++i)
      text += node("cpu/" + std::to_string(i) + "/availability") == "online" ? '1' : '0';
    return text;
  }
  void configure(std::uint64_t dom0_min_mib, bool ballooning, unsigned dom0_cpus = 0) {
    xend::Options changed;
    changed.dom0_min_mem = xc::MiB{dom0_min_mib};
    changed.enable_dom0_ballooning = ballooning;
    changed.dom0_cpus = dom0_cpus;
    host.options.set(changed);
  }

  SimHost host;
};

TEST_F(Sizes, MemoryUpAndDown) {
  start("(memory 128) (maxmem 256)");
  EXPECT_EQ(node("memory/target"), "131072");
  EXPECT_EQ(fault("setMemoryTarget", {"TestGuest", 200}), "");
  EXPECT_EQ(node("memory/target"), "204800");
  EXPECT_EQ(host.store.read(guest()->state().vm_path + "/memory"), "200");
  EXPECT_THAT(host.xen.calls(), Contains("set_memory_target 1 204800"));
  EXPECT_EQ(fault("setMemoryTarget", {1, 18}), "");
  EXPECT_EQ(node("memory/target"), "18432");
  host.restart_daemon();
  EXPECT_EQ(guest()->state().config.memory.value, 18u);
  EXPECT_EQ(guest()->state().config.maxmem.value, 256u);
}

TEST_F(Sizes, MemoryThatCannotBe) {
  start("(memory 128) (maxmem 256)");
  EXPECT_THAT(fault("setMemoryTarget", {"TestGuest", 257}),
              StartsWith("memory_dynamic_max must be less than or equal to memory_static_max"));
  EXPECT_EQ(fault("setMemoryTarget", {"TestGuest", 0}), "memory_dynamic_max must be greater than zero");
  EXPECT_EQ(fault("setMemoryTarget", {"TestGuest", -5}), "memory_dynamic_max must be greater than zero");
  EXPECT_EQ(fault("maxmem_set", {"TestGuest", 0}), "memory_static_max must be greater than zero");
  EXPECT_THAT(fault("maxmem_set", {"TestGuest", 127}),
              StartsWith("memory_dynamic_max must be less than or equal to memory_static_max"));
  host.xen.change_domain(0, [](xc::DomainInfo& info) { info.memory = xc::MiB{3900}; });
  EXPECT_THAT(fault("setMemoryTarget", {"TestGuest", 256}), StartsWith("Not enough free memory"));
  EXPECT_EQ(node("memory/target"), "131072");
  EXPECT_EQ(guest()->state().config.memory.value, 128u);
}

TEST_F(Sizes, TheLimitIsSetInXenAndKeptWhenXenRefuses) {
  start("(memory 128)");
  EXPECT_EQ(fault("maxmem_set", {"TestGuest", 300}), "");
  EXPECT_EQ(host.xen.domain(1)->max_memory, xc::KiB{300 * 1024 + 1024});
  host.xen.fail_next("set_max_memory", EINVAL);
  EXPECT_NE(fault("maxmem_set", {"TestGuest", 400}), "");
  EXPECT_EQ(guest()->state().config.maxmem.value, 300u);
  EXPECT_EQ(fault("setMemoryTarget", {"TestGuest", 300}), "");
}

TEST_F(Sizes, Dom0GivesMemoryForAGuestThatGrows) {
  configure(256, true);
  start("(memory 128) (maxmem 3500)");
  EXPECT_EQ(fault("setMemoryTarget", {"TestGuest", 3300}), "");
  EXPECT_THAT(host.dom0_memory.targets(), testing::ElementsAre(1024u - (3300 - 128 - (4096 - 1024 - 128))));
}

TEST_F(Sizes, Dom0sOwnMemory) {
  configure(512, true);
  EXPECT_EQ(fault("setMemoryTarget", {"0", 700}), "");
  EXPECT_THAT(host.dom0_memory.targets(), testing::ElementsAre(700u));
  EXPECT_THAT(fault("setMemoryTarget", {"Domain-0", 511}), StartsWith("memory_dynamic_max too small"));
  EXPECT_THAT(fault("setMemoryTarget", {"Domain-0", 5000}), StartsWith("memory_dynamic_max must be less"));
  EXPECT_EQ(fault("setMemoryTarget", {"Domain-0", 600}), "");
}

TEST_F(Sizes, VcpusAreOfferedAndTakenBack) {
  start("(memory 64) (vcpus 4) (vcpu_avail 3)");
  EXPECT_EQ(availability(), "1100");
  EXPECT_EQ(fault("setVCpuCount", {"TestGuest", 3}), "");
  EXPECT_EQ(availability(), "1110");
  EXPECT_EQ(fault("setVCpuCount", {"TestGuest", 0}), "Zero or less VCPUs is invalid");
  EXPECT_THAT(fault("setVCpuCount", {"TestGuest", 5}),
              StartsWith("Cannot set vcpus greater than max vcpus on running domain"));
  host.restart_daemon();
  xend::save_domain(*host.host, guest(), (host.folder / "saved").string(), false);
  xend::restore_domain(*host.host, (host.folder / "saved").string(), false);
  EXPECT_EQ(availability(), "1110");
}

TEST_F(Sizes, PinnedAndStillPinnedAfterwards) {
  start("(memory 64) (vcpus 2)");
  EXPECT_EQ(call("pincpu", {"TestGuest", 1, "0,2"}), rpc::Value(0));
  EXPECT_EQ(host.xen.vcpus(1, 2)[1].affinity, (std::vector<unsigned>{0, 2}));
  EXPECT_EQ(call("pincpu", {"TestGuest", "all", "1"}), rpc::Value(0));
  EXPECT_EQ(host.xen.vcpus(1, 2)[0].affinity, (std::vector<unsigned>{1}));
  EXPECT_THAT(fault("pincpu", {"TestGuest", 0, "0,7"}), StartsWith("Cannot pin vcpu: 0 to cpu: [0, 7] - "));
  EXPECT_THAT(fault("pincpu", {"TestGuest", "x", "0"}), HasSubstr("'x' is neither the number of a VCPU nor 'all'"));
  EXPECT_THAT(fault("pincpu", {"TestGuest", 0, "zero"}), HasSubstr("not a list of CPUs"));
  host.restart_daemon();
  EXPECT_EQ(guest()->state().config.cpus, (std::vector<std::vector<unsigned>>{{1}, {1}}));
}

// Changes that come at once are all in the note that the next daemon reads.
TEST_F(Sizes, NoChangeIsLostToAnother) {
  start("(memory 64) (maxmem 128) (vcpus 4)");
  for (unsigned round = 0; round < 20; ++round) {
    std::vector<std::thread> all;
    all.emplace_back([&] { fault("setMemoryTarget", {"TestGuest", 64 + round}); });
    all.emplace_back([&] { fault("setVCpuCount", {"TestGuest", round % 4 + 1}); });
    for (unsigned vcpu = 0; vcpu < 4; ++vcpu)
      all.emplace_back([&, vcpu] { fault("pincpu", {"TestGuest", vcpu, std::to_string(round % 4)}); });
    for (auto& thread : all) thread.join();
    const auto noted = host.host->running_state.load();
    ASSERT_EQ(noted.size(), 1u);
    EXPECT_EQ(noted[0].config.memory.value, 64 + round);
    EXPECT_EQ(noted[0].config.vcpu_avail & 0xf, (1u << (round % 4 + 1)) - 1);
    EXPECT_EQ(noted[0].config.cpus, (std::vector<std::vector<unsigned>>(4, {round % 4})));
  }
}

TEST_F(Sizes, TriggersInAnyCase) {
  start("(memory 64)");
  EXPECT_EQ(fault("send_trigger", {"TestGuest", "NMI", 0}), "");
  EXPECT_THAT(host.xen.calls(), Contains("send_trigger 1 nmi 0"));
  EXPECT_EQ(fault("send_trigger", {"TestGuest", "Kick"}), "Invalid trigger: Kick");
}

TEST_F(Sizes, Dom0sVcpusAreAskedOfXen) {
  const auto info = rpc::to_sxp(call("getVCPUInfo", {"Domain-0"}));
  EXPECT_EQ(sxp::children_named(info, "vcpu").size(), 4u);
  EXPECT_EQ(fault("setVCpuCount", {"Domain-0", 2}), "");
  EXPECT_EQ(host.store.read("/local/domain/0/cpu/2/availability"), "offline");
  configure(0, false, 1);
  xend::limit_dom0_vcpus(*host.host);
  EXPECT_EQ(host.store.read("/local/domain/0/cpu/0/availability"), "online");
  EXPECT_EQ(host.store.read("/local/domain/0/cpu/1/availability"), "offline");
  // No note of dom0 is left for the next daemon to take it for a guest that ended.
  host.restart_daemon();
  EXPECT_EQ(host.xen.domains().size(), 1u);
  EXPECT_EQ(host.host->domains.get("0")->name(), "Domain-0");
}

}  // namespace
}  // namespace sim
