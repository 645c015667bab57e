// What xc_build, xc_save and xc_restore have in common: fewer rights, a conversation with the daemon, and one way to
// end.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "xend/helpers/conversation.h"

namespace xend {

// What becomes of the program when the daemon dies.
enum class Orphaned {
  kDies,    // at once: what it makes is of no use to anybody
  kGoesOn,  // it notices by itself, and has something to put in order
};

// Runs `work`, reports what it throws as (error [(errno N)] "REASON"), and returns the exit status: 0, or 1 after an
// error.
int run_program(Orphaned orphaned, const std::function<void(Conversation&)>& work);

// Says the result and waits until the daemon has taken it, by answering anything: from then on the daemon is
// responsible for what was done. Throws Failure when it is gone.
void hand_over(Conversation& daemon, const sxp::Value& result);

// The first value that the daemon says, a list headed by `head`. Throws Failure.
sxp::Value hear_request(Conversation& daemon, const char* head);

// The item of a request: a non-negative number, a text. Throw Failure when it is missing or something else.
std::uint64_t number_of(const sxp::Value& request, const char* key);
std::string text_of(const sxp::Value& request, const char* key);

// An argument of the command line as number. Throws Failure when it is none below 2^31.
unsigned argument(std::span<char* const> arguments, std::size_t index);

// `fd` as argument: an open descriptor, which this makes close on exec. Throws Failure.
int descriptor_argument(std::span<char* const> arguments, std::size_t index);

}  // namespace xend
