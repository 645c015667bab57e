// What a config.sxp that is written again has of the one before it: all that nobody here knows, nothing that was
// changed.
#include "xend/domain/carried_over.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/domain/stored_config.h"

namespace xend {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kUuid[] = "3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1";

// The file that had `more` beside what every file has, written again after `change`: on one line.
std::string rewritten(
    const std::string& more, void (*change)(DomainConfig&) = [](DomainConfig&) {}) {
  const auto before =
      sxp::parse_one("(domain (name web1) (uuid " + std::string(kUuid) + ") (memory 512) " + more + ")");
  auto config = parse_stored(before);
  change(config);
  auto written = stored_sxp(config);
  carry_over(written, before);
  auto again = stored_sxp(parse_stored(written));
  carry_over(again, written);
  EXPECT_EQ(sxp::to_string(again), sxp::to_string(written)) << "it grows each time";
  return sxp::to_string(written);
}

TEST(CarriedOver, NothingOfNothing) {
  const auto config =
      parse_stored(sxp::parse_one("(domain (name web1) (uuid " + std::string(kUuid) + ") (memory 512))"));
  auto written = stored_sxp(config);
  carry_over(written, sxp::List());
  EXPECT_EQ(written, stored_sxp(config));
}

TEST(CarriedOver, WhatNobodyHereKnows) {
  for (const std::string element :
       {"(PV_kernel /boot/old)", "(other_config ((owner web) (rack 7)))", "(HVM_boot_params ())", "(target 0)",
        "(platform ((superpages 0)))", "(actions_after_crash restart)", "(site-note 'keep me')", "(a (b (c d) e) '')",
        "(cpuid_check (1 ((eax x))))", "bare", "()", "((nested head) 1)", "(note first) (note second)"})
    EXPECT_THAT(rewritten(element), HasSubstr(element)) << element;
}

TEST(CarriedOver, WhatIsOfOneMomentIsNot) {
  for (const std::string element : {"(domid 5)", "(status 2)", "(state -b----)", "(start_time 1288262400.42)",
                                    "(cpu_time 12.5)", "(store_mfn 169900)", "(online_vcpus 2)"})
    EXPECT_THAT(rewritten(element), Not(HasSubstr(element))) << element;
  EXPECT_THAT(rewritten("(image (linux (kernel /k) (notes (SUSPEND_CANCEL 1))))"), Not(HasSubstr("SUSPEND_CANCEL")));
}

TEST(CarriedOver, WhatHasChangedCounts) {
  const auto text =
      rewritten("(memory_static_max 536870912) (on_watchdog restart) (cpuid ((1 ((eax 0x1)))))", [](DomainConfig& c) {
        c.memory.value = c.maxmem.value = 1024;
        c.on_watchdog = Action::kDestroy;
        c.cpuid.clear();
      });
  EXPECT_THAT(text, HasSubstr("(memory_static_max 1073741824)"));
  EXPECT_THAT(text, Not(HasSubstr("536870912")));
  EXPECT_THAT(text, Not(HasSubstr("on_watchdog")));
  EXPECT_THAT(text, Not(HasSubstr("cpuid")));
}

// Asked for in words that the file has no more: the deprecated ones must not stand beside what they became.
TEST(CarriedOver, WordsThatHaveBecomeOthers) {
  const auto text = rewritten("(restart always) (localtime 1) (image (linux (kernel /k) (root /dev/xvda1) (args ro)))");
  EXPECT_THAT(text, HasSubstr("(on_poweroff restart)"));
  EXPECT_THAT(text, Not(HasSubstr("(restart always)")));
  EXPECT_THAT(text, HasSubstr("(image (linux (kernel /k) (args 'root=/dev/xvda1 ro') (localtime 1)"));
  EXPECT_THAT(text, Not(HasSubstr("(root ")));
}

TEST(CarriedOver, InTheImage) {
  const std::string image = "(image (linux (kernel /k) (superpages 0) (extid 0) (site (a b)) (vnc 1)))";
  EXPECT_THAT(rewritten(image), HasSubstr("(extid 0) (site (a b))"));
  const auto other = rewritten(
      image, [](DomainConfig& c) { std::erase(c.image.platform, std::pair<std::string, std::string>("vnc", "1")); });
  EXPECT_THAT(other, Not(HasSubstr("(vnc 1)")));
}

TEST(CarriedOver, TheCpusThatAXenApiClientAskedFor) {
  EXPECT_THAT(
      rewritten("(vcpus_params ((cap 25) (cpumap0 0-1) (weight 512)))", [](DomainConfig& c) { c.cpu_weight = 128; }),
      HasSubstr("(vcpus_params ((cap 25) (weight 128) (cpumap0 0-1)))"));
}

TEST(CarriedOver, KeysOfTheXenApiThatFitTheRest) {
  EXPECT_THAT(rewritten("(is_a_template True)"), HasSubstr("(is_a_template True)"));
  EXPECT_THAT(rewritten("(auto_power_on True)"), HasSubstr("(auto_power_on True)"));
  EXPECT_THAT(rewritten("(auto_power_on True)", [](DomainConfig& c) { c.on_xend_start = "ignore"; }),
              HasSubstr("(auto_power_on False)"));
  const std::string sizes =
      "(memory_static_min 134217728) (memory_dynamic_min 268435456) (memory_dynamic_max 536870912)";
  EXPECT_THAT(rewritten(sizes), HasSubstr("(memory_static_min 134217728)"));
  EXPECT_THAT(rewritten(sizes), HasSubstr("(memory_dynamic_min 268435456)"));
  const auto smaller = rewritten(sizes, [](DomainConfig& c) { c.memory.value = 64; });
  EXPECT_THAT(smaller, HasSubstr("(memory_static_min 0)"));
  EXPECT_THAT(smaller, HasSubstr("(memory_dynamic_min 67108864)"));
}

// The device classes keep texts only.
TEST(CarriedOver, ListsInDevices) {
  const auto completed = [](DomainConfig& c) { c.device_elements[0] = sxp::parse_one("(vfb (uuid aa) (vnc 1))"); };
  EXPECT_THAT(rewritten("(device (vfb (uuid aa) (vnc 1) (other_config ((vnc 1) (sdl 0)))))", completed),
              HasSubstr("(device (vfb (uuid aa) (vnc 1) (other_config ((vnc 1) (sdl 0)))))"));
  EXPECT_THAT(rewritten("(device (vfb (uuid bb) (vnc 1) (other_config ((vnc 1) (sdl 0)))))", completed),
              Not(HasSubstr("other_config")))
      << "it is another one";
}

// Of a class that is not served here: it is kept as it is.
TEST(CarriedOver, ADeviceThatNobodyHasCompleted) {
  const std::string device = "(device (vtpm (uuid aa) (instance 1) bare () (refs (a b))))";
  EXPECT_THAT(rewritten(device), HasSubstr(device));
}

// Somebody has copied lines by hand: which is which, nobody can tell.
TEST(CarriedOver, TwoDevicesWithOneUuid) {
  const std::string two = "(device (vtpm (uuid aa) (refs (a b)))) (device (vtpm (uuid aa) (other (c d))))";
  EXPECT_THAT(rewritten(two), HasSubstr(two));
}

TEST(CarriedOver, ADeviceThatWasTakenAwayStaysAway) {
  EXPECT_THAT(
      rewritten("(device (vif (uuid aa) (mac 00:16:3e:00:00:01)))", [](DomainConfig& c) { c.device_elements.clear(); }),
      Not(HasSubstr("vif")));
  EXPECT_THAT(rewritten("(device (pci (dev (domain 0) (bus 1)) (uuid aa)))",
                        [](DomainConfig& c) { c.device_elements[0] = sxp::parse_one("(pci (uuid aa))"); }),
              Not(HasSubstr("(bus 1)")));
  EXPECT_THAT(rewritten("(device (pci (dev (domain 0) (bus 1)) (dev (domain 0) (bus 2)) (uuid aa)))",
                        [](DomainConfig& c) {
                          c.device_elements[0] = sxp::parse_one("(pci (dev (domain 0) (bus 2)) (uuid aa))");
                        }),
              Not(HasSubstr("(bus 1)")));
}

}  // namespace
}  // namespace xend
