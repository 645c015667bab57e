// The vectors of spec xend-config section 13 for the printer, and the layout of section 9.
#include "sxp/printer.h"

#include <gtest/gtest.h>

#include <limits>

#include "sxp/value.h"

namespace sxp {
namespace {

Value l(std::initializer_list<Value> items) {
  return Value::list(items);
}

TEST(Printer, PlainWordsAreBare) {
  for (const char* text : {"@", "a/b-c_d.e:f~g", "0-3", "10.0.0.1", "x", "007"}) EXPECT_EQ(to_string(text), text);
}

TEST(Printer, EverythingElseIsQuoted) {
  EXPECT_EQ(to_string(""), "''");
  EXPECT_EQ(to_string("it's"), R"("it's")");
  EXPECT_EQ(to_string(R"(it's "x")"), R"('it\'s "x"')");
  EXPECT_EQ(to_string(R"(say "x")"), R"('say "x"')");
  EXPECT_EQ(to_string(R"(a\b)"), R"('a\\b')");
  EXPECT_EQ(to_string(R"(it's a\b)"), R"("it's a\\b")");
  for (const char* text : {"x=y", "a+b", "a@b", "*", "!", "@@", "a,b", "root=/dev/xvda1 ro", "(", "#"})
    EXPECT_EQ(to_string(text), "'" + std::string(text) + "'");
}

TEST(Printer, BytesOutsidePrintableAsciiAreEscaped) {
  EXPECT_EQ(to_string("\xc3\xa9"), R"('\xc3\xa9')");
  EXPECT_EQ(to_string("a\tb\r\n"), R"('a\tb\r\n')");
  EXPECT_EQ(to_string(std::string("\0\x1f\x7f\xff", 4)), R"('\x00\x1f\x7f\xff')");
}

TEST(Printer, NumbersAndOthers) {
  EXPECT_EQ(to_string(1), "1");
  EXPECT_EQ(to_string(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(to_string(true), "True");
  EXPECT_EQ(to_string(false), "False");
  EXPECT_EQ(to_string(Value()), "'None'");
}

TEST(Printer, FloatsHaveTwelveDigits) {
  EXPECT_EQ(to_string(1.0), "1.0");
  EXPECT_EQ(to_string(-0.0), "-0.0");
  EXPECT_EQ(to_string(0.1 + 0.2), "0.3");
  EXPECT_EQ(to_string(1e20), "1e+20");
  EXPECT_EQ(to_string(1300000000.12), "1300000000.12");
  EXPECT_EQ(to_string(1e-5), "1e-05");
}

TEST(Printer, Lists) {
  EXPECT_EQ(to_string(List{}), "()");
  EXPECT_EQ(to_string(l({"a", l({"b", 1}), List{}, true})), "(a (b 1) () True)");
}

Value domain() {
  return l(
      {"domain", l({"domid", 1}), l({"name", "x"}),
       l({"image", l({"linux", l({"kernel", "/boot/vmlinuz-2.6.32-5-xen-amd64"}), l({"args", "root=/dev/xvda1 ro"})})}),
       l({"device", l({"vbd", l({"uname", "phy:vg/lv"})})})});
}

// xendomains greps this: every line must stand where it stands. The linux element is 77 bytes long and starts at
// column 8.
TEST(PrettyPrinter, LayoutThatScriptsReadLineByLine) {
  EXPECT_EQ(pretty(domain()),
            "(domain\n"
            "    (domid 1)\n"
            "    (name x)\n"
            "    (image\n"
            "        (linux\n"
            "            (kernel /boot/vmlinuz-2.6.32-5-xen-amd64)\n"
            "            (args 'root=/dev/xvda1 ro')\n"
            "        )\n"
            "    )\n"
            "    (device (vbd (uname phy:vg/lv)))\n"
            ")\n");
}

TEST(PrettyPrinter, ShortListsStayOnOneLine) {
  EXPECT_EQ(pretty(l({"domain", l({"name", "x"})})), "(domain (name x))\n");
  EXPECT_EQ(pretty("word"), "word\n");
  EXPECT_EQ(pretty(List{}, 1), "()\n");
}

TEST(PrettyPrinter, ALineMayBeExactlyAsLongAsTheWidth) {
  const Value v = l({"name", std::string(73, 'x')});
  ASSERT_EQ(to_string(v).size(), 80u);
  EXPECT_EQ(pretty(v), to_string(v) + "\n");
  EXPECT_EQ(pretty(v, 79), "(name\n    " + std::string(73, 'x') + "\n)\n");
}

TEST(PrettyPrinter, ClosingParenthesesOfOuterListsDoNotCount) {
  // (b xxxxxx) starts at column 4 and ends at column 14; the `)` of (a ...) stands on a line of its own.
  EXPECT_EQ(pretty(l({"a", l({"b", "xxxxxx"}), "yyyy"}), 14), "(a\n    (b xxxxxx)\n    yyyy\n)\n");
}

TEST(PrettyPrinter, FirstItemMayBeAListThatIsBroken) {
  EXPECT_EQ(pretty(l({l({"aaaa", "bbbb"}), "c"}), 6), "((aaaa\n     bbbb\n )\n    c\n)\n");
}

}  // namespace
}  // namespace sxp
