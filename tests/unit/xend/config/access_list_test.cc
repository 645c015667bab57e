// Who is let in by xend-relocation-hosts-allow: the rule of spec xend-config section 5, on a resolver made up here.
#include "xend/config/access_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "xend/config/options.h"
#include "xend/error.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The network of the tests.
std::optional<HostNames> lookup(const std::string& ip) {
  static const std::map<std::string, HostNames> kHosts = {
      {"127.0.0.1", {"localhost", {}}},
      {"10.0.0.1", {"a.our-network.mil", {"a"}}},
      {"10.0.0.2", {"b", {"b-alias", "b.our-network.mil", "c.example.org"}}},
      {"10.0.0.3", {"no-dots", {"still-none"}}},
      {"192.0.2.66", {"localhost.evil.example", {}}},
  };
  const auto found = kHosts.find(ip);
  return found == kHosts.end() ? std::nullopt : std::optional(found->second);
}

bool accepts(std::string_view value, const std::string& ip) {
  return AccessList("xend-relocation-hosts-allow", value, lookup).check(ip).accepted;
}

TEST(Fqdn, IsTheFirstNameWithADot) {
  EXPECT_EQ(fqdn_of("10.0.0.1", lookup), "a.our-network.mil");
  EXPECT_EQ(fqdn_of("10.0.0.2", lookup), "b.our-network.mil");
}

TEST(Fqdn, IsTheCanonicalNameWhenNoneHasADot) {
  EXPECT_EQ(fqdn_of("10.0.0.3", lookup), "no-dots");
}

TEST(Fqdn, IsTheAddressWhenThereIsNoName) {
  EXPECT_EQ(fqdn_of("10.9.9.9", lookup), "10.9.9.9");
}

TEST(ReverseLookup, KnowsNothingOfWhatIsNoAddress) {
  EXPECT_EQ(reverse_lookup("no address"), std::nullopt);
}

TEST(AccessList, EmptyMeansEveryone) {
  EXPECT_TRUE(accepts("", "203.0.113.9"));
  EXPECT_TRUE(AccessList("k", "").open());
  EXPECT_FALSE(AccessList("k", "a").open());
}

TEST(AccessList, MatchesNameOrAddress) {
  EXPECT_TRUE(accepts("^localhost$", "127.0.0.1"));
  EXPECT_TRUE(accepts(R"(^127\.0\.0\.1$)", "127.0.0.1"));
  EXPECT_FALSE(accepts("^localhost$", "10.0.0.1"));
  EXPECT_TRUE(accepts(R"(^nobody$ ^10\.0\.0\.1$)", "10.0.0.1"));
}

TEST(AccessList, IsAnchoredAtTheStartOnly) {
  EXPECT_TRUE(accepts("localhost", "192.0.2.66"));
  EXPECT_FALSE(accepts("localhost$", "192.0.2.66"));
  EXPECT_TRUE(accepts("10.0.0.1", "10.0.0.100"));
  EXPECT_FALSE(accepts(R"(our-network\.mil$)", "10.0.0.1"));
  EXPECT_TRUE(accepts(R"(.*our-network\.mil$)", "10.0.0.1"));
  EXPECT_FALSE(accepts("nobody|0\\.0\\.1", "10.0.0.1"));
  EXPECT_FALSE(accepts("LOCALHOST", "127.0.0.1"));
}

TEST(AccessList, KnowsTheSyntaxOfPythonsPatterns) {
  EXPECT_TRUE(accepts(R"(^(?:a|b)\.our-network\.(?:mil|org)$)", "10.0.0.1"));
  EXPECT_TRUE(accepts(R"(10\.0\.\d+\.[0-9]{1,3}$)", "10.0.0.3"));
  EXPECT_TRUE(accepts(R"([\w-]+$)", "10.0.0.3"));
}

TEST(AccessList, EmptyPiecesAreLeftOutWithAWarning) {
  for (const char* value : {"^a$  ^b$", " ^a$", "^a$ ", " "}) {
    const AccessList list("xend-relocation-hosts-allow", value, lookup);
    EXPECT_FALSE(list.check("10.0.0.1").accepted) << "'" << value << "'";
    EXPECT_THAT(list.warnings(), ElementsAre(HasSubstr("empty pattern would accept every host and is left out")));
  }
  EXPECT_THAT(AccessList("k", "^a$ ^b$").warnings(), IsEmpty());
}

TEST(AccessList, TabsAndNewlinesSeparateNothing) {
  EXPECT_FALSE(accepts("^localhost$\t^b$", "127.0.0.1"));
}

TEST(AccessList, TellsTheNameOfWhomItRejects) {
  const AccessList list("k", "^nobody$", lookup);
  EXPECT_EQ(list.check("10.0.0.2").fqdn, "b.our-network.mil");
  EXPECT_EQ(list.check("10.9.9.9").fqdn, "10.9.9.9");
}

TEST(AccessList, AsksNoResolverWhenTheAddressDecides) {
  int asked = 0;
  const AccessList list("k", R"(^10\.0\.0\.)", [&](const std::string&) {
    ++asked;
    return std::nullopt;
  });
  EXPECT_TRUE(list.check("10.0.0.1").accepted);
  EXPECT_EQ(asked, 0);
  EXPECT_FALSE(list.check("10.1.0.1").accepted);
  EXPECT_EQ(asked, 1);
}

TEST(AccessList, BadPatternIsNamedWithTheOffset) {
  try {
    AccessList("xend-relocation-hosts-allow", "^ok$ *.example.org", lookup);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("invalid xend config xend-relocation-hosts-allow: pattern '*.example.org' is wrong "
                                    "at offset 0: quantifier does not follow a repeatable item"));
  }
}

TEST(AccessList, PatternThatNeverEndsMatchesNobody) {
  testing::internal::CaptureStderr();
  const AccessList list("k", "(a+)+$", [](const std::string&) { return HostNames{std::string(60, 'a') + ".", {}}; });
  EXPECT_FALSE(list.check("10.0.0.1").accepted);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("gives no answer about"));
}

// The lines of the 2008 guide, with one backslash as they were printed there, and with two as they should have been.
class GuideLine : public testing::TestWithParam<const char*> {};

TEST_P(GuideLine, MeansWhatItsAuthorMeant) {
  const LoadedOptions loaded = parse_options(GetParam());
  const AccessList list("xend-relocation-hosts-allow", loaded.options.xend_relocation_hosts_allow, lookup);
  EXPECT_TRUE(list.check("127.0.0.1").accepted);
  EXPECT_TRUE(list.check("10.0.0.1").accepted);
  EXPECT_TRUE(list.check("10.0.0.2").accepted);
  EXPECT_FALSE(list.check("192.0.2.66").accepted);
  EXPECT_FALSE(list.check("10.0.0.3").accepted);
}

INSTANTIATE_TEST_SUITE_P(BothSpellings, GuideLine,
                         testing::Values(R"((xend-relocation-hosts-allow '^localhost$ ^.*\.our-network\.mil$'))",
                                         R"((xend-relocation-hosts-allow '^localhost$ ^.*\\.our-network\\.mil$'))"));

}  // namespace
}  // namespace xend
