// Security labels: what Xen is told when a domain is made, and what clients are told of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/sim/managed.h"
#include "xend/domain/save.h"

namespace sim {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kLabel[] = "system_u:system_r:sid_7";

class Labels : public Managed {
 protected:
  std::string create_with(const std::string& more) {
    return create("(vm (name TestGuest) (memory 64) " + more + " (image (linux (kernel /proc/version) (type pvh))))");
  }
  std::uint32_t sid(xc::DomId domid = 1) { return host.xen.domain(domid)->ssidref; }
  rpc::Value told() { return xend::dispatch(*host.host, "xend.security.get_domain_label", {"TestGuest"}, {}); }
};

// As xm sends it for access_control = ['policy=,label=system_u:system_r:sid_7'].
constexpr char kOfAFile[] = "(security ((access_control (policy '') (label system_u:system_r:sid_7))))";

TEST_F(Labels, OfAGuestFileIsTheDomainsInXen) {
  host.xen.has_flask(true);
  EXPECT_EQ(create_with(kOfAFile), "");
  EXPECT_EQ(sid(), 7u);
  EXPECT_EQ(told(), rpc::Value(kLabel));
  EXPECT_EQ(sxp::child_text(listed(), "security_label"), kLabel);
}

// The one that xl gives it, too: a policy that is enforced refuses domains that are nothing.
TEST_F(Labels, WithoutOneItIsAGuestAsThePolicyHasThem) {
  host.xen.has_flask(true);
  EXPECT_EQ(create_with(""), "");
  EXPECT_EQ(told(), rpc::Value("system_u:system_r:domU_t"));
  EXPECT_EQ(sxp::child(listed(), "security_label"), nullptr);
  // A site's own policy may have other words: that one is Xen's to judge.
  host.xen.fail_next("flask_sid", EINVAL);
  EXPECT_EQ(create("(vm (name Other) (memory 64) (image (linux (kernel /proc/version) (type pvh))))"), "");
  EXPECT_EQ(sid(2), 0u);
}

TEST_F(Labels, AreRefusedWhereXenHasNoFlask) {
  EXPECT_EQ(create_with(kOfAFile),
            "TestGuest has the security label system_u:system_r:sid_7, and this Xen was built or booted without FLASK. "
            "Boot Xen with flask=enforcing, or take the label out of the configuration.");
  EXPECT_EQ(host.list(), "");
  EXPECT_EQ(host.xen.domains().size(), 1u);
  EXPECT_EQ(create_with(""), "");
  EXPECT_EQ(sid(), 0u);
}

TEST_F(Labels, ThatThePolicyDoesNotHaveAreNamed) {
  host.xen.has_flask(true);
  EXPECT_THAT(create_with("(security_label red)"),
              StartsWith("TestGuest has the security label red, which the policy in force does not have: "));
  EXPECT_EQ(host.xen.domains().size(), 1u);
}

// ACM is gone since Xen 4.2: its labels were ignored from then on, and files that have them must start.
TEST_F(Labels, OfAcmHaveNoEffect) {
  EXPECT_EQ(create_with("(security_label ACM:site:red)"), "");
  EXPECT_EQ(sid(), 0u);
  EXPECT_EQ(sxp::child_text(listed(), "security_label"), "ACM:site:red");
}

TEST_F(Labels, StayWithADomain) {
  host.xen.has_flask(true);
  EXPECT_EQ(define(kOfAFile), "");
  EXPECT_THAT(file(), HasSubstr("(security_label system_u:system_r:sid_7)"));
  EXPECT_EQ(told(), rpc::Value(kLabel)) << "while it does not run";
  host.restart_daemon();
  ASSERT_EQ(fault("start", {"TestGuest", false}), "");
  EXPECT_EQ(sid(1), 7u);
  host.restart_daemon();
  xend::save_domain(*host.host, guest(), path("image"), false);
  xend::restore_domain(*host.host, path("image"), false);
  EXPECT_EQ(sid(2), 7u);
}

}  // namespace
}  // namespace sim
