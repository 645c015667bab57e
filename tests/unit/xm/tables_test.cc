// The tables of xm list, vcpu-list, uptime and info, byte for byte (spec xm-cli 2.3, 2.5).
#include "xm/tables.h"

#include <gtest/gtest.h>

#include "sxp/parser.h"

namespace xm {
namespace {

Domain domain(const char* name, std::optional<std::int64_t> id, std::int64_t memory, std::int64_t vcpus,
              const char* state, double time) {
  Domain d;
  d.name = name;
  d.id = id;
  d.memory = memory;
  d.vcpus = vcpus;
  d.state = state;
  d.cpu_time = time;
  return d;
}

TEST(Tables, List) {
  EXPECT_EQ(list_table({domain("Domain-0", 0, 1024, 2, "r-----", 1234.56), domain("stopped", {}, 256, 4, "", 0),
                        domain("a-name-that-is-longer-than-forty-columns-of-text", 3, 512, 1, "-b----", 12.34)},
                       false),
            "Name                                        ID   Mem VCPUs      State   Time(s)\n"
            "Domain-0                                     0  1024     2     r-----   1234.6\n"
            "stopped                                          256     4                 0.0\n"
            "a-name-that-is-longer-than-forty-columns-of-text     3   512     1     -b----     12.3\n");
}

TEST(Tables, ListOfDomainsIsReadFromDescriptions) {
  const Domain d = parse_domain(sxp::parse_one(
      "(domain (domid 3) (name vm1) (memory 512) (vcpus 4) (online_vcpus 2) (state -b----) (cpu_time 1.5))"));
  EXPECT_EQ(d.id, 3);
  EXPECT_EQ(d.vcpus, 2);
  EXPECT_DOUBLE_EQ(d.cpu_time, 1.5);
  EXPECT_TRUE(d.is('b'));
  EXPECT_FALSE(d.is('p'));
  const Domain halted = parse_domain(sxp::parse_one("(domain (name x) (vcpus 4))"));
  EXPECT_FALSE(halted.id);
  EXPECT_EQ(halted.vcpus, 4);
}

TEST(Tables, Affinity) {
  EXPECT_EQ(affinity_text({0, 1, 3}, 4), "0-1,3");
  EXPECT_EQ(affinity_text({3, 1, 1, 0}, 4), "0-1,3");
  EXPECT_EQ(affinity_text({0, 1, 2, 3, 63}, 4), "any cpu");
  EXPECT_EQ(affinity_text({}, 4), "no cpus");
  EXPECT_EQ(affinity_text({5}, 4), "no cpus");
  EXPECT_EQ(affinity_text({2}, 4), "2");
}

TEST(Tables, Uptime) {
  const Domain d = domain("vm1", 3, 0, 0, "", 0);
  EXPECT_EQ(uptime_table({{d, 3 * 3600 + 4 * 60 + 5}, {d, 86400}, {d, 2 * 86400 + 23 * 3600}}),
            "Name                                ID Uptime \n"
            "vm1                                  3  3:04:05\n"
            "vm1                                  3 1 day,  0:00:00\n"
            "vm1                                  3 2 days, 23:00:00\n");
  EXPECT_EQ(uptime_short({{d, 90}}, "12:34:56"), " 12:34:56 up  0:01, vm1 (3)\n");
}

TEST(Tables, Info) {
  const sxp::Value pairs =
      sxp::Value::list({sxp::Value::list({"system", "Linux"}), sxp::Value::list({"nr_cpus", 4}),
                        sxp::Value::list({"xen_changeset", ""}), sxp::Value::list({"numa_info", sxp::Value()})});
  EXPECT_EQ(info_table(pairs),
            "nr_cpus                : 4\n"
            "xen_changeset          : \n"
            "numa_info              : (none)\n");
}

}  // namespace
}  // namespace xm
