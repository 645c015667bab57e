#include "xend/build/qmp_answers.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <system_error>

#include "xend/error.h"
#include "xend/log_text.h"

namespace xend {
namespace {

constexpr int kDeepest = 32;  // QEMU needs about six
constexpr std::size_t kLongestDescription = 500;

// A member that has to be a text; "" when it is not there or something else.
std::string text(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_number(std::string_view text, unsigned most) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number <= most;
}

}  // namespace

nlohmann::json parse_qmp_message(std::string_view line) {
  using Json = nlohmann::json;
  // Copying and printing such a value takes stack for each level of it.
  const auto check_depth = [](int depth, Json::parse_event_t, const Json&) {
    if (depth > kDeepest) throw Error("The device model's answer is nested deeper than the protocol of QEMU ever is.");
    return true;
  };
  constexpr bool kThrows = false;
  Json parsed = Json::parse(line, check_depth, kThrows);
  if (!parsed.is_object()) throw Error("The device model's answer is not the protocol of QEMU.");
  return parsed;
}

std::string qmp_description(const nlohmann::json& error) {
  return escape_controls(text(error, "desc").substr(0, kLongestDescription));
}

std::string vnc_port(const nlohmann::json& answer) {
  constexpr unsigned kLast = 65535;
  const std::string port = text(answer, "service");
  return !port.starts_with('0') && is_number(port, kLast) ? port : "";
}

std::string serial_terminal(const nlohmann::json& answer, std::string_view label) {
  constexpr std::string_view kStart = "pty:/dev/pts/";
  constexpr unsigned kLast = 999'999;
  if (!answer.is_array()) return "";
  for (const auto& device : answer) {
    if (text(device, "label") != label) continue;
    const std::string file = text(device, "filename");
    const std::string number = file.starts_with(kStart) ? file.substr(kStart.size()) : "";
    return is_number(number, kLast) ? "/dev/pts/" + number : "";
  }
  return "";
}

bool is_listed(const nlohmann::json& answer, std::string_view name) {
  return answer.is_array() && std::any_of(answer.begin(), answer.end(),
                                          [&](const nlohmann::json& object) { return text(object, "name") == name; });
}

bool is_true(const nlohmann::json& answer) {
  return answer.is_boolean() && answer.get<bool>();
}

}  // namespace xend
