// Whether a device model can check VNC passwords: some are built without DES, Debian's for one, and end when they are
// asked to, too late for the guest. So they are asked beforehand, without a guest.
#pragma once

#include <string>

namespace xend {

// Runs `program` for a moment, at most once for each version of the file. `folder` is for its socket. False also when
// it ends for another reason or does not answer within 20 seconds.
bool checks_vnc_passwords(const std::string& program, const std::string& folder);

}  // namespace xend
