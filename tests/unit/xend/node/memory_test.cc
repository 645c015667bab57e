// Finding memory for a domain, dom0 giving some: the arithmetic, the tries and the texts of spec domain-lifecycle
// section 6, on a dom0 that obeys as far as each test lets it. The host has 4096 MiB, dom0 1024 of them.
#include "xend/node/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "tests/fakes/fake_dom0_memory.h"
#include "tests/fakes/fake_store.h"
#include "xend/error.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Memory : public testing::Test {
 protected:
  void configure(std::uint64_t dom0_min_mib, bool ballooning) {
    Options changed;
    changed.dom0_min_mem = xc::MiB{dom0_min_mib};
    changed.enable_dom0_ballooning = ballooning;
    options.set(changed);
  }

  // The first line of what it throws, or "".
  std::string reserve(xc::KiB need) {
    try {
      shares.push_back(ledger.reserve(need, "web1"));
      return "";
    } catch (const Error& e) {
      const std::string text = e.what();
      return text.substr(0, text.find('\n'));
    }
  }

  std::chrono::milliseconds slept() const {
    std::chrono::milliseconds sum{0};
    for (const auto time : pauses) sum += time;
    return sum;
  }

  fakes::FakeHypervisor xen;
  fakes::FakeDom0Memory dom0{xen};
  CurrentOptions options{Options{}};
  std::vector<std::chrono::milliseconds> pauses;
  std::function<void()> meanwhile = [] {};
  MemoryLedger ledger{xen, dom0, options, [this](std::chrono::milliseconds time) {
                        pauses.push_back(time);
                        meanwhile();
                      }};
  std::vector<MemoryReservation> shares;
};

TEST_F(Memory, WhatIsFreeIsTakenAtOnce) {
  EXPECT_EQ(reserve(xc::MiB{3072}), "");
  EXPECT_THAT(pauses, IsEmpty());
  EXPECT_THAT(dom0.targets(), IsEmpty());
}

TEST_F(Memory, NobodyIsPromisedWhatAnotherHas) {
  EXPECT_EQ(reserve(xc::MiB{2048}), "");
  EXPECT_THAT(reserve(xc::MiB{1025}), StartsWith("Not enough free memory"));
  EXPECT_EQ(reserve(xc::MiB{1024}), "");
  shares.clear();
  EXPECT_EQ(reserve(xc::MiB{3072}), "");
}

TEST_F(Memory, WithoutBallooningDom0KeepsWhatItHas) {
  configure(256, false);
  shares.push_back(ledger.reserve(xc::MiB{1000}, "first"));
  EXPECT_EQ(reserve(xc::MiB{2500}),
            "Not enough free memory and enable-dom0-ballooning is False, so I cannot release any more.  I need 2560000 "
            "KiB but only have 2121728.");
  EXPECT_THAT(dom0.targets(), IsEmpty());
  // 0.1, 0.2, ... 2.1 s: time for a guest that is just ending.
  EXPECT_EQ(pauses.size(), 21u);
  EXPECT_EQ(slept(), std::chrono::milliseconds(23100));
}

// What would not fit if all other guests were gone is refused at once.
TEST_F(Memory, WhatCanNeverFitIsNotWaitedFor) {
  EXPECT_EQ(reserve(xc::MiB{4000}),
            "Not enough free memory and enable-dom0-ballooning is False, so I cannot release any more.  I need 4096000 "
            "KiB but only have 3145728.");
  configure(256, true);
  EXPECT_EQ(reserve(xc::MiB{4000}),
            "I need 4096000 KiB, but dom0_min_mem is 262144 and shrinking to 262144 KiB would leave only 3932160 KiB "
            "free.");
  EXPECT_THAT(pauses, IsEmpty());
}

TEST_F(Memory, AGuestThatEndsMeanwhileMakesRoom) {
  const auto other = xen.create_domain({xc::Uuid::random(), xc::GuestType::kPv, 1, 0, 0});
  xen.populate(other, xc::MiB{2000});
  meanwhile = [&] {
    if (pauses.size() == 3) xen.destroy(other);
  };
  EXPECT_EQ(reserve(xc::MiB{2048}), "");
  EXPECT_EQ(pauses.size(), 3u);
}

TEST_F(Memory, Dom0GivesWhatIsMissing) {
  configure(256, true);
  EXPECT_EQ(reserve(xc::MiB{3172}), "");
  EXPECT_THAT(dom0.targets(), ElementsAre(924u));
  EXPECT_EQ(pauses.size(), 1u);
}

TEST_F(Memory, Dom0IsNotAskedBelowItsMinimum) {
  configure(900, true);
  shares.push_back(ledger.reserve(xc::MiB{2000}, "first"));
  EXPECT_EQ(reserve(xc::MiB{1200}),
            "I need 1228800 KiB, but dom0_min_mem is 921600 and shrinking to 921600 KiB would "
            "leave only 1224704 KiB free.");
  EXPECT_THAT(dom0.targets(), IsEmpty());
}

// Its driver stops halfway: it gets back what it has.
TEST_F(Memory, Dom0ThatCannotShrinkIsLeftAlone) {
  configure(256, true);
  dom0.stick_at(xc::MiB{1000});
  EXPECT_EQ(reserve(xc::MiB{3200}), "Not enough memory is available, and dom0 cannot be shrunk any further");
  EXPECT_THAT(dom0.targets(), ElementsAre(896u, 1000u));
  EXPECT_GE(pauses.size(), 21u);
}

TEST_F(Memory, WhatIsBeingScrubbedIsOnlyWaitedFor) {
  configure(256, true);
  const auto other = xen.create_domain({xc::Uuid::random(), xc::GuestType::kPv, 1, 0, 0});
  xen.populate(other, xc::MiB{2000});
  xen.change_host([](xc::HostInfo& host) { host.scrub_kib = xc::MiB{2000}; });
  meanwhile = [&] {
    if (pauses.size() != 2) return;
    xen.change_host([](xc::HostInfo& host) { host.scrub_kib = {}; });
    xen.destroy(other);
  };
  EXPECT_EQ(reserve(xc::MiB{2048}), "");
  EXPECT_THAT(dom0.targets(), IsEmpty());
}

// Each missing GiB is worth five tries, as often as it is looked at before the first try counts.
TEST_F(Memory, MuchMemoryIsWaitedForLonger) {
  configure(256, true);
  xen.change_host([](xc::HostInfo& host) { host.total_kib = xc::MiB{65536}; });
  xen.change_domain(0, [](xc::DomainInfo& info) { info.memory = xc::MiB{62464}; });
  dom0.stick_at(xc::MiB{62464});
  EXPECT_THAT(reserve(xc::MiB{3072 + 4096}), HasSubstr("dom0 cannot be shrunk any further"));
  EXPECT_EQ(pauses.size(), 20u + 2 * 4 * 5 + 1);
}

TEST_F(Memory, TwoThatNeedDom0sMemoryAreBothServed) {
  configure(256, true);
  std::string second = "not asked";
  meanwhile = [&] {
    if (second != "not asked") return;
    second = "asked";
    second = reserve(xc::MiB{300});
  };
  shares.push_back(ledger.reserve(xc::MiB{2900}, "first"));
  EXPECT_EQ(reserve(xc::MiB{300}), "");
  EXPECT_EQ(second, "");
  EXPECT_LE(xen.domain(0)->memory, xc::KiB(xc::MiB{4096 - 2900 - 600}));
}

TEST_F(Memory, GivenUpWhenNobodyNeedsItAnyMore) {
  configure(256, true);
  dom0.stick_at(xc::MiB{1000});
  EXPECT_THROW(ledger.reserve(xc::MiB{3200}, "web1", [&] { return pauses.size() == 2; }), Error);
  EXPECT_EQ(pauses.size(), 2u);
  EXPECT_THAT(dom0.targets(), ElementsAre(896u, 1000u));
}

TEST_F(Memory, Dom0GrowsIntoFreeMemoryOnly) {
  ledger.set_dom0(xc::MiB{2048}, xc::MiB{1024});
  EXPECT_THAT(dom0.targets(), ElementsAre(2048u));
  EXPECT_EQ(reserve(xc::MiB{2000}), "");
  EXPECT_THROW(ledger.set_dom0(xc::MiB{2200}, xc::MiB{2048}), Error);
}

TEST(Dom0Balloon, ReadsSysfsAndWritesTheStore) {
  fakes::FakeStore store;
  const std::string file = std::filesystem::temp_directory_path() / ("current_kb." + std::to_string(::getpid()));
  std::ofstream(file) << "1048576\n";
  Dom0Balloon dom0(store, file);
  EXPECT_EQ(dom0.current(), xc::KiB{1048576});
  dom0.set_target(xc::MiB{900});
  EXPECT_EQ(store.read("/local/domain/0/memory/target"), "921600");
  EXPECT_EQ(store.read("/vm/00000000-0000-0000-0000-000000000000/memory"), "900");
  std::filesystem::remove(file);
  try {
    dom0.current();
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), StartsWith("Failed to query current memory allocation of dom0."));
  }
}

TEST_F(Memory, HowFarItCouldGet) {
  configure(256, false);
  shares.push_back(ledger.reserve(xc::MiB{1000}, "first"));
  EXPECT_EQ(ledger.outlook().free, xc::KiB(xc::MiB{2072}));
  EXPECT_EQ(ledger.outlook().from_dom0, xc::KiB{0});
  configure(256, true);
  EXPECT_EQ(ledger.outlook().free, xc::KiB(xc::MiB{2072}));
  EXPECT_EQ(ledger.outlook().from_dom0, xc::KiB(xc::MiB{768}));
  configure(1100, true);
  EXPECT_EQ(ledger.outlook().from_dom0, xc::KiB{0});
  EXPECT_THAT(dom0.targets(), IsEmpty());
}

TEST_F(Memory, WhatADyingDomainStillHasIsAsGoodAsFree) {
  const auto other = xen.create_domain({xc::Uuid::random(), xc::GuestType::kPv, 1, 0, 0});
  xen.populate(other, xc::MiB{2000});
  EXPECT_EQ(ledger.outlook().free, xc::KiB(xc::MiB{1072}));
  xen.change_domain(other, [](xc::DomainInfo& info) { info.dying = true; });
  EXPECT_EQ(ledger.outlook().free, xc::KiB(xc::MiB{3072}));
}

// What can never be free is not counted on, whatever dom0 has: reserve() refuses it at once.
TEST_F(Memory, MoreThanTheHostHasIsOutOfReach) {
  configure(256, true);
  xen.change_host([](xc::HostInfo& h) { h.total_kib = xc::MiB{1024}; });
  const auto outlook = ledger.outlook();
  EXPECT_EQ(outlook.free.value + outlook.from_dom0.value, 768u * 1024 - 1);
  EXPECT_THAT(reserve({outlook.free.value + outlook.from_dom0.value + 1}),
              StartsWith("Not enough memory is available"));
  EXPECT_THAT(pauses, IsEmpty()) << "it was waited for";
}

}  // namespace
}  // namespace xend
