// Properties of parser and printer together, on random values. The seed is fixed, so that a failure comes again; it is
// printed with the value.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "sxp/parser.h"
#include "sxp/printer.h"

namespace sxp {
namespace {

constexpr unsigned kSeed = 20091122;
constexpr int kRounds = 3000;

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  // Half of all texts are made of bytes that mean something to the parser.
  std::string text() {
    static const std::string kSpecial = "()'\"\\#{}<>[]; \t\n@x41a0.\x04";
    const bool special = below(2) == 0;
    std::string out;
    for (std::size_t n = below(12); n > 0; --n)
      out += special ? kSpecial[below(kSpecial.size())] : static_cast<char>(below(256));
    return out;
  }

  Value value(int depth) {
    if (depth == 0 || below(3) == 0) return text();
    List items;
    for (std::size_t n = below(6); n > 0; --n) items.push_back(value(depth - 1));
    return items;
  }

 private:
  std::mt19937 random_;
};

std::vector<Value> parse_byte_by_byte(const std::string& text) {
  Parser parser;
  std::vector<Value> values;
  for (const char c : text) {
    for (const std::string_view byte(&c, 1); parser.feed(byte) == 0;) {
    }
    while (std::optional<Value> v = parser.next()) values.push_back(*v);
  }
  parser.finish();
  while (std::optional<Value> v = parser.next()) values.push_back(*v);
  return values;
}

TEST(RoundTrip, PrintedValuesParseToThemselves) {
  Generator make(kSeed);
  for (int i = 0; i < kRounds; ++i) {
    const Value v = make.value(6);
    SCOPED_TRACE(to_string(v));
    ASSERT_EQ(parse_all(to_string(v)), std::vector<Value>{v});
  }
}

TEST(RoundTrip, PrettyPrintedValuesParseToThemselves) {
  Generator make(kSeed + 1);
  for (int i = 0; i < kRounds; ++i) {
    const Value v = make.value(6);
    SCOPED_TRACE(to_string(v));
    ASSERT_EQ(parse_all(pretty(v, make.below(100))), std::vector<Value>{v});
  }
}

TEST(RoundTrip, PiecesOfAnySizeGiveTheSame) {
  Generator make(kSeed + 2);
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = to_string(make.value(4)) + (make.below(2) ? "\n" : " ") + to_string(make.value(4));
    SCOPED_TRACE(text);
    ASSERT_EQ(parse_byte_by_byte(text), parse_all(text));
  }
}

// What parses at all, whatever it looks like, prints to something that parses to the same.
TEST(RoundTrip, RandomTextEitherFailsOrRoundTrips) {
  Generator make(kSeed + 3);
  int parsed = 0;
  for (int i = 0; i < 20 * kRounds; ++i) {
    const std::string text = make.text();
    SCOPED_TRACE(text);
    try {
      const std::vector<Value> values = parse_all(text);
      ++parsed;
      std::string again;
      for (const Value& v : values) again += to_string(v) + "\n";
      ASSERT_EQ(parse_all(again), values);
      ASSERT_EQ(parse_byte_by_byte(text), values);
    } catch (const ParseError&) {
      ASSERT_THROW(parse_byte_by_byte(text), ParseError);
    }
  }
  EXPECT_GT(parsed, 1000);
}

}  // namespace
}  // namespace sxp
