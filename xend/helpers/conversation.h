// What a helper program and the daemon say to each other: S-expressions, one a line, on stdin and stdout.
#pragma once

#include <optional>
#include <string>

#include "sxp/parser.h"
#include "sxp/value.h"

namespace xend {

class Conversation {
 public:
  // The descriptors stay the caller's: 0 and 1, or one connected socket for both.
  Conversation(int in, int out);

  // The next value from the other side; nothing when it is gone. Throws Failure when what it says is no S-expression,
  // or longer than 64 KiB.
  std::optional<sxp::Value> hear();

  // The two halves of hear(), for those who wait for other things too: the next value of what has been received, and
  // one read of what `in` has (it waits when there is nothing), false when the other side is gone.
  std::optional<sxp::Value> heard();
  bool receive();

  // Throws Failure (EPIPE and the like) when the other side is gone.
  void say(const sxp::Value& value);

  // True when the other side has closed its end; what it said before may still be heard. Never waits.
  bool gone();
  // The next value when it is there already. Never waits. Throws as hear() does.
  std::optional<sxp::Value> hear_at_once();

 private:
  int in_, out_;
  sxp::Parser parser_;
  std::string rest_;  // read, but not yet fed to the parser
  bool ended_ = false;
};

}  // namespace xend
