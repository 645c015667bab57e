// Queries and bodies of forms, read as Python's cgi module reads them; and what is no form.
#include "xend/api/http_face/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xend/error.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kUrlEncoded = "application/x-www-form-urlencoded";

Form form(const std::string& type, const std::string& body, const std::string& target = "/") {
  rpc::RequestHead head;
  head.method = "POST";
  head.target = target;
  if (!type.empty()) head.headers.emplace_back("Content-Type", type);
  return Form(head, body);
}

std::string error(const std::string& type, const std::string& body) {
  try {
    form(type, body);
    return "no error";
  } catch (const rpc::HttpError& e) {
    return e.what();
  }
}

TEST(Forms, UrlEncoded) {
  const Form f = form(kUrlEncoded, "op=create&config=%28vm+%27a%20b%27%29&blank=&bare&op=again;x=1");
  EXPECT_THAT(f.all("op"), ElementsAre("create", "again"));
  EXPECT_THAT(f.all("config"), ElementsAre("(vm 'a b')"));
  EXPECT_THAT(f.all("blank"), ElementsAre(""));
  EXPECT_THAT(f.all("bare"), ElementsAre(""));
  EXPECT_THAT(f.all("x"), ElementsAre("1"));
  EXPECT_THAT(f.all("nosuch"), IsEmpty());
}

TEST(Forms, WhatIsNoEscapeStays) {
  EXPECT_EQ(form(kUrlEncoded, "a=100%&b=%zz&c=%4").one("a"), "100%");
  EXPECT_EQ(form(kUrlEncoded, "b=%zz").one("b"), "%zz");
  EXPECT_EQ(form(kUrlEncoded, "c=%4").one("c"), "%4");
  EXPECT_EQ(form(kUrlEncoded, "d=%ff%00x").one("d"), std::string("\xff\0x", 3));
}

TEST(Forms, TheQueryCountsWhereTheBodyIsSilent) {
  const Form f = form(std::string(kUrlEncoded) + "; charset=utf-8", "a=body", "/xend?a=query&b=query&blank=");
  EXPECT_THAT(f.all("a"), ElementsAre("body"));
  EXPECT_THAT(f.all("b"), ElementsAre("query"));
  EXPECT_THAT(f.all("blank"), IsEmpty()) << "as Python's parse_qs";
}

TEST(Forms, OneValue) {
  EXPECT_EQ(form(kUrlEncoded, "a=1").one("b"), std::nullopt);
  EXPECT_THROW(form(kUrlEncoded, "a=1&a=2").one("a"), Error);
}

TEST(Forms, OtherBodiesSayNothing) {
  EXPECT_THAT(form("text/plain", "op=destroy").all("op"), IsEmpty());
  EXPECT_THAT(form("", "op=destroy").all("op"), IsEmpty());
}

TEST(Forms, Multipart) {
  const std::string body =
      "preamble\r\n--a b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nline\r\n--not a boundary\r\n"
      "--a b\nCONTENT-DISPOSITION: form-data; filename=\"f;\\\"n\\\"\"; name=y\n\n\n--a b--\r\nepilogue";
  const Form f = form("multipart/form-data; boundary=\"a b\"", body);
  EXPECT_THAT(f.all("x"), ElementsAre("line\r\n--not a boundary"));
  EXPECT_THAT(f.all("y"), ElementsAre(""));
}

TEST(Forms, MultipartThatIsNone) {
  EXPECT_EQ(error("multipart/form-data", "x"), "The multipart body is none: the Content-Type names no boundary.");
  EXPECT_EQ(error("multipart/form-data; boundary=X", "x"),
            "The multipart body is none: the boundary does not occur in it.");
  EXPECT_EQ(error("multipart/form-data; boundary=X", "--X\r\nA: b\r\n\r\nx"),
            "The multipart body is none: the closing boundary is missing.");
  EXPECT_EQ(error("multipart/form-data; boundary=X", "--X\r\nA: b\r\n--X--"),
            "The multipart body is none: a part has no empty line after its headers.");
  EXPECT_EQ(error("multipart/form-data; boundary=X", "--X--"), "no error");
  EXPECT_EQ(error("multipart/form-data; boundary=X", "--X"),
            "The multipart body is none: the closing boundary is missing.");
}

TEST(Forms, AHundredValuesAreEnough) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "a=1&";
  EXPECT_EQ(error(kUrlEncoded, many), "no error");
  EXPECT_EQ(error(kUrlEncoded, many + "b=2"), "The request has more than 100 arguments.");
  EXPECT_THROW(form("", "", "/?" + many + "b=2"), rpc::HttpError);
}

TEST(Paths, AreDecodedByElement) {
  EXPECT_THAT(path_elements("/xend/domain/a%2Fb+c?x=/y"), ElementsAre("xend", "domain", "a/b+c"));
  EXPECT_THAT(path_elements("/"), ElementsAre(""));
  EXPECT_THAT(path_elements(""), ElementsAre(""));
  EXPECT_THAT(path_elements("//x/"), ElementsAre("", "x", ""));
}

}  // namespace
}  // namespace xend
