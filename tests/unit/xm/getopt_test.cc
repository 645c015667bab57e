// Option parsing: every text of spec xm-cli 1.3, and how options and operands mix in each style.
#include "xm/getopt.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<OptionSpec> kSpecs = {
    {'l', "long", "", ""}, {'d', "domain", "DOM", ""}, {0, "state", "S", ""}, {'s', "short", "", ""}};

std::string error_of(const std::vector<std::string>& words, OptionStyle style = OptionStyle::kGnu) {
  try {
    parse_words(words, kSpecs, style);
  } catch (const GetoptError& e) {
    return e.what();
  }
  return "no error";
}

TEST(Getopt, SaysWhatIsWrong) {
  EXPECT_EQ(error_of({"-x"}), "option -x not recognized");
  EXPECT_EQ(error_of({"-lx"}), "option -x not recognized");
  EXPECT_EQ(error_of({"--foo"}), "option --foo not recognized");
  EXPECT_EQ(error_of({"--foo=bar"}), "option --foo not recognized");
  EXPECT_EQ(error_of({"-d"}), "option -d requires argument");
  EXPECT_EQ(error_of({"--sta"}), "option --state requires argument");
  EXPECT_EQ(error_of({"--lo=1"}), "option --long must not have an argument");
  EXPECT_EQ(error_of({"--s"}), "option --s not a unique prefix");
}

// "--do" was --domain before there were others that begin so.
TEST(Getopt, WhatIsNewIsWrittenInFull) {
  std::vector<OptionSpec> specs = kSpecs;
  specs.push_back({0, "download", "", "", OptionSpec::kInFull});
  specs.push_back({0, "dom", "", "", OptionSpec::kInFull});
  EXPECT_EQ(*parse_words({"--do", "vm"}, specs, OptionStyle::kGnu).value("domain"), "vm");
  EXPECT_TRUE(parse_words({"--download"}, specs, OptionStyle::kGnu).has("download"));
  EXPECT_TRUE(parse_words({"--dom"}, specs, OptionStyle::kGnu).has("dom"));
  EXPECT_THROW(parse_words({"--dow"}, specs, OptionStyle::kGnu), GetoptError);
}

TEST(Getopt, AcceptsEveryFormOfAnArgument) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"-dvm"}, {"-d", "vm"}, {"-ldvm"}, {"--domain=vm"}, {"--domain", "vm"}, {"--do", "vm"}, {"--d=vm"}}) {
    const ParsedWords parsed = parse_words(words, kSpecs, OptionStyle::kGnu);
    ASSERT_NE(parsed.value("domain"), nullptr);
    EXPECT_EQ(*parsed.value("domain"), "vm");
  }
  EXPECT_EQ(*parse_words({"--domain="}, kSpecs, OptionStyle::kGnu).value("domain"), "");
  EXPECT_EQ(*parse_words({"-d", "-l"}, kSpecs, OptionStyle::kGnu).value("domain"), "-l");
}

TEST(Getopt, GnuMixesOptionsAndOperands) {
  const ParsedWords parsed = parse_words({"a", "-l", "-", "--", "-s"}, kSpecs, OptionStyle::kGnu);
  EXPECT_TRUE(parsed.has("long"));
  EXPECT_FALSE(parsed.has("short"));
  EXPECT_THAT(parsed.operands, ElementsAre("a", "-", "-s"));
}

TEST(Getopt, PosixlyCorrectEndsOptionsAtTheFirstOperand) {
  setenv("POSIXLY_CORRECT", "", 1);
  const ParsedWords parsed = parse_words({"-s", "a", "-l"}, kSpecs, OptionStyle::kGnu);
  unsetenv("POSIXLY_CORRECT");
  EXPECT_FALSE(parsed.has("long"));
  EXPECT_THAT(parsed.operands, ElementsAre("a", "-l"));
}

TEST(Getopt, PosixStopsAtTheFirstOperand) {
  const ParsedWords parsed = parse_words({"-d", "vm", "a", "-l"}, kSpecs, OptionStyle::kPosix);
  EXPECT_FALSE(parsed.has("long"));
  EXPECT_THAT(parsed.operands, ElementsAre("a", "-l"));
}

TEST(Getopt, OptsProtectsOneWordOnly) {
  const ParsedWords parsed = parse_words({"a", "--", "-s", "-l", "b"}, kSpecs, OptionStyle::kOpts);
  EXPECT_TRUE(parsed.has("long"));
  EXPECT_FALSE(parsed.has("short"));
  EXPECT_THAT(parsed.operands, ElementsAre("a", "-s", "b"));
  EXPECT_EQ(parsed.options[0].operands_before, 2u);
}

TEST(Getopt, WithoutAParserWordsAreLiteral) {
  const ParsedWords parsed = parse_words({"-x", "--"}, kSpecs, OptionStyle::kNone);
  EXPECT_THAT(parsed.options, IsEmpty());
  EXPECT_THAT(parsed.operands, ElementsAre("-x", "--"));
}

TEST(Getopt, TheLastOfARepeatedOptionCounts) {
  EXPECT_EQ(*parse_words({"-da", "-db"}, kSpecs, OptionStyle::kGnu).value("domain"), "b");
}

}  // namespace
}  // namespace xm
