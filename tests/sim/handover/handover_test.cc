// Nothing that can happen to two hosts, their daemons, disks and network loses a guest that moves, or lets it run
// twice. Each seed is one schedule; `XEND_SIM_SEED=N` replays one, `XEND_SIM_SCHEDULES=N` says how many.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/sim/handover/daemons.h"

namespace sim {
namespace {

using namespace std::chrono_literals;

constexpr unsigned long kSchedules = 100'000;

unsigned long number_from(const char* variable, unsigned long otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoul(text, nullptr, 10) : otherwise;
}

// Up to five faults, in the steps that a move takes, and some behind them, when a daemon that came back settles it.
std::vector<Fault> faults_of(unsigned long seed) {
  std::mt19937_64 random(seed);
  const auto roll = [&](unsigned sides) { return static_cast<unsigned>(random() % sides); };
  std::vector<Fault> faults(roll(6));
  for (auto& fault : faults) {
    fault.kind = static_cast<Fault::Kind>(roll(10));
    fault.host = static_cast<HostName>(roll(2));
    fault.step = 1 + roll(roll(3) == 0 ? 200 : 70);
    fault.lasts = Time(roll(roll(2) == 0 ? 300 : 60'000));
  }
  return faults;
}

std::string play(unsigned long seed, std::vector<Fault> faults, bool tell = false) {
  World world(seed);
  world.tell(tell);
  world.install([&world](HostName name) { name == HostName::kSource ? run_source(world) : run_destination(world); });
  return world.run(std::move(faults));
}

TEST(Handover, WithoutFaultsTheGuestArrives) {
  World world(1);
  world.install([&world](HostName name) { name == HostName::kSource ? run_source(world) : run_destination(world); });
  EXPECT_EQ(world.run({}), "");
  EXPECT_FALSE(world.host(HostName::kSource).copy);
  ASSERT_TRUE(world.host(HostName::kDestination).copy);
  EXPECT_TRUE(world.host(HostName::kDestination).copy->running);
}

// What a killed daemon has renamed and not synced, the next one sees, and acts upon; then the power goes.
TEST(Handover, NobodyActsOnARecordThatAPowerCutCanTakeBack) {
  constexpr unsigned kLastStep = 80, kSoonAfter = 25;
  for (const auto host : {HostName::kSource, HostName::kDestination})
    for (unsigned killed = 1; killed <= kLastStep; ++killed)
      for (unsigned cut = killed + 1; cut <= killed + kSoonAfter; ++cut)
        ASSERT_EQ(play(1, {{.kind = Fault::Kind::kKillDaemon, .host = host, .step = killed, .lasts = 1s},
                           {.kind = Fault::Kind::kCutPower, .host = host, .step = cut, .lasts = 1s}}),
                  "")
            << "killed at " << killed << ", cut at " << cut;
}

TEST(Handover, EverySeedLeavesOneGuest) {
  if (const auto seed = number_from("XEND_SIM_SEED", 0)) {
    EXPECT_EQ(play(seed, faults_of(seed), true), "");
    return;
  }
  for (unsigned long seed = 1, last = number_from("XEND_SIM_SCHEDULES", kSchedules); seed <= last; ++seed)
    ASSERT_EQ(play(seed, faults_of(seed)), "") << "replay it with XEND_SIM_SEED=" << seed;
}

}  // namespace
}  // namespace sim
