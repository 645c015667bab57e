// The `(domain ...)` that clients read: order of elements, state letters, and that a reader gets back what was written.
#include "xend/domain/domain_sxp.h"

#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "sxp/printer.h"

namespace xend {
namespace {

DomainState running_guest() {
  DomainState d;
  d.config = DomainConfig::parse(sxp::parse_one(
      "(vm (name web1) (memory 512) (vcpus 2) (uuid 3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1)"
      " (image (linux (kernel /k) (args 'root=/dev/xvda1 ro') (tsc_mode 0) (nomigrate 0) (type pvh))))"));
  d.config.devices.push_back({"vif", 0, sxp::parse_one("(vif (mac 00:16:3e:00:00:01))")});
  d.name = d.config.name;
  d.domid = 5;
  d.start_time = 1288262400.42;
  d.store_frame = 169900;
  d.console_frame = 169899;
  return d;
}

xc::DomainInfo blocked() {
  xc::DomainInfo info;
  info.domid = 5;
  info.blocked = true;
  info.cpu_time_ns = 12'345'678'901;
  info.online_vcpus = 2;
  return info;
}

TEST(DomainSxp, PrintsWhatTheClassicListPrinted) {
  EXPECT_EQ(sxp::pretty(domain_sxp(running_guest(), blocked(), {.devices = true})), R"((domain
    (domid 5)
    (cpu_weight 256)
    (cpu_cap 0)
    (pool_name Pool-0)
    (bootloader '')
    (vcpus 2)
    (cpus (() ()))
    (on_poweroff destroy)
    (description '')
    (on_crash restart)
    (uuid 3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1)
    (bootloader_args '')
    (name web1)
    (on_reboot restart)
    (maxmem 512)
    (memory 512)
    (shadow_memory 0)
    (features '')
    (on_xend_start ignore)
    (on_xend_stop ignore)
    (start_time 1288262400.42)
    (cpu_time 12.345678901)
    (online_vcpus 2)
    (image
        (linux
            (kernel /k)
            (args 'root=/dev/xvda1 ro')
            (nomigrate 0)
            (tsc_mode 0)
            (type pvh)
        )
    )
    (status 2)
    (state -b----)
    (store_mfn 169900)
    (console_mfn 169899)
    (device (vif (mac 00:16:3e:00:00:01)))
)
)");
}

TEST(DomainSxp, IsReadBackAsTheSameConfiguration) {
  const auto written = domain_sxp(running_guest(), blocked(), {.devices = true, .vcpu_avail = true});
  const auto read = DomainConfig::parse(sxp::parse_one(sxp::to_string(written)));
  EXPECT_EQ(read.name, "web1");
  EXPECT_EQ(read.type, xc::GuestType::kPvh);
  EXPECT_EQ(read.image.args, "root=/dev/xvda1 ro");
  EXPECT_EQ(read.memory, xc::MiB{512});
  EXPECT_EQ(read.cpus, (std::vector<std::vector<unsigned>>{{}, {}}));
  ASSERT_EQ(read.device_elements.size(), 1u);
}

TEST(DomainSxp, StateLetters) {
  xc::DomainInfo info;
  EXPECT_EQ(state_text(info), "------");
  info.running = true;
  EXPECT_EQ(state_text(info), "r-----");
  info = {};
  info.paused = true;
  EXPECT_EQ(state_text(info), "--p---");
  info = {};
  info.shutdown = true;
  EXPECT_EQ(state_text(info), "---s--");
  info.reason = xc::ShutdownReason::kCrash;
  EXPECT_EQ(state_text(info), "----c-");
}

TEST(DomainSxp, PowerStates) {
  xc::DomainInfo info;
  EXPECT_EQ(power_state(std::nullopt), PowerState::kHalted);
  EXPECT_EQ(power_state(info), PowerState::kRunning);
  info.paused = true;
  EXPECT_EQ(power_state(info), PowerState::kPaused);
  info = {};
  info.shutdown = true;
  info.reason = xc::ShutdownReason::kCrash;
  EXPECT_EQ(power_state(info), PowerState::kCrashed);
}

}  // namespace
}  // namespace xend
