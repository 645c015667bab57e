// The rules for looking into elements: spec xend-config section 10.
#include "sxp/value.h"

#include <gtest/gtest.h>

#include "sxp/parser.h"

namespace sxp {
namespace {

TEST(Element, HeadAndName) {
  EXPECT_EQ(head(parse_one("(vbd (dev sda1))")), "vbd");
  EXPECT_EQ(head(parse_one("((a) b)")), "");
  EXPECT_EQ(head("atom"), "");
  EXPECT_TRUE(is_element(parse_one("(vbd)"), "vbd"));
  EXPECT_FALSE(is_element(parse_one("(vbd)"), "vif"));
  EXPECT_FALSE(is_element(List{}, ""));
  EXPECT_FALSE(is_element(parse_one("((a) b)"), ""));
}

TEST(Element, ChildrenSkipTheHeadAndAttributes) {
  EXPECT_EQ(children(parse_one("(a (@ (k v)) b c)")), (List{"b", "c"}));
  EXPECT_EQ(children(parse_one("(a b (@ (k v)))")), (List{"b", parse_one("(@ (k v))")}));
  EXPECT_EQ(children(parse_one("(a)")), List{});
  EXPECT_EQ(children(List{}), List{});
  EXPECT_EQ(children("a"), List{});
}

TEST(Element, FirstChildOfANameWins) {
  const Value v = parse_one("(domain (name first) name (name second))");
  EXPECT_EQ(child_text(v, "name"), "first");
  EXPECT_EQ(children_named(v, "name").size(), 2u);
  EXPECT_EQ(child(v, "uuid"), nullptr);
  EXPECT_EQ(child("name", "name"), nullptr);
  EXPECT_TRUE(children_named("name", "name").empty());
}

TEST(Element, TheHeadItselfAndAttributesAreNoChildren) {
  EXPECT_EQ(child(parse_one("((k v) b)"), "k"), nullptr);
  EXPECT_EQ(child(parse_one("(a (@ (k v)))"), "@"), nullptr);
}

TEST(Element, ChildValue) {
  const Value v = parse_one("(x (none) (empty '') (two a b) (list (a b)) (attr (@ (k v)) c))");
  EXPECT_EQ(child_value(v, "none"), nullptr);
  EXPECT_EQ(child_text(v, "empty"), "");
  EXPECT_EQ(child_text(v, "two"), "a");
  ASSERT_NE(child_value(v, "list"), nullptr);
  EXPECT_TRUE(child_value(v, "list")->is_list());
  EXPECT_EQ(child_text(v, "list"), std::nullopt);
  EXPECT_EQ(child_text(v, "attr"), "c");
}

TEST(ValueText, HasNoQuotes) {
  EXPECT_EQ(Value("a b").text(), "a b");
  EXPECT_EQ(Value(7).text(), "7");
  EXPECT_EQ(Value(true).text(), "True");
  EXPECT_EQ(Value(2.0).text(), "2.0");
  EXPECT_EQ(Value().text(), "");
  EXPECT_EQ(Value(List{"a", "b c"}).text(), "(a 'b c')");
}

}  // namespace
}  // namespace sxp
