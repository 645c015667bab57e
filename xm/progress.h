// A call of xend that lasts -- a save, a migration -- with somebody waiting for it: how far it is, on a terminal or for
// a program, and ^C, which cancels it there.
#pragma once

#include <string>

#include "rpc/value.h"
#include "xm/session.h"

namespace xm {

enum class Show {
  kNothing,
  kLine,  // one line on stderr, drawn anew twice a second and gone in the end
  kJson,  // a JSON object a line on stdout
};

// What a person at this terminal is shown: nothing into a pipe, and nothing through ssh, where every further connection
// may ask for a password.
Show show_on_terminal(const Session& xend);

// Calls `method`, which is to save or move `domain` as typed. With the first ^C xend is asked to cancel that; when it
// has and the call has ended, says so on stderr and throws Exit with status 130. A second ^C ends xm at once, and xend
// goes on. Throws what Session::call does.
rpc::Value call_watched(Session& xend, const std::string& method, const rpc::Array& params, const std::string& domain,
                        Show show);

// What xend.domain.progress answers, for people; without a newline.
std::string progress_line(const rpc::Value& progress);

// A struct of numbers and texts as one line of JSON, with its newline. Its doubles are whole numbers.
std::string json_line(const rpc::Value& members);

// "NAME runs on HOST as ID; ...", of what xend.domain.migrate answers; with its newline.
std::string arrival_line(const rpc::Value& answer);

}  // namespace xm
