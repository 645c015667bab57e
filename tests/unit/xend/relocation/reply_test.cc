// The answers of the relocation protocol, byte for byte (spec protocols 1.2).
#include "xend/relocation/reply.h"

#include <gtest/gtest.h>

namespace xend {
namespace {

TEST(Reply, BytesOfTheAnswers) {
  EXPECT_EQ(ready_reply("receive"), "(ready receive)\n");
  EXPECT_EQ(ready_reply("receive").size(), 16u);
  EXPECT_EQ(ok_reply(), "(ok)\n");
  EXPECT_EQ(help_reply(), "(ok (help quit receive sslreceive handover))\n");
  EXPECT_EQ(error_reply("Invalid operation: x"),
            "(err (type \"<class 'xen.xend.XendError.XendError'>\") (value 'Invalid operation: x'))\n");
}

// The classic source recognises (value '...') only; a text that would print bare or in double quotes was lost.
TEST(Reply, ErrorTextsStandInSingleQuotesAlways) {
  EXPECT_NE(error_reply("failed").find("(value 'failed')"), std::string::npos);
  EXPECT_NE(error_reply("it's").find("(value 'it\\'s')"), std::string::npos);
}

TEST(Reply, IsUnderstoodBySource) {
  EXPECT_EQ(parse_reply(ready_reply("receive")).kind, Reply::Kind::kReady);
  EXPECT_EQ(parse_reply(ok_reply()).kind, Reply::Kind::kOk);
  const auto error = parse_reply(error_reply("I need 4 KiB,\nit's \\ too much"));
  EXPECT_EQ(error.kind, Reply::Kind::kError);
  EXPECT_EQ(error.text, "I need 4 KiB,\nit's \\ too much");
}

TEST(Reply, AnythingElseIsNoAnswer) {
  for (const auto* bytes :
       {"", "(ok", "SSH-2.0-OpenSSH_9.2\r\n", "\x16\x03\x01", ")", "(((((((((((((((((((((((((((((((("})
    EXPECT_EQ(parse_reply(bytes).kind, Reply::Kind::kOther) << bytes;
}

}  // namespace
}  // namespace xend
