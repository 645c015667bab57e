#include "xm/image_text.h"

#include <array>
#include <ctime>
#include <optional>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rpc/text.h"
#include "xm/units.h"

namespace xm {
namespace {

using Json = nlohmann::ordered_json;

struct Fact {
  std::string_view key;
  bool number;
};

// What both forms show of the report, in this order; the names are what scripts go by.
constexpr std::array<Fact, 15> kFacts = {{{"name", false},
                                          {"uuid", false},
                                          {"type", false},
                                          {"memory", true},
                                          {"maxmem", true},
                                          {"vcpus", true},
                                          {"format", false},
                                          {"version", true},
                                          {"compression", false},
                                          {"frames", true},
                                          {"bytes", true},
                                          {"memory_image", true},
                                          {"pages", true},
                                          {"pages_left_out", true},
                                          {"xen", false}}};

std::optional<std::string> fact(const ImageFile& image, std::string_view key) {
  return sxp::child_text(image.report, key);
}

std::string printable(std::string_view text) {
  std::string lines;
  for (;;) {
    const std::size_t end = text.find('\n');
    lines += rpc::python_escaped(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    lines += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string shown(const ImageFile& image, std::string_view key) {
  return printable(fact(image, key).value_or("?"));
}

bool has_device_state(const ImageFile& image) {
  return fact(image, "device_state").value_or("0") != "0";
}

std::string row(std::string_view key, std::string_view value) {
  return fmt::format("{:<23}: {}\n", key, value);
}

// "whole" and the like, for info: what follows the word is said by checkpoint-verify.
std::string verdict_word(const ImageFile& image) {
  return shown(image, "verdict");
}

Json json_value(const ImageFile& image, const Fact& wanted) {
  const auto text = fact(image, wanted.key);
  if (!text) return nullptr;
  if (!wanted.number) return *text;
  const auto number = parse_int(*text);
  return number ? Json(*number) : Json(nullptr);
}

Json devices_of(const ImageFile& image) {
  Json devices = Json::array();
  for (const sxp::Value* device : sxp::children_named(image.report, "device")) {
    const sxp::List words = sxp::children(*device);
    if (words.size() == 2) devices.push_back({{"class", words[0].text()}, {"detail", words[1].text()}});
  }
  return devices;
}

}  // namespace

Verdict verdict_of(const ImageFile& image) {
  const std::string verdict = fact(image, "verdict").value_or("damaged");
  if (verdict == "whole" || verdict == "complete") return Verdict::kGood;
  return verdict == "unchecked" ? Verdict::kUnchecked : Verdict::kDamaged;
}

std::string verdict_text(const ImageFile& image) {
  const std::string verdict = fact(image, "verdict").value_or("");
  const std::string domain = fmt::format("{} ({})", shown(image, "name"), shown(image, "uuid"));
  if (verdict == "whole") {
    const std::string frames = shown(image, "frames");
    std::string text = fmt::format("{} is whole: {}, {} bytes, {} frame{}.\n", image.path, domain,
                                   shown(image, "bytes"), frames, frames == "1" ? "" : "s");
    if (const std::string behind = shown(image, "behind"); behind != "0")
      text += fmt::format("The last {} bytes of the file are no part of the image.\n", behind);
    return text;
  }
  if (verdict == "complete") {
    return fmt::format(
        "{} is complete: {}, {} bytes.\nIts memory is a bare stream of libxc, without checksums: all of its parts are "
        "there, but whether a byte in them has changed cannot be told.\n",
        image.path, domain, shown(image, "bytes"));
  }
  if (verdict == "unchecked") {
    return fmt::format(
        "{} has not been checked: {}, {} bytes.\nXen 4.5 or older wrote it, without checksums. Its configuration can "
        "be "
        "read; whether its memory is all there only a restore can tell, through Xen's convert-legacy-stream.\n",
        image.path, domain, shown(image, "bytes"));
  }
  return fmt::format("{}: {}\n", image.path, shown(image, "damage"));
}

bool has_configuration(const ImageFile& image) {
  return fact(image, "type").has_value();
}

std::string info_text(const ImageFile& image) {
  std::string text;
  for (const Fact& each : kFacts)
    if (fact(image, each.key)) text += row(each.key, shown(image, each.key));
  if (fact(image, "device_state"))
    text += row("device_state", has_device_state(image) ? shown(image, "device_state") : "none");
  for (const sxp::Value* device : sxp::children_named(image.report, "device")) {
    std::string words;
    for (const sxp::Value& word : sxp::children(*device)) words += (words.empty() ? "" : " ") + word.text();
    text += row("device", printable(words));
  }
  text += row("date", fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(image.date)));
  return text + row("verdict", verdict_word(image));
}

std::string info_json(const ImageFile& image) {
  Json all;
  all["file"] = image.path;
  for (const Fact& each : kFacts) all[std::string(each.key)] = json_value(image, each);
  all["device_state"] = json_value(image, {"device_state", true});
  all["devices"] = devices_of(image);
  all["date"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(image.date));
  all["verdict"] = fact(image, "verdict").value_or("damaged");
  all["damage"] = json_value(image, {"damage", false});
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace xm
