// The settings of xend as `xm info -c` shows them: read by the client itself, so that it works without xend
// (spec xm-cli 2.5). What the settings mean is the daemon's business.
#pragma once

#include <map>
#include <string>

namespace xm {

// The built-in defaults under their classic names, and every entry of xend-config.sxp ($XEND_CONFIG, else the file in
// Xen's configuration folder) under its own. A missing file has no entries.
// Throws Error (class DIE) when the file cannot be read or is no SXP.
std::map<std::string, std::string> xend_options();

// One line for each, by name.
std::string options_table(const std::map<std::string, std::string>& options);

}  // namespace xm
