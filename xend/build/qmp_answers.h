// What a device model says over QMP, taken apart. It is hostile: QEMU serves a guest that may have taken it over.
// Nothing here throws anything but Error, and no text that is passed on has control characters in it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace xend {

// One line of the protocol: an object, with lists and objects nested in it 32 deep at most. Throws Error.
nlohmann::json parse_qmp_message(std::string_view line);

// Why a command is refused: the first 500 bytes of what "error" of an answer says; "" when it says nothing.
std::string qmp_description(const nlohmann::json& error);

// The port on which its VNC server listens, from the answer to query-vnc; "" when that names none.
std::string vnc_port(const nlohmann::json& answer);

// The pseudo terminal /dev/pts/N of a serial port, from the answer to query-chardev; "" when there is none.
std::string serial_terminal(const nlohmann::json& answer, std::string_view label);

// Whether something of that name is in the answer to qom-list.
bool is_listed(const nlohmann::json& answer, std::string_view name);

// Whether the answer to qom-get is that it is so.
bool is_true(const nlohmann::json& answer);

}  // namespace xend
