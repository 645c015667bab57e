#include "rpc/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace rpc {
namespace {

using namespace std::string_literals;

TEST(PythonEscaped, IsTheBodyOfRepr) {
  // Left: bytes; right: repr(bytes)[1:-1] as Python 2.7 prints it.
  EXPECT_EQ(python_escaped("plain ~text"), "plain ~text");
  EXPECT_EQ(python_escaped("a\\b"), "a\\\\b");
  EXPECT_EQ(python_escaped("line\nline\r\ttab"), "line\\nline\\r\\ttab");
  EXPECT_EQ(python_escaped("\0\x1B\x7F"s), "\\x00\\x1b\\x7f");
  EXPECT_EQ(python_escaped("caf\xC3\xA9 \xFF"), "caf\\xc3\\xa9 \\xff");
}

TEST(PythonEscaped, EscapesAQuoteOnlyWhenBothKindsOccur) {
  EXPECT_EQ(python_escaped("it's"), "it's");
  EXPECT_EQ(python_escaped("\"so\""), "\"so\"");
  EXPECT_EQ(python_escaped("it's \"so\""), "it\\'s \"so\"");
}

TEST(PythonUnescaped, UndoesEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; byte++) all += static_cast<char>(byte);
  EXPECT_EQ(python_unescaped(python_escaped(all)), all);
}

TEST(PythonUnescaped, KnowsPythonsOtherEscapes) {
  EXPECT_EQ(python_unescaped("\\047\\0\\1012"), "'\0A2"s);
  EXPECT_EQ(python_unescaped("\\a\\b\\f\\v\\\"\\'"), "\a\b\f\v\"'");
  EXPECT_EQ(python_unescaped("one\\\nline"), "oneline");
}

TEST(PythonUnescaped, LeavesWhatIsNoEscape) {
  EXPECT_EQ(python_unescaped("\\d \\x1 \\xg0 \\"), "\\d \\x1 \\xg0 \\");
}

TEST(PythonRepr, IsShortestAndReadsBack) {
  EXPECT_EQ(python_repr(0), "0.0");
  EXPECT_EQ(python_repr(-0.0), "-0.0");
  EXPECT_EQ(python_repr(1), "1.0");
  EXPECT_EQ(python_repr(0.1), "0.1");
  EXPECT_EQ(python_repr(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(python_repr(1300000000.12), "1300000000.12");
  EXPECT_EQ(python_repr(0.0001), "0.0001");
  EXPECT_EQ(python_repr(0.00001), "1e-05");
  EXPECT_EQ(python_repr(1e15), "1000000000000000.0");
  EXPECT_EQ(python_repr(9999999999999998), "9999999999999998.0");
  EXPECT_EQ(python_repr(1e16), "1e+16");
  EXPECT_EQ(python_repr(-1.5e300), "-1.5e+300");
  EXPECT_EQ(python_repr(5e-324), "5e-324");
  EXPECT_EQ(python_repr(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(python_repr(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(python_repr(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(RepairedText, KeepsWhatIsUtf8) {
  const std::string good = "a\t\r\n\x7F \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\xBC \xEF\xBF\xBD";
  EXPECT_EQ(repaired_text(good), good);
}

TEST(RepairedText, ReplacesByteByByte) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(repaired_text("caf\xE9!"), "caf" + r + "!") << "Latin-1";
  EXPECT_EQ(repaired_text("\xC3"), r) << "cut off";
  EXPECT_EQ(repaired_text("\xE2\x82"), r + r) << "cut off";
  EXPECT_EQ(repaired_text("\xC0\xAF"), r + r) << "longer than needed";
  EXPECT_EQ(repaired_text("\xE0\x80\xAF"), r + r + r) << "longer than needed";
  EXPECT_EQ(repaired_text("\xED\xA0\x80"), r + r + r) << "surrogate";
  EXPECT_EQ(repaired_text("\xF4\x90\x80\x80"), r + r + r + r) << "beyond U+10FFFF";
  EXPECT_EQ(repaired_text("\xEF\xBF\xBF"), r + r + r) << "U+FFFF";
  EXPECT_EQ(repaired_text("\0\x1B[1m"s), r + r + "[1m") << "control characters";
}

TEST(XmlText, EscapesWhatAParserWouldChange) {
  EXPECT_EQ(xml_text("<a & b>\r\n'\""), "&lt;a &amp; b&gt;&#13;\n'\"");
}

}  // namespace
}  // namespace rpc
