// The program vncviewer on the screen of a domain.
#pragma once

#include <string>

#include "xm/session.h"

namespace xm {

// Replaces this process by a viewer for the domain `which`, once its screen is there; waits 10 seconds for that.
// `autopass`: hands it the password. Prints the command. Throws Error, and Exit when there is no vncviewer.
[[noreturn]] void become_viewer(Session& xend, const std::string& which, bool autopass);

// The same beside this process, for a domain that is there already: what is missing for a viewer (an X display, the
// program, the screen) is said in one sentence on stderr and is no failure.
void open_viewer(Session& xend, const std::string& which, bool autopass);

}  // namespace xm
