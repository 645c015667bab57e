#include "xend/helpers/orphaned_guest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "tests/fakes/fake_hypervisor.h"
#include "tests/fakes/fake_store.h"

namespace xend {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class OrphanedGuest : public ::testing::Test {
 protected:
  OrphanedGuest() {
    hypervisor_.on_release([this] { store_.fire("@releaseDomain"); });
    domid_ = hypervisor_.create_domain({.handle = xc::Uuid::random()});
    hypervisor_.unpause(domid_);
    node_ = "/local/domain/" + std::to_string(domid_) + "/control/shutdown";
  }

  bool called(const std::string& line) const {
    const auto calls = hypervisor_.calls(), stored = store_.calls();
    return std::count(calls.begin(), calls.end(), line) + std::count(stored.begin(), stored.end(), line) > 0;
  }
  void go_on(milliseconds limit = milliseconds(50)) {
    let_orphan_go_on(hypervisor_, store_, domid_, steady_clock::now() + limit);
  }

  fakes::FakeStore store_;
  fakes::FakeHypervisor hypervisor_;
  xc::DomId domid_ = 0;
  std::string node_;
};

TEST_F(OrphanedGuest, ASuspendedOneIsResumed) {
  store_.write(node_, "");
  hypervisor_.guest_shuts_down(domid_, xc::ShutdownReason::kSuspend);
  go_on();
  EXPECT_FALSE(hypervisor_.domain(domid_)->shutdown);
  EXPECT_TRUE(called("resume_domain " + std::to_string(domid_)));
}

TEST_F(OrphanedGuest, ARequestNotSeenYetIsWithdrawn) {
  store_.write(node_, "suspend");
  go_on(seconds(60));
  EXPECT_EQ(store_.read(node_), "");
  EXPECT_FALSE(called("resume 1"));
}

TEST_F(OrphanedGuest, OneThatHasTakenTheRequestIsWaitedFor) {
  store_.write(node_, "");
  std::thread guest([this] {
    std::this_thread::sleep_for(milliseconds(20));
    hypervisor_.guest_shuts_down(domid_, xc::ShutdownReason::kSuspend);
  });
  go_on(seconds(60));
  guest.join();
  EXPECT_FALSE(hypervisor_.domain(domid_)->shutdown);
}

TEST_F(OrphanedGuest, OneThatNeverStopsIsLeftAlone) {
  store_.write(node_, "");
  go_on();
  EXPECT_FALSE(called("resume 1"));
}

TEST_F(OrphanedGuest, OtherEndsAreNotTouched) {
  store_.write(node_, "");
  hypervisor_.guest_shuts_down(domid_, xc::ShutdownReason::kCrash);
  go_on();
  EXPECT_TRUE(hypervisor_.domain(domid_)->shutdown);
  hypervisor_.destroy(domid_);
  go_on();
  EXPECT_FALSE(called("resume 1"));
}

}  // namespace
}  // namespace xend
