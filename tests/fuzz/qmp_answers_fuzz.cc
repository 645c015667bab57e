// Everything that a device model may say: only Error comes out of it, and what is taken from it is harmless.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "xend/build/qmp_answers.h"
#include "xend/error.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_plain(const std::string& text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto message = xend::parse_qmp_message({reinterpret_cast<const char*>(data), size});
    const nlohmann::json copy = message;
    for (const auto& value : copy) {
      require(is_plain(xend::qmp_description(value)));
      const std::string port = xend::vnc_port(value);
      require(port.find_first_not_of("0123456789") == std::string::npos && port.size() <= 5);
      const std::string terminal = xend::serial_terminal(value, "serial0");
      require(!xend::is_listed(value, "usb1") || value.is_array());
      require(!xend::is_true(value) || value.is_boolean());
      require(terminal.empty() ||
              (terminal.starts_with("/dev/pts/") && terminal.find_first_not_of("0123456789", 9) == std::string::npos));
    }
  } catch (const xend::Error&) {
  }
  return 0;
}
