// The SXP interface over HTTP as its clients see it: libvirt's old driver, scripts, curl, browsers (spec protocols 4).
#include "xend/api/http_face/sxp_face.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "tests/sim/life.h"

namespace sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr const char* kFormType = "Content-Type: application/x-www-form-urlencoded\r\n";
constexpr const char* kBrowser =
    "User-Agent: Mozilla/5.0\r\nAccept: text/html\r\nAccept-Language: en\r\nHost: 192.0.2.1:8000\r\n";

class HttpFace : public Life {
 protected:
  // The whole response, or the refusal of the request.
  std::string ask(const std::string& method, const std::string& target, const std::string& headers = "",
                  const std::string& body = "") {
    try {
      const auto head = rpc::parse_request_head(method + " " + target + " HTTP/1.1\r\n" + headers + "\r\n");
      face.check(head);
      return face.answer(head, body, {}).bytes;
    } catch (const rpc::HttpError& e) {
      return std::to_string(e.status()) + " " + e.what();
    }
  }
  // "200 OK: BODY"
  static std::string brief(const std::string& response) {
    if (!response.starts_with("HTTP/1.1 ")) return response;
    return response.substr(9, response.find("\r\n") - 9) + ": " + response.substr(response.find("\r\n\r\n") + 4);
  }
  std::string get(const std::string& target, const std::string& headers = "") {
    return brief(ask("GET", target, headers));
  }
  std::string post(const std::string& target, const std::string& form) {
    return brief(ask("POST", target, kFormType, form));
  }
  static std::string encoded(const std::string& text) {
    std::string out;
    for (const unsigned char c : text) out += std::isalnum(c) ? std::string(1, c) : fmt::format("%{:02x}", c);
    return out;
  }
  static std::string header(const std::string& response, const std::string& name) {
    const auto at = response.find("\r\n" + name + ": ");
    if (at == response.npos) return "";
    const auto start = at + name.size() + 4;
    return response.substr(start, response.find("\r\n", start) - start);
  }

  xend::SxpFace face{*host.host, xend::BrowserGuard({"dom0", "dom0.example.org"})};
};

TEST_F(HttpFace, TheHeadersAreTheClassicOnes) {
  EXPECT_EQ(ask("GET", "/xend"),
            "HTTP/1.1 200 OK\r\nPragma: no-cache\r\nCache-control: no-cache\r\nExpires: -1\r\n"
            "Content-type: application/sxp\r\nContent-length: 24\r\n\r\n(ls  node domain vnet)''");
  EXPECT_EQ(header(ask("GET", "/xend", "Connection: Keep-Alive\r\n"), "Connection"), "keep-alive");
  EXPECT_EQ(header(ask("GET", "/xend", "Connection: close\r\n"), "Connection"), "");
}

TEST_F(HttpFace, Directories) {
  for (const char* target : {"/xend", "/xend/", "//xend//"}) EXPECT_EQ(get(target), "200 OK: (ls  node domain vnet)''");
  EXPECT_EQ(get("/"), "200 OK: (ls )''");
  EXPECT_EQ(get("/xend/vnet"), "200 OK: ()");
  EXPECT_EQ(get("/other"), "404 Not found: Not found: other");
  EXPECT_EQ(get("/xend/other/x"), "404 Not found: Not found: other");
  EXPECT_EQ(get("/xend/vnet/7"), "404 Not found: No such vnet 7");
  EXPECT_THAT(post("/xend/vnet", "op=create&config=x"), StartsWith("500 Request failed: create: (xend.err "));
}

TEST_F(HttpFace, HeadIsGetWithoutTheBodyAndOtherMethodsAreNotSupported) {
  const auto response = ask("HEAD", "/xend");
  EXPECT_THAT(response, testing::EndsWith("Content-length: 24\r\n\r\n"));
  EXPECT_EQ(brief(ask("PUT", "/xend")), "501 Not implemented: Request method not supported (PUT)");
}

TEST_F(HttpFace, TheNode) {
  EXPECT_THAT(get("/xend/node"), AllOf(StartsWith("200 OK: (node (system Linux) (host "), HasSubstr("(nr_cpus 4)"),
                                       HasSubstr("(xend_config_format 4)")));
  const auto dmesg = ask("GET", "/xend/node/dmesg");
  EXPECT_EQ(header(dmesg, "Content-type"), "text/plain");
  EXPECT_EQ(brief(dmesg), "200 OK: (XEN) fake\n");
  EXPECT_EQ(post("/xend/node/dmesg", "op=clear"), "200 OK: ");
  EXPECT_EQ(get("/xend/node/dmesg"), "200 OK: ");
  EXPECT_EQ(header(ask("GET", "/xend/node/log"), "Content-type"), "text/plain");
  EXPECT_EQ(post("/xend/node", "op=reboot"), "200 OK: 0");
  EXPECT_EQ(get("/xend/node/other"), "404 Not found: Not found: other");
}

TEST_F(HttpFace, ListsDomains) {
  host.start_guest("web1");
  host.start_guest("db");
  EXPECT_EQ(get("/xend/domain"), "200 OK: (Domain-0 db web1)");
  EXPECT_EQ(get("/xend/domain/?state=paused"), "200 OK: ()");
  EXPECT_EQ(get("/xend/domain?state=all"), "200 OK: (Domain-0 db web1)");
  EXPECT_THAT(get("/xend/domain?detail=1"), MatchesRegex("200 OK: \\(\\(domain .*\\) \\(domain .*\\)\\)"));
  EXPECT_THAT(post("/xend/domain", "op=list"), StartsWith("200 OK: ((domain "));
}

TEST_F(HttpFace, OneDomainByNameIdOrUuid) {
  host.start_guest("web1");
  const std::string by_name = get("/xend/domain/web1");
  EXPECT_THAT(by_name, AllOf(StartsWith("200 OK: (domain (domid 1) "), HasSubstr("(name web1)"),
                             HasSubstr("(vcpu_avail "), testing::EndsWith(")''")));
  EXPECT_EQ(get("/xend/domain/1"), by_name);
  EXPECT_EQ(get("/xend/domain/web1/"), by_name);
  EXPECT_EQ(get("/xend/domain/%77eb1"), by_name);
  EXPECT_EQ(get("/xend/domain/nosuch"), "404 Not found: nosuch");
  EXPECT_EQ(header(ask("GET", "/xend/domain/nosuch"), "Content-type"), "text/plain");
  EXPECT_THAT(get("/xend/domain/web1?op=vcpuinfo"),
              StartsWith("200 OK: (domain (domid 1) (name web1) (vcpu_count 1) (vcpu "));
}

TEST_F(HttpFace, CreatesADomainAsLibvirtDoes) {
  const std::string config = "(vm (name 'web1') (memory 64) (image (linux (kernel /proc/version) (type pvh))))";
  const auto response =
      ask("POST", "/xend/domain", std::string("Host: localhost:8000\r\nAccept-Encoding: identity\r\n") + kFormType,
          "op=create&config=" + encoded(config));
  EXPECT_THAT(brief(response), StartsWith("201 created: (domain (domid 1) "));
  EXPECT_EQ(header(response, "Location"), "http://localhost:8000/xend/domain/web1");
  EXPECT_EQ(host.list(), "web1 --p---");
  EXPECT_EQ(post("/xend/domain/web1", "op=wait_for_devices"), "202 Accepted: ");
  EXPECT_EQ(post("/xend/domain/web1", "op=unpause"), "200 OK: ");
  EXPECT_EQ(host.list(), "web1 -b----");
}

TEST_F(HttpFace, AFormOfManyPartsIsAForm) {
  const std::string body =
      "--XX\r\nContent-Disposition: form-data; name=\"op\"\r\n\r\ncreate\r\n"
      "--XX\r\nContent-Disposition: form-data; name=\"config\"; filename=\"a;b\"\r\nContent-Type: text/plain\r\n\r\n"
      "(vm (name web1) (memory 64)\r\n (image (linux (kernel /proc/version) (type pvh))))\r\n\r\n--XX--\r\n";
  EXPECT_THAT(brief(ask("POST", "/xend/domain", "Content-Type: multipart/form-data; boundary=XX\r\n", body)),
              StartsWith("201 created: (domain (domid 1) "));
}

TEST_F(HttpFace, ErrorsOfCreation) {
  EXPECT_THAT(post("/xend/domain", "op=create"),
              StartsWith("500 Request failed: create: (xend.err 'Configuration error"));
  EXPECT_THAT(post("/xend/domain", "op=create&config=(vm"), HasSubstr("(xend.err 'Invalid configuration "));
  EXPECT_THAT(post("/xend/domain", "op=create&config=" + encoded("(vm (name 'a b') (memory 64))")),
              HasSubstr("(xend.err 'Error creating domain: "));
}

TEST_F(HttpFace, RequestsThatSayNothingOrTooMuch) {
  host.start_guest("web1");
  EXPECT_EQ(post("/xend/domain/web1", ""), "406 Invalid request: ''");
  EXPECT_EQ(post("/xend/domain/web1", "op=pause&op=unpause"), "406 Invalid request: ''");
  EXPECT_EQ(post("/xend/domain/web1", "op=dance"),
            "501 Operation not implemented: dance: Operation not implemented: dance''");
  EXPECT_EQ(post("/xend/domain/web1", "op=maxmem_set"),
            "500 Request failed: maxmem_set: (xend.err 'Missing parameter: memory')");
  EXPECT_EQ(post("/xend/domain/web1", "op=maxmem_set&memory=1&memory=2"),
            "500 Request failed: maxmem_set: (xend.err 'Too many values for memory')");
  EXPECT_EQ(post("/xend/domain/web1", "op=maxmem_set&memory=64M"),
            "500 Request failed: maxmem_set: (xend.err \"invalid literal for int() with base 10: '64M'\")");
  EXPECT_THAT(post("/xend/domain/web1", "op=device_create&config=(vbd"), HasSubstr("Coercion to sxpr failed"));
  EXPECT_THAT(post("/xend/domain/web1", "op=device_create&config=a%20b"), HasSubstr("(xend.err 'Too many sxprs')"));
  EXPECT_EQ(post("/xend/domain/web1", "op=vif_limit_set&vif=0&credit=1&period=2"),
            "500 Request failed: vif_limit_set: (xend.err Unsupported)");
  EXPECT_EQ(post("/xend/domain/web1", "op=configure&config=x"),
            "500 Request failed: configure: (xend.err Unsupported)");
  EXPECT_EQ(post("/xend/domain/nosuch", "op=pause"), "404 Not found: nosuch");
}

TEST_F(HttpFace, WhatIsDeepOrNoTextIsAnAnswerLikeAnyOther) {
  const std::string deep(2000, '(');
  EXPECT_THAT(post("/xend/domain", "op=create&config=" + deep),
              StartsWith("500 Request failed: create: (xend.err 'Invalid configuration "));
  EXPECT_EQ(get("/xend/domain/%ff%00%0d%0a"), std::string("404 Not found: \xff\0\r\n", 19));
  EXPECT_EQ(brief(ask("POST", "/xend/domain", "Content-Type: multipart/form-data; boundary=X\r\n", "--X\r\n\xff")),
            "400 The multipart body is none: the closing boundary is missing.");
  EXPECT_EQ(get("/" + std::string(8000, '/')), "200 OK: (ls )''");
}

TEST_F(HttpFace, AnOperationCannotWriteLinesOfTheResponse) {
  host.start_guest("web1");
  const auto response = ask("POST", "/xend/domain/web1", kFormType, "op=a%0d%0aSet-Cookie:%20x");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 501 Operation not implemented: a??Set-Cookie: x\r\nPragma: "));
}

TEST_F(HttpFace, OperationsThatAreAccepted) {
  host.start_guest("web1");
  const auto response =
      ask("POST", "/xend/domain/web1", std::string("Host: xen:8000\r\n") + kFormType, "op=rename&name=www");
  EXPECT_EQ(brief(response), "202 Accepted: ");
  EXPECT_EQ(header(response, "Location"), "http://xen:8000/xend/domain/web1/..");
  EXPECT_EQ(host.list(), "www -b----");
  EXPECT_EQ(post("/xend/domain/www", "op=sysrq&key=115"), "202 Accepted: ");
  EXPECT_EQ(post("/xend/domain/www", "op=shutdown&reason=poweroff"), "202 Accepted: ");
  EXPECT_EQ(post("/xend/domain/www", "op=shutdown&reason=dance"),
            "500 Request failed: shutdown: (xend.err 'Invalid reason: dance')");
  EXPECT_EQ(post("/xend/domain/www", "op=destroy"), "202 Accepted: 0");
  EXPECT_EQ(host.list(), "");
}

TEST_F(HttpFace, OperationsWithResults) {
  host.start_guest("web1");
  EXPECT_EQ(post("/xend/domain/web1", "op=pause"), "200 OK: ");
  EXPECT_EQ(host.list(), "web1 -bp---");
  EXPECT_EQ(post("/xend/domain/web1", "op=domain_sched_credit_set&weight=512&cap=50"), "200 OK: 0");
  EXPECT_EQ(post("/xend/domain/web1", "op=domain_sched_credit_get"), "200 OK: \"{'weight': 512, 'cap': 50}\"");
  EXPECT_EQ(post("/xend/domain/web1", "op=pincpu&vcpu=0&cpumap=0%2C1"), "200 OK: 0");
  EXPECT_EQ(post("/xend/domain/web1", "op=device_create&config=" + encoded("(vif (mac 00:16:3e:00:00:01))")),
            "200 OK: (vif (dom 1 id 0))");
  EXPECT_THAT(post("/xend/domain/web1", "op=devices&type=vif"), StartsWith("200 OK: ((0 ("));
  EXPECT_EQ(post("/xend/domain/web1", "op=device_destroy&type=vif&dev=0&force=0&rm_cfg=0"), "200 OK: 0");
}

TEST_F(HttpFace, SavesAndRestores) {
  host.start_guest("web1");
  const std::string file = encoded(path("image"));
  EXPECT_EQ(post("/xend/domain/web1", "op=save&file=" + file), "202 Accepted: ");
  EXPECT_EQ(host.list(), "");
  const auto response = ask("POST", "/xend/domain", kFormType, "op=restore&file=" + file);
  EXPECT_THAT(response, StartsWith("HTTP/1.1 201 Created\r\n"));
  EXPECT_EQ(header(response, "Location"), "http://localhost/xend/domain/web1");
  EXPECT_EQ(brief(response), "201 Created: ");
  EXPECT_EQ(host.list(), "web1 -b----");
  EXPECT_THAT(post("/xend/domain", "op=restore&file=/no/such"), StartsWith("200 OK: (xend.err \"can't read"));
}

TEST_F(HttpFace, WhatRanInAThreadFailsUnderTheStatusOfSuccess) {
  host.start_guest("web1");
  EXPECT_EQ(post("/xend/domain/web1", "op=save"), "202 Accepted: (xend.err 'Missing parameter: file')");
  EXPECT_THAT(post("/xend/domain/web1", "op=save&file=/no/such/folder/x"), StartsWith("202 Accepted: (xend.err "));
  // What 3.x sent: neither port nor node.
  EXPECT_THAT(post("/xend/domain/web1", "op=migrate&destination=127.0.0.1&live=0&port=1&resource=0"),
              StartsWith("200 OK: (xend.err "));
  EXPECT_EQ(host.list(), "web1 -b----");
}

TEST_F(HttpFace, WhatTheQuerySaysCountsUnlessTheBodySaysIt) {
  host.start_guest("web1");
  EXPECT_EQ(brief(ask("POST", "/xend/domain/web1?op=dance", kFormType, "op=pause")), "200 OK: ");
  EXPECT_EQ(brief(ask("POST", "/xend/domain/web1?op=unpause", "", "")), "200 OK: ");
}

// ---- browsers ----

TEST_F(HttpFace, ABrowserIsShownThePage) {
  host.start_guest("web1");
  const auto response = ask("GET", "/xend/", kBrowser);
  EXPECT_EQ(header(response, "Content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(header(response, "Content-security-policy"), StartsWith("default-src 'none'; style-src 'unsafe-inline'"));
  EXPECT_EQ(header(response, "X-content-type-options"), "nosniff");
  EXPECT_THAT(response, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("<a href=\"/xend/domain/web1\">web1</a>"),
                              HasSubstr("<span class=\"state running\">"), Not(HasSubstr("<script")),
                              Not(HasSubstr("<form")), Not(HasSubstr("src="))));
  EXPECT_THAT(get("/xend/domain/web1", kBrowser), HasSubstr("<h1>web1</h1>"));
  EXPECT_THAT(get("/xend/node", kBrowser), HasSubstr("xen_scheduler"));
  EXPECT_THAT(get("/xend/domain/%3Cb%3E", kBrowser), AllOf(StartsWith("404 "), HasSubstr("&lt;b&gt;")));
  EXPECT_EQ(header(ask("GET", "/xend/", std::string(kBrowser) + "Accept: application/sxp\r\n"), "Content-type"),
            "text/html; charset=utf-8")
      << "the first Accept counts";
}

TEST_F(HttpFace, CurlIsShownThePageUnlessItAsksForSxp) {
  EXPECT_THAT(get("/xend", "User-Agent: curl/7.88\r\nAccept: */*\r\n"), HasSubstr("<!DOCTYPE html>"));
  EXPECT_EQ(get("/xend", "User-Agent: curl/7.88\r\nAccept: application/sxp\r\n"), "200 OK: (ls  node domain vnet)''");
}

TEST_F(HttpFace, AForeignPageCannotUseTheBrowserOfAnAdministrator) {
  host.start_guest("web1");
  const auto from = [&](const std::string& headers) {
    return ask("POST", "/xend/domain/web1", headers + kFormType, "op=destroy").substr(0, 12);
  };
  const std::string here = "User-Agent: Mozilla/5.0\r\nHost: 192.0.2.1:8000\r\n";
  EXPECT_EQ(from(here + "Origin: http://evil.example\r\n"), "403 A page o");
  EXPECT_EQ(from(here + "Origin: null\r\n"), "403 A page o");
  EXPECT_EQ(from(here + "Sec-Fetch-Site: cross-site\r\n"), "403 A page o");
  EXPECT_EQ(from("Host: evil.example:8000\r\nOrigin: http://evil.example:8000\r\n"), "403 A browse") << "rebinding";
  EXPECT_EQ(host.list(), "web1 -b----");
  EXPECT_EQ(from(here + "Origin: http://192.0.2.1:8000\r\n"), "HTTP/1.1 202") << "its own";
}

}  // namespace
}  // namespace sim
