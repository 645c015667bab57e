#include "xend/helpers/explain.h"

#include <gtest/gtest.h>

namespace xend {
namespace {

TEST(Explain, KnowsWhatPeopleMeet) {
  EXPECT_EQ(
      explain("xc_domain_save: Invalid argument (22); Failed to enable logdirty: 95,22,0 (22 = Invalid argument)"),
      "this hypervisor cannot tell which memory a running guest of this type changes: save or migrate it without "
      "live");
  EXPECT_NE(explain("xc_dom_boot_mem_init: segment kernel too large (0x3a00 > 0x2000 - 0x1000 pages)"), "");
}

TEST(Explain, LeavesTheRestAlone) {
  EXPECT_EQ(explain("xc_domain_create: Invalid argument (22)"), "");
}

}  // namespace
}  // namespace xend
