#include "xend/helpers/conversation.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "xend/helpers/descriptor.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/program.h"

namespace xend {
namespace {

class Pair {
 public:
  Pair() {
    std::array<int, 2> raw{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw.data()), 0);
    near = Descriptor(raw[0]);
    far = Descriptor(raw[1]);
  }
  void far_says(const std::string& text) {
    EXPECT_EQ(::write(far.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  Descriptor near, far;
};

TEST(Conversation, HearsValuesInAnyPieces) {
  Pair pair;
  Conversation talk(pair.near.get(), pair.near.get());
  pair.far_says("(one 1) (t");
  EXPECT_EQ(sxp::head(*talk.hear()), "one");
  pair.far_says("wo 2)\n(three)");
  EXPECT_EQ(sxp::head(*talk.hear()), "two");
  EXPECT_FALSE(talk.gone());
  pair.far.close();
  EXPECT_TRUE(talk.gone());
  EXPECT_EQ(sxp::head(*talk.hear()), "three");
  EXPECT_EQ(talk.hear(), std::nullopt);
}

TEST(Conversation, HearsAtOnceOnlyWhatIsThere) {
  Pair pair;
  Conversation talk(pair.near.get(), pair.near.get());
  EXPECT_EQ(talk.hear_at_once(), std::nullopt);
  pair.far_says("(one)\n");
  EXPECT_EQ(sxp::head(*talk.hear()), "one");
  EXPECT_EQ(talk.hear_at_once(), std::nullopt);  // the end of the line is no word
  pair.far_says("(tw");
  EXPECT_EQ(talk.hear_at_once(), std::nullopt);
  pair.far_says("o)");
  EXPECT_EQ(sxp::head(*talk.hear_at_once()), "two");
  pair.far.close();
  EXPECT_EQ(talk.hear_at_once(), std::nullopt);
}

TEST(Conversation, SaysOneLineWhateverIsInIt) {
  Pair pair;
  Conversation near(pair.near.get(), pair.near.get()), far(pair.far.get(), pair.far.get());
  const sxp::Value value = sxp::Value::list({"error", sxp::Value::list({"errno", 28}), "it's\n\"full\" (really)"});
  near.say(value);
  const sxp::Value heard = *far.hear();
  EXPECT_EQ(sxp::child_text(heard, "errno"), "28");
  EXPECT_EQ(heard.as_list()[2].text(), "it's\n\"full\" (really)");
}

TEST(Conversation, NonsenseAndFloodsAreRefused) {
  Pair nonsense;
  nonsense.far_says(")");
  EXPECT_THROW(Conversation(nonsense.near.get(), nonsense.near.get()).hear(), Failure);
  Pair flood;
  flood.far_says("(" + std::string(70'000, 'x'));
  EXPECT_THROW(Conversation(flood.near.get(), flood.near.get()).hear(), Failure);
}

TEST(Conversation, SayingToNobodyFailsAndDoesNotKill) {
  Pair pair;
  Conversation talk(pair.near.get(), pair.near.get());
  pair.far.close();
  EXPECT_THROW(talk.say("x"), Failure);
}

TEST(Program, HandsOverWhenAnswered) {
  Pair pair;
  Conversation talk(pair.near.get(), pair.near.get());
  pair.far_says("(ok)\n");
  hand_over(talk, sxp::Value::list({"saved"}));
  pair.far.close();
  EXPECT_THROW(hand_over(talk, sxp::Value::list({"saved"})), Failure);
}

TEST(Program, RequestsAreCheckedItemByItem) {
  Pair pair;
  Conversation talk(pair.near.get(), pair.near.get());
  pair.far_says("(save (framed 1) (rate -5) (name x))(other)");
  const sxp::Value request = hear_request(talk, "save");
  EXPECT_EQ(number_of(request, "framed"), 1U);
  EXPECT_THROW(number_of(request, "rate"), Failure);
  EXPECT_THROW(number_of(request, "name"), Failure);
  EXPECT_THROW(number_of(request, "missing"), Failure);
  EXPECT_EQ(text_of(request, "name"), "x");
  EXPECT_THROW(hear_request(talk, "save"), Failure);
  pair.far.close();
  EXPECT_THROW(hear_request(talk, "save"), Failure);
}

TEST(Program, ArgumentsAreNumbers) {
  char name[] = "xc_save", number[] = "17", text[] = "1x", large[] = "4294967296";
  char* arguments[] = {name, number, text, large};
  EXPECT_EQ(argument(arguments, 1), 17U);
  EXPECT_THROW(argument(arguments, 2), Failure);
  EXPECT_THROW(argument(arguments, 3), Failure);
  EXPECT_THROW(argument(arguments, 4), Failure);
}

}  // namespace
}  // namespace xend
