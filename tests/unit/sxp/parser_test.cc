// The vectors of spec xend-config section 13 for the parser, its errors, its limits, and feeding in pieces.
#include "sxp/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sxp/value.h"

namespace sxp {
namespace {

using namespace std::string_literals;

Value l(std::initializer_list<Value> items) {
  return Value::list(items);
}

struct Vector {
  std::string input;
  std::vector<Value> values;
};

void PrintTo(const Vector& v, std::ostream* out) {
  *out << "`" << v.input << "`";
}

class ParserVectors : public testing::TestWithParam<Vector> {};

TEST_P(ParserVectors, GiveTheseValues) {
  EXPECT_EQ(parse_all(GetParam().input), GetParam().values);
}

INSTANTIATE_TEST_SUITE_P(Lists, ParserVectors,
                         testing::Values(Vector{"(a b)", {l({"a", "b"})}}, Vector{"a b 'c d'", {"a", "b", "c d"}},
                                         Vector{"()", {Value(List{})}}, Vector{"(())", {l({Value(List{})})}},
                                         Vector{"(a '')", {l({"a", ""})}}, Vector{"", {}}, Vector{" \t\n\v\f\r", {}},
                                         Vector{"(args )", {l({"args"})}},
                                         Vector{"(a (b c)d)", {l({"a", l({"b", "c"}), "d"})}},
                                         Vector{"(a)(b)", {l({"a"}), l({"b"})}}));

INSTANTIATE_TEST_SUITE_P(
    AtomsAndComments, ParserVectors,
    testing::Values(Vector{"(a b{c}d;e<f>[g])", {l({"a", "b", "{c", "}d", ";e", "<f", ">", "[g", "]"})}},
                    Vector{"(a b'c d')", {l({"a", "b'c", "d'"})}}, Vector{"(a #c\n b)", {l({"a", "b"})}},
                    Vector{"(a b#c\n)", {l({"a", "b"})}}, Vector{"(a \\n)", {l({"a", "\\n"})}},
                    Vector{"a#comment without a newline", {"a"}}, Vector{"a\xc3\xa9\x01z", {"a\xc3\xa9\x01z"}},
                    Vector{"$^*+=,!@%&|\\/~?:.`", {"$^*+=,!@%&|\\/~?:.`"}}, Vector{"a!b", {"a!b"}},
                    Vector{"1 '1' \"1\"", {"1", "1", "1"}}, Vector{"(a b) \x04 (c d)", {l({"a", "b"})}},
                    Vector{"\x04)", {}}));

INSTANTIATE_TEST_SUITE_P(
    Strings, ParserVectors,
    testing::Values(Vector{R"((a 'x\\.y'))", {l({"a", R"(x\.y)"})}}, Vector{R"((a 'x\.y'))", {l({"a", R"(x\.y)"})}},
                    Vector{R"((a '\x41'))", {l({"a", "A"})}}, Vector{R"((a '\x4A'))", {l({"a", "J"})}},
                    Vector{R"('\xc3\xa9')", {"\xc3\xa9"}}, Vector{R"((a '\101b'))", {l({"a", "Ab"})}},
                    Vector{R"('\0\12\1018')", {"\0\nA8"s}}, Vector{R"('\7')", {"\a"}},
                    Vector{R"('\a\b\t\n\v\f\r\\\'\"')", {"\a\b\t\n\v\f\r\\'\""}},
                    Vector{R"('a\ b\
')",
                           {"a\\ b\\\n"}},
                    Vector{R"((a 'it"s' "it's"))", {l({"a", "it\"s", "it's"})}}, Vector{"'b''c'", {"b", "c"}},
                    Vector{"'a'b", {"a", "b"}}, Vector{"'a\n#b'", {"a\n#b"}}, Vector{"'\0\xff'"s, {"\0\xff"s}}));

// What spec 7.4 says about patterns in the configuration file, with the mended reading of the second line.
INSTANTIATE_TEST_SUITE_P(Patterns, ParserVectors,
                         testing::Values(Vector{R"('^a\\.b$')", {R"(^a\.b$)"}}, Vector{R"('^a\.b$')", {R"(^a\.b$)"}},
                                         Vector{R"(^a\.b$)", {R"(^a\.b$)"}}, Vector{R"(^a\\.b$)", {R"(^a\\.b$)"}},
                                         Vector{"'^a$ ^b$'", {"^a$ ^b$"}}, Vector{"^a$ ^b$", {"^a$", "^b$"}}));

struct Bad {
  std::string input, message;
  std::size_t line, column;
};

void PrintTo(const Bad& b, std::ostream* out) {
  *out << "`" << b.input << "`";
}

class ParserErrors : public testing::TestWithParam<Bad> {};

TEST_P(ParserErrors, NameThePlace) {
  const Bad& bad = GetParam();
  try {
    parse_all(bad.input);
    FAIL() << "no error";
  } catch (const ParseError& e) {
    EXPECT_EQ(e.message(), bad.message);
    EXPECT_EQ(e.line(), bad.line);
    EXPECT_EQ(e.column(), bad.column);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ParserErrors,
                         testing::Values(Bad{")", "syntax error: )", 1, 1}, Bad{"(a b))", "syntax error: )", 1, 6},
                                         Bad{"(a\n  \xc3\xa9)", "invalid character: code 195", 2, 3},
                                         Bad{"(a \x04)", "invalid character: code 4", 1, 4},
                                         Bad{"\x7f", "invalid character: code 127", 1, 1},
                                         Bad{R"((a '\777'))", "invalid octal escape: out of range 777", 1, 9},
                                         Bad{R"((a '\4008'))", "invalid octal escape: out of range 400", 1, 9},
                                         Bad{R"('\x4g')", "invalid hex escape: out of range x4g", 1, 5},
                                         Bad{"'\\x\n'", "invalid hex escape: out of range x", 1, 4},
                                         Bad{"(a b", "unexpected EOF", 1, 5}, Bad{"(a b\n", "unexpected EOF", 2, 1},
                                         Bad{"(a #b", "unexpected EOF", 1, 6}, Bad{"(a 'b", "unexpected EOF", 1, 6},
                                         Bad{"'a\\", "unexpected EOF", 1, 4}, Bad{"'a\\1", "unexpected EOF", 1, 5},
                                         Bad{"'a\\x4", "unexpected EOF", 1, 6},
                                         Bad{"(a)\n(b (c d)\n(e f)\n", "unexpected EOF", 4, 1}));

std::string error_of(const std::string& text, Limits limits = {}) {
  try {
    parse_all(text, limits);
  } catch (const ParseError& e) {
    return e.what();
  }
  return "";
}

TEST(ParserErrorText, SaysWhereTheUnfinishedPartStarts) {
  EXPECT_EQ(error_of("(a)\n (b (c d)\n(e f)\n"),
            "line 4, column 1: unexpected EOF (the list that starts at line 2, column 2 is not closed)");
  EXPECT_EQ(error_of("(a)\n 'b"),
            "line 2, column 4: unexpected EOF (the string that starts at line 2, column 2 is not closed)");
  EXPECT_EQ(error_of(")"), "line 1, column 1: syntax error: )");
}

// ---- in pieces ----

TEST(ParserPieces, ValueEndsAtItsClosingParenthesis) {
  Parser parser;
  EXPECT_EQ(parser.feed("(ready receive)\nIMAGE"), 15u);
  EXPECT_EQ(parser.next(), l({"ready", "receive"}));
  EXPECT_EQ(parser.next(), std::nullopt);
}

TEST(ParserPieces, AtomTakesTheWhiteSpaceAfterItAndNoByteOfTheImage) {
  Parser parser;
  EXPECT_EQ(parser.feed("receive"), 7u);
  EXPECT_EQ(parser.next(), std::nullopt);
  EXPECT_FALSE(parser.idle());
  EXPECT_EQ(parser.feed("\nLinuxGuestRecord"), 1u);
  EXPECT_EQ(parser.next(), Value("receive"));
  EXPECT_TRUE(parser.idle());
}

TEST(ParserPieces, AtomLeavesAnyOtherByteThatEndsIt) {
  Parser parser;
  EXPECT_EQ(parser.feed("a(b)"), 1u);
  EXPECT_EQ(parser.next(), Value("a"));
  EXPECT_EQ(parser.feed("a"), 1u);
  EXPECT_EQ(parser.feed("#c"), 0u);
  EXPECT_EQ(parser.next(), Value("a"));
  EXPECT_EQ(parser.feed("#c"), 2u);
}

TEST(ParserPieces, FinishCompletesAnAtom) {
  Parser parser;
  parser.feed("help");
  parser.finish();
  EXPECT_EQ(parser.next(), Value("help"));
}

TEST(ParserPieces, IdleBetweenValuesOnly) {
  Parser parser;
  EXPECT_TRUE(parser.idle());
  parser.feed(" \n# comment");
  EXPECT_TRUE(parser.idle());
  parser.feed("\n(");
  EXPECT_FALSE(parser.idle());
  parser.feed(")");
  EXPECT_TRUE(parser.idle());
  parser.feed("'a");
  EXPECT_FALSE(parser.idle());
}

TEST(ParserPieces, NothingIsReadAfterEndOfText) {
  Parser parser;
  EXPECT_EQ(parser.feed("\x04)))"), 4u);
  EXPECT_TRUE(parser.at_end());
  EXPECT_EQ(parser.feed("'"), 1u);
  parser.finish();
  EXPECT_EQ(parser.next(), std::nullopt);
}

TEST(ParserOne, GivesTheFirstOfAll) {
  EXPECT_EQ(parse_one("(a) (b)"), l({"a"}));
  EXPECT_EQ(parse_one(" # nothing"), Value(List{}));
  EXPECT_THROW(parse_one("(a) (b"), ParseError);
}

// ---- limits ----

TEST(ParserLimits, Depth) {
  const std::string deepest = std::string(64, '(') + std::string(64, ')');
  EXPECT_EQ(parse_all(deepest).size(), 1u);
  EXPECT_EQ(error_of("(" + deepest + ")"), "line 1, column 65: expression too deep: more than 64 lists in one another");
}

TEST(ParserLimits, BytesAreCountedPerTopLevelValue) {
  const Limits limits{.bytes = 6};
  EXPECT_EQ(parse_all("(abcd)(efgh)", limits).size(), 2u);
  EXPECT_EQ(error_of("(abcd)(efghi)", limits), "line 1, column 13: expression too long: more than 6 bytes");
  EXPECT_EQ(error_of("#aaaaaaaaa", limits), "line 1, column 7: expression too long: more than 6 bytes");
}

TEST(ParserLimits, ItemsAreCountedPerTopLevelValue) {
  const Limits limits{.items = 4};
  EXPECT_EQ(parse_all("(a b c) ('a' () ())", limits).size(), 2u);
  EXPECT_EQ(error_of("(a b ())()", limits), "");
  EXPECT_EQ(error_of("(a b ()())", limits), "line 1, column 8: expression too long: more than 4 items");
}

}  // namespace
}  // namespace sxp
