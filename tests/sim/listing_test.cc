// What a table of domains costs, and what is in it.
#include <gmock/gmock.h>

#include "tests/sim/life.h"
#include "xend/api/dispatcher.h"

namespace sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(Life, ATableIsShortAndAsksXenstoreNothing) {
  for (int n = 0; n < 40; ++n) host.start_guest("guest" + std::to_string(n));
  const auto before = fakes::FakeStore::requests_of_this_thread();
  const auto table = xend::dispatch(*host.host, "xend.domains_with_state", {true, "all", "table"}, {});
  EXPECT_EQ(fakes::FakeStore::requests_of_this_thread(), before);
  ASSERT_EQ(table.as_array().size(), 41U);
  EXPECT_EQ(table.as_array()[0].as_string().find("(domain (domid 0) "), 0U);
  EXPECT_THAT(table.as_array()[1].as_string(),
              AllOf(HasSubstr("(name guest0)"), HasSubstr("(memory 64)"), HasSubstr("(vcpus 1)"), HasSubstr("(state "),
                    HasSubstr("(cpu_time "), HasSubstr("(pool_name Pool-0)"), Not(HasSubstr("(image"))));
}

TEST_F(Life, TheWholeOfADomainIsAListAsItWas) {
  host.start_guest("TestGuest");
  const auto before = fakes::FakeStore::requests_of_this_thread();
  const auto domains = xend::dispatch(*host.host, "xend.domains_with_state", {true, "all", false}, {});
  EXPECT_EQ(fakes::FakeStore::requests_of_this_thread(), before);
  EXPECT_EQ(domains.as_array()[1].as_array()[0], rpc::Value("domain"));
  // Devices are read from there.
  xend::dispatch(*host.host, "xend.domains_with_state", {true, "all", true}, {});
  EXPECT_GT(fakes::FakeStore::requests_of_this_thread(), before);
}

}  // namespace
}  // namespace sim
