// What people and programs see of a save or a migration that goes on.
#include "xm/progress.h"

#include <gtest/gtest.h>

namespace xm {
namespace {

rpc::Struct figures(const char* phase) {
  return {{"round", 2},
          {"pages_sent", 50},
          {"pages_total", 200},
          {"pages_dirty", 300},
          {"bytes", 5e9},
          {"bytes_per_second", 47395635.2},
          {"dirty_per_second", 3072},
          {"estimated_downtime_ms", 412},
          {"phase", phase}};
}

TEST(Progress, ForPeopleIsOneLine) {
  EXPECT_EQ(progress_line(figures("copying")),
            "round 2: 25 %, 45.2 MiB/s, dirty 12.0 MiB/s, would stand still for 0.41 s");
  EXPECT_EQ(progress_line(figures("stopped")), "stopped: 25 %, 45.2 MiB/s");
  EXPECT_EQ(progress_line(figures("suspending")), "suspending");
  EXPECT_EQ(progress_line(figures("preparing")), "preparing");
  EXPECT_EQ(progress_line(figures("sent")), "waiting for the other end");
}

TEST(Progress, WhatIsNotKnownIsNotSaid) {
  auto few = figures("copying");
  few[2].second = 0;
  few[7].second = -1;
  EXPECT_EQ(progress_line(few), "round 2, 45.2 MiB/s");
}

TEST(Progress, NeverIsMoreThanAll) {
  auto all = figures("stopped");
  all[1].second = 220;
  EXPECT_EQ(progress_line(all), "stopped: 100 %, 45.2 MiB/s");
}

TEST(Progress, ForProgramsIsALineOfJson) {
  EXPECT_EQ(json_line(figures("copying")),
            "{\"round\":2,\"pages_sent\":50,\"pages_total\":200,\"pages_dirty\":300,\"bytes\":5000000000,"
            "\"bytes_per_second\":47395635,\"dirty_per_second\":3072,\"estimated_downtime_ms\":412,"
            "\"phase\":\"copying\"}\n");
  EXPECT_EQ(json_line(rpc::Struct{{"domid", {}}, {"name", "a\"\xff"}}),
            "{\"domid\":null,\"name\":\"a\\\"\xef\xbf\xbd\"}\n");
}

TEST(Progress, TheLastLineSaysWhereItIs) {
  rpc::Struct answer = {
      {"name", "web1"}, {"destination", "host2"}, {"domid", 7}, {"milliseconds", 12345}, {"stopped_milliseconds", 412}};
  EXPECT_EQ(arrival_line(answer), "Domain web1 runs on host2 as 7; it took 12.3 s, and stood still for 0.41 s.\n");
  answer[2].second = rpc::Value();
  EXPECT_EQ(arrival_line(answer), "Domain web1 runs on host2; it took 12.3 s, and stood still for 0.41 s.\n");
}

}  // namespace
}  // namespace xm
