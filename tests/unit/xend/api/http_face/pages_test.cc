// The pages for browsers: whatever guests and other people's files say in them, it stays text.
#include "xend/api/http_face/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "xend/api/http_face/browser_guard.h"
#include "xend/api/http_face/html.h"

namespace xend {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kEvil = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>";

TEST(Html, TextStaysText) {
  EXPECT_EQ(html_text("<a href=\"x\">it's & more</a>"), "&lt;a href=&quot;x&quot;&gt;it&#39;s &amp; more&lt;/a&gt;");
  EXPECT_EQ(html_text("caf\xc3\xa9 \xff\x01"), "caf\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(url_element("a/b?c#d\"e f.g-h_1"), "a%2Fb%3Fc%23d%22e%20f.g-h_1");
  EXPECT_EQ(url_element("javascript:x"), "javascript%3Ax");
}

TEST(Pages, HostileNamesAndValuesAreEscapedEverywhere) {
  const sxp::Value node = sxp::Value::list({"node", sxp::Value::list({"host", kEvil}),
                                            sxp::Value::list({"release", kEvil}), sxp::Value::list({kEvil, kEvil})});
  const sxp::Value domain = sxp::Value::list(
      {"domain", sxp::Value::list({"name", kEvil}), sxp::Value::list({"uuid", kEvil}),
       sxp::Value::list({"domid", kEvil}), sxp::Value::list({"status", kEvil}), sxp::Value::list({"state", kEvil}),
       sxp::Value::list({"memory", kEvil}), sxp::Value::list({"vcpus", kEvil}),
       sxp::Value::list({"online_vcpus", kEvil}), sxp::Value::list({"start_time", "1e300"}),
       sxp::Value::list({"cpu_time", "nan"}), sxp::Value::list({kEvil, kEvil}),
       sxp::Value::list({"image", sxp::Value::list({kEvil, sxp::Value::list({kEvil, kEvil})})}),
       sxp::Value::list({"device", sxp::Value::list({kEvil, sxp::Value::list({kEvil, kEvil})})})});
  for (const std::string& page : {host_page(node, sxp::Value::list({domain})), node_page(node), domain_page(domain),
                                  message_page(kEvil, kEvil)}) {
    EXPECT_THAT(page, AllOf(HasSubstr("&lt;script&gt;"), Not(HasSubstr("<script")), Not(HasSubstr("<img")),
                            Not(HasSubstr("\"\">"))));
  }
}

TEST(Pages, WhatIsMissingDoesNotMatter) {
  for (const sxp::Value& odd :
       {sxp::Value(), sxp::Value("x"), sxp::Value(sxp::List()), sxp::parse_one("(domain (device) (image))")}) {
    EXPECT_THAT(domain_page(odd), HasSubstr("</html>"));
    EXPECT_THAT(host_page(odd, odd), HasSubstr("</html>"));
    EXPECT_THAT(node_page(odd), HasSubstr("</html>"));
  }
}

TEST(Pages, PasswordsAreNotShown) {
  const auto page = domain_page(sxp::parse_one(
      "(domain (name a) (image (hvm (kernel k) (vncpasswd sesame))) (device (vfb (vncpasswd sesame) (vnc 1))))"));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("sesame")), HasSubstr("set, not shown")));
}

TEST(Pages, NumbersAreReadable) {
  const auto page = host_page(
      sxp::parse_one("(node (host dom0) (total_memory 65536) (free_memory 16384) (nr_cpus 8))"),
      sxp::parse_one("((domain (domid 3) (name web1) (memory 512) (vcpus 2) (online_vcpus 1) (status 1) (state --p---) "
                     "(cpu_time 3723.4)))"));
  EXPECT_THAT(page, AllOf(HasSubstr("16.0 GiB free"), HasSubstr("width:75%"), HasSubstr("512 MiB"),
                          HasSubstr("1 h 02 min"), HasSubstr("<span class=\"state paused\">paused</span>")));
}

// ---- who may call ----

std::string verdict(const std::string& method, const std::vector<std::pair<std::string, std::string>>& headers) {
  rpc::RequestHead head;
  head.method = method;
  head.headers = headers;
  try {
    BrowserGuard({"dom0", "dom0.example.org"}).check(head);
    return "admitted";
  } catch (const rpc::HttpError& e) {
    return std::to_string(e.status());
  }
}

TEST(BrowserGuard, BrowsersCallThisHostByItsOwnNames) {
  const auto call = [](const std::string& host) {
    return verdict("GET", {{"User-Agent", "Mozilla/5.0"}, {"Host", host}});
  };
  for (const char* host : {"localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "DOM0:8000",
                           "dom0.example.org", "dom0.example.org.:8000"})
    EXPECT_EQ(call(host), "admitted") << host;
  for (const char* host : {"", "evil.example", "dom0.evil.example:8000", "127.0.0.1.evil.example", "[::1", "[evil]"})
    EXPECT_EQ(call(host), "403") << host;
}

TEST(BrowserGuard, ProgramsCallItAsTheyLike) {
  EXPECT_EQ(verdict("POST", {{"Host", "any.name.example:8000"}}), "admitted");
  EXPECT_EQ(verdict("POST", {{"Host", "any.name.example"}, {"User-Agent", "curl/7.88.1"}, {"Accept", "*/*"}}),
            "admitted");
  EXPECT_EQ(verdict("POST", {}), "admitted");
}

TEST(BrowserGuard, OtherSitesAreRefused) {
  const auto post = [](const char* name, const char* value) {
    return verdict("POST", {{"Host", "localhost:8000"}, {name, value}});
  };
  EXPECT_EQ(post("Origin", "http://localhost:8000"), "admitted");
  EXPECT_EQ(post("Origin", "http://localhost"), "403") << "another port is another site";
  EXPECT_EQ(post("Origin", "null"), "403");
  EXPECT_EQ(post("Sec-Fetch-Site", "same-origin"), "admitted");
  EXPECT_EQ(post("Sec-Fetch-Site", "same-site"), "403");
  EXPECT_EQ(verdict("GET", {{"Host", "localhost"}, {"Sec-Fetch-Site", "cross-site"}}), "admitted") << "a link";
}

TEST(BrowserGuard, KnowsThisHost) {
  EXPECT_FALSE(own_names().empty());
}

}  // namespace
}  // namespace xend
