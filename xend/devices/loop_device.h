// Loop devices that the block script set up and cannot take down again, because it recognises them by a file that is
// gone.
#pragma once

#include <string>
#include <vector>

namespace xend {

// True for "/dev/loop" and a number: what is worth detaching among the values of a backend's `node`.
bool is_loop_device(const std::string& path);

// The file behind a loop device; "" when there is none.
std::string loop_backing_file(const std::string& path);

// The loop devices that have `file` behind them: "/dev/loop3", ...
std::vector<std::string> loop_devices_of(const std::string& file);

// Takes the file off a loop device; a user that still has it open keeps it until closing. One without a file is fine.
// Throws std::system_error.
void detach_loop_device(const std::string& path);

// The same for a loop device that nobody has mounted or claimed otherwise; throws std::system_error (EBUSY) for others.
void detach_unused_loop_device(const std::string& path);

}  // namespace xend
