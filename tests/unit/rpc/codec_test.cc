#include "rpc/codec.h"

#include <gtest/gtest.h>

#include <limits>

namespace rpc {
namespace {

using namespace std::string_literals;

Value through_call(const Value& v) {
  return decode_call(encode_call("m", {v})).params.at(0);
}

std::string call_with(const std::string& value) {
  return "<methodCall><methodName>m</methodName><params><param>" + value + "</param></params></methodCall>";
}

Value decoded(const std::string& value) {
  return decode_call(call_with(value)).params.at(0);
}

std::string decode_error(const std::string& xml, const XmlLimits& limits = {}) {
  try {
    decode_call(xml, limits);
  } catch (const DecodeError& e) {
    return e.what();
  }
  return "accepted";
}

// What xmlrpc.client of Python 3.11 makes of dumps((1, -5, 'a<b&c>', True, None, 1.5, ['a', ['b']], {'k': 1, 'l': {}}),
// 'm').
constexpr const char* kPythonsCall = R"(<?xml version='1.0'?>
<methodCall>
<methodName>m</methodName>
<params>
<param>
<value><int>1</int></value>
</param>
<param>
<value><int>-5</int></value>
</param>
<param>
<value><string>a&lt;b&amp;c&gt;</string></value>
</param>
<param>
<value><boolean>1</boolean></value>
</param>
<param>
<value><nil/></value></param>
<param>
<value><double>1.5</double></value>
</param>
<param>
<value><array><data>
<value><string>a</string></value>
<value><array><data>
<value><string>b</string></value>
</data></array></value>
</data></array></value>
</param>
<param>
<value><struct>
<member>
<name>k</name>
<value><int>1</int></value>
</member>
<member>
<name>l</name>
<value><struct>
</struct></value>
</member>
</struct></value>
</param>
</params>
</methodCall>
)";

const Array& pythons_params() {
  static const Array params = {
      1, -5, "a<b&c>", true, {}, 1.5, Array{"a", Array{"b"}}, Struct{{"k", 1}, {"l", Struct{}}}};
  return params;
}

TEST(Codec, WritesCallsByteForByteAsPythonDoes) {
  EXPECT_EQ(encode_call("m", pythons_params()), kPythonsCall);
}

TEST(Codec, ReadsPythonsCalls) {
  const MethodCall call = decode_call(kPythonsCall);
  EXPECT_EQ(call.method, "m");
  EXPECT_EQ(call.params, pythons_params());
}

TEST(Codec, WritesResponsesAndFaultsAsPythonDoes) {
  EXPECT_EQ(encode_response(Array{}), R"(<?xml version='1.0'?>
<methodResponse>
<params>
<param>
<value><array><data>
</data></array></value>
</param>
</params>
</methodResponse>
)");
  EXPECT_EQ(encode_fault(3, "x"), R"(<?xml version='1.0'?>
<methodResponse>
<fault>
<value><struct>
<member>
<name>faultCode</name>
<value><int>3</int></value>
</member>
<member>
<name>faultString</name>
<value><string>x</string></value>
</member>
</struct></value>
</fault>
</methodResponse>
)");
}

TEST(Codec, AResponseThatIsAStringTravelsEscaped) {
  const std::string log = "[2013] it's \"here\"\n\tcaf\xC3\xA9 \xFF\\";
  const std::string xml = encode_response(log);
  EXPECT_NE(xml.find(R"(<string>[2013] it\'s "here"\n\tcaf\xc3\xa9 \xff\\</string>)"), xml.npos) << xml;
  EXPECT_EQ(decode_response(xml), Value(log));
}

TEST(Codec, StringsInsideAResponseTravelAsTheyAre) {
  const Value v = Array{"a\\n\nb", Struct{{"k\n", "caf\xC3\xA9"}}};
  EXPECT_EQ(decode_response(encode_response(v)), v);
}

TEST(Codec, BytesThatXmlCannotCarryAreReplaced) {
  EXPECT_EQ(through_call("caf\xE9\x01"), Value("caf\xEF\xBF\xBD\xEF\xBF\xBD"));
}

TEST(Codec, WhiteSpaceSurvives) {
  for (const char* text : {"", " ", "\n", "  \t\n ", " a ", "\r\n", "\ra", "a\n\nb", "]]>"}) {
    EXPECT_EQ(through_call(text), Value(text));
    EXPECT_EQ(through_call(Struct{{text, 1}}), Value(Struct{{text, 1}}));
  }
  EXPECT_EQ(decoded("<value><string> </string></value>"), Value(" ")) << "as Python sends it";
}

TEST(Codec, IntegersAre32BitsWide) {
  EXPECT_EQ(through_call(2147483647), Value(2147483647));
  EXPECT_EQ(through_call(-2147483647 - 1), Value(-2147483647 - 1));
  for (const std::int64_t n : {INT64_C(2147483648), INT64_C(-2147483649), INT64_MAX}) {
    try {
      encode_response(Array{1, n});
      FAIL() << n << " was accepted";
    } catch (const Fault& fault) {
      EXPECT_EQ(fault.code(), 1);
      EXPECT_STREQ(fault.what(), "int exceeds XML-RPC limits");
    }
  }
}

TEST(Codec, DoublesReadBackTheSame) {
  for (const double d : {0.0, 0.1, 1e-300, 123456789.123456789, std::numeric_limits<double>::max(), 5e-324}) {
    EXPECT_EQ(through_call(d), Value(d));
  }
}

TEST(Codec, ReadsTheOtherWaysToWriteAValue) {
  EXPECT_EQ(decoded("<value>bare</value>"), Value("bare"));
  EXPECT_EQ(decoded("<value/>"), Value(""));
  EXPECT_EQ(decoded("<value><string/></value>"), Value(""));
  EXPECT_EQ(decoded("<value> </value>"), Value(" "));
  EXPECT_EQ(decoded("<value>\n <i4> 7 </i4>\n</value>"), Value(7));
  EXPECT_EQ(decoded("<value><i8>-9000000000</i8></value>"), Value(INT64_C(-9000000000)));
  EXPECT_EQ(decoded("<value><int>+7</int></value>"), Value(7));
  EXPECT_EQ(decoded("<value><string>a<!-- no -->b<![CDATA[<c>]]></string></value>"), Value("ab<c>"));
  EXPECT_EQ(decoded("<value><string>&#65;&#x42;&apos;&quot;</string></value>"), Value("AB'\""));
}

TEST(Codec, ACallNeedsNoParams) {
  EXPECT_EQ(decode_call("<methodCall><methodName>m</methodName></methodCall>").params.size(), 0U);
}

TEST(Codec, SaysWhatIsWrong) {
  EXPECT_EQ(decode_error(""), "The XML is empty; <methodCall> is expected.");
  EXPECT_EQ(decode_error("<a/>"), "The XML is no XML-RPC: line 1, <a>: <methodCall> is expected.");
  EXPECT_EQ(decode_error(call_with("\n<value><int>1x</int></value>")),
            "The XML is no XML-RPC: line 2, <int>: `1x` is not a 64-bit integer.");
  EXPECT_EQ(decode_error(call_with("<value><boolean>2</boolean></value>")),
            "The XML is no XML-RPC: line 1, <boolean>: `2` is neither 0 nor 1.");
  EXPECT_EQ(decode_error(call_with("<value><base64>AA==</base64></value>")),
            "The XML is no XML-RPC: line 1, <base64>: xend knows no values of this type.");
  EXPECT_EQ(decode_error("<methodCall><methodName>m</wrong></methodCall>"),
            "This is not XML: XML_ERROR_MISMATCHED_ELEMENT in line 1.");
}

TEST(Codec, RefusesWhatIsNoCall) {
  for (const char* xml : {"junk", "<", "<>", "< a/>", "</a>", "<methodCall", "<methodCall>", "<methodCall/>",
                          "\xFF\xFE<\0a", "<methodCall><params/><methodName>m</methodName></methodCall>",
                          "<methodCall><methodName>m</methodName><params><value/></params></methodCall>",
                          "<methodCall><methodName><a/></methodName></methodCall>", "<methodCall a='1></methodCall>",
                          "<methodResponse><params/></methodResponse>"}) {
    EXPECT_NE(decode_error(xml), "accepted") << xml;
  }
  for (const char* value : {"<value><int/></value>", "<value><int>99999999999999999999</int></value>",
                            "<value><array/></value>", "<value><array><data/><data/></array></value>",
                            "<value><int>1</int><int>2</int></value>", "<value><struct><member/></struct></value>",
                            "<value><double>one</double></value>", "<int>1</int>", "<value/><value/>", ""}) {
    EXPECT_NE(decode_error(call_with(value)), "accepted") << value;
  }
}

TEST(Codec, HasNoDocumentTypesAndNoEntities) {
  const std::string bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]>" + call_with("<value>&a;</value>");
  EXPECT_EQ(decode_error(bomb), "The XML cannot be accepted: a document type declaration at byte 0.");
  EXPECT_NE(decode_error(call_with("<value>&a;</value>")).find("the unknown reference &a;"), std::string::npos);
  for (const char* reference : {"&", "& ", "&#0;", "&#xD800;", "&#1114112;", "&#99999999999;", "&#x;", "&;", "&#-1;"}) {
    EXPECT_NE(decode_error(call_with("<value>"s + reference + "</value>")), "accepted") << reference;
  }
}

std::string nested(std::size_t lists) {
  std::string open, close;
  for (std::size_t i = 0; i < lists; i++) {
    open += "<value><array><data>";
    close += "</data></array></value>";
  }
  return call_with(open + close);
}

TEST(Codec, TakesListsNestedThirtyDeepButNotAHundred) {
  EXPECT_EQ(decode_error(nested(30)), "accepted");
  EXPECT_NE(decode_error(nested(100)).find("more than 96 elements inside each other"), std::string::npos);
  EXPECT_NE(decode_error(nested(100'000)).find("more than 96 elements inside each other"), std::string::npos);
}

TEST(Codec, TagsThatAreOnlyTextDoNotCountAsDepth) {
  std::string comment = "<value><string>";
  for (int i = 0; i < 200; i++) comment += "<!-- <a> --><![CDATA[<a>]]>";
  EXPECT_EQ(decode_error(call_with(comment + "</string></value>")), "accepted");
}

TEST(Codec, LimitsAreCheckedFirst) {
  EXPECT_EQ(decode_error(std::string(1000, ' '), {.bytes = 999}),
            "The XML is 1000 bytes long; at most 999 are accepted.");
  std::string many;
  for (int i = 0; i < 100; i++) many += "<value/>";
  const std::string xml = call_with("<value><array><data>" + many + "</data></array></value>");
  EXPECT_NE(decode_error(xml, {.elements = 100}).find("more than 100 elements at byte"), std::string::npos);
  EXPECT_EQ(decode_error(xml, {.elements = 107}), "accepted");
  EXPECT_NE(decode_error("<methodCall>\0</methodCall>"s).find("a NUL byte at byte 12"), std::string::npos);
}

TEST(Codec, EveryCutOfACallIsRefused) {
  const std::string whole = kPythonsCall;
  const std::size_t last = whole.rfind('>');
  for (std::size_t n = 0; n <= last; n++) EXPECT_NE(decode_error(whole.substr(0, n)), "accepted") << n;
}

TEST(Codec, AFaultIsThrown) {
  try {
    decode_response(encode_fault(3, "it's <unknown>\n"));
    FAIL() << "no fault";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.code(), 3);
    EXPECT_STREQ(fault.what(), "it's <unknown>\n");
  }
}

TEST(Codec, RefusesResponsesThatAreNone) {
  for (const char* xml : {"", "<html/>", "<methodResponse/>", "<methodResponse><params/></methodResponse>",
                          "<methodResponse><fault/></methodResponse>",
                          "<methodResponse><fault><value><int>1</int></value></fault></methodResponse>"}) {
    EXPECT_THROW(decode_response(xml), DecodeError) << xml;
  }
}

}  // namespace
}  // namespace rpc
