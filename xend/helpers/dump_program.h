// What xc_dump does. The conversation:
//
//   daemon                       xc_dump FD DOMID
//   (dump)                ->
//                         <-     (dumped (written N))
//   (ok)                  ->
//
// It is a program of its own although it changes nothing: of a PV guest the library follows page tables that the guest
// has written, and neither a crash nor a hang of it there may cost the daemon. Killed, it leaves nothing behind but the
// part of the file that it has written.
#pragma once

#include <span>

#include "xend/helpers/conversation.h"

namespace xend {

// `arguments` as main gets them. Throws Failure or xc::Error.
void dump(Conversation& daemon, std::span<char* const> arguments);

}  // namespace xend
