// What a guest wrote to its console just before it ended is read before its memory goes; nobody waits for that for
// long.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/sim/life.h"
#include "xend/domain/save.h"

namespace sim {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class LastWords : public Life {
 protected:
  LastWords() { host.start_guest("TestGuest"); }
  bool ends() {
    return eventually([&] { return host.list().empty(); });
  }
};

TEST_F(LastWords, AreReadBeforeTheDomainGoes) {
  host.xen.has_last_words(1, 5);
  host.xen.guest_shuts_down(1, xc::ShutdownReason::kPoweroff);
  EXPECT_TRUE(ends());
  EXPECT_FALSE(host.xen.lost_words());
}

TEST_F(LastWords, OfAGuestThatIsRestarted) {
  started_ago(100);
  host.xen.has_last_words(1, 5);
  host.xen.guest_shuts_down(1, xc::ShutdownReason::kCrash);
  EXPECT_TRUE(eventually([&] { return host.xen.domain(2) && host.list() == "TestGuest -b----"; })) << host.list();
  EXPECT_FALSE(host.xen.lost_words());
}

TEST_F(LastWords, AreNotWaitedForForEver) {
  host.xen.has_last_words(1, 1000000);
  const auto begin = Clock::now();
  host.xen.guest_shuts_down(1, xc::ShutdownReason::kPoweroff);
  EXPECT_TRUE(ends());
  EXPECT_GT(Clock::now() - begin, 700ms);
  EXPECT_TRUE(host.xen.lost_words());
}

TEST_F(LastWords, OfAPageThatCannotBeReadAreNobodysConcern) {
  host.xen.has_last_words(1, 1000000);
  host.xen.fail_next("console_is_read", EFAULT);
  host.xen.guest_shuts_down(1, xc::ShutdownReason::kPoweroff);
  EXPECT_TRUE(ends());
}

// They are in the image: its console is read on where the guest goes on.
TEST_F(LastWords, OfAGuestThatIsSavedGoWithIt) {
  host.xen.has_last_words(1, 1000000);
  const auto begin = Clock::now();
  xend::save_domain(*host.host, guest(), path("image"), false);
  EXPECT_LT(Clock::now() - begin, 700ms);
  EXPECT_TRUE(ends());
}

// It has not ended by itself: it would go on writing for as long as it is waited for.
TEST_F(LastWords, OfAGuestThatIsDestroyedAreCutOff) {
  host.xen.has_last_words(1, 1000000);
  const auto begin = Clock::now();
  xend::destroy_domain(*host.host, guest());
  EXPECT_LT(Clock::now() - begin, 700ms);
  EXPECT_TRUE(host.xen.lost_words());
}

}  // namespace
}  // namespace sim
