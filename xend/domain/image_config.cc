#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "xend/domain/domain_config.h"
#include "xend/domain/image_keys.h"

namespace xend {

namespace {

// In the order in which the classic list printed them (spec xm-cli 2.8).
constexpr std::array<std::string_view, 54> kPlatformKeys = {"videoram",
                                                            "hpet",
                                                            "monitor_path",
                                                            "stdvga",
                                                            "vnclisten",
                                                            "loader",
                                                            "xen_platform_pci",
                                                            "monitor",
                                                            "opengl",
                                                            "nestedhvm",
                                                            "rtc_timeoffset",
                                                            "parallel",
                                                            "pci",
                                                            "hap",
                                                            "localtime",
                                                            "timer_mode",
                                                            "xen_extended_power_mgmt",
                                                            "vncdisplay",
                                                            "pci_msitranslate",
                                                            "oos",
                                                            "apic",
                                                            "sdl",
                                                            "fda",
                                                            "fdb",
                                                            "usbdevice",
                                                            "display",
                                                            "vpt_align",
                                                            "vncconsole",
                                                            "serial",
                                                            "vncunused",
                                                            "soundhw",
                                                            "gfx_passthru",
                                                            "boot",
                                                            "vncpasswd",
                                                            "pae",
                                                            "vhpt",
                                                            "viridian",
                                                            "acpi",
                                                            "vnc",
                                                            "nographic",
                                                            "nomigrate",
                                                            "usb",
                                                            "tsc_mode",
                                                            "guest_os_type",
                                                            "device_model",
                                                            "keymap",
                                                            "pci_power_mgmt",
                                                            "xauthority",
                                                            "isa",
                                                            "superpages",
                                                            "type",
                                                            "memory_sharing",
                                                            "machine_address_size",
                                                            "suppress_spurious_page_faults"};

void sort_as_listed(std::vector<std::pair<std::string, std::string>>& platform) {
  const auto place = [](const auto& item) {
    return std::find(kPlatformKeys.begin(), kPlatformKeys.end(), std::string_view(item.first));
  };
  std::stable_sort(platform.begin(), platform.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

// As the original looked: anywhere, so that `nfsroot=` counts as `root=` (spec guest-config 5.9).
bool has_root(const std::string& args) {
  return args.find("root=") != std::string::npos;
}

// With something behind it.
bool has_ip(const std::string& args) {
  const auto at = args.find("ip=");
  return at != std::string::npos && at + 3 < args.size();
}

// Files for xl have lists where the classic ones have words with commas between them: usbdevice = ['tablet', 'mouse'].
std::optional<std::string> platform_text(const sxp::Value& element, std::string_view key) {
  const sxp::Value* value = sxp::child_value(element, key);
  if (value == nullptr || !value->is_list() || (key != "usbdevice" && key != "soundhw" && key != "serial"))
    return sxp::child_text(element, key);
  std::string words;
  for (const sxp::Value& word : value->as_list())
    if (!word.is_list()) words += (words.empty() ? "" : ",") + word.text();
  return words;
}

}  // namespace

std::optional<std::string> ImageConfig::platform_value(const std::string& key) const {
  for (const auto& [k, v] : platform)
    if (k == key) return v;
  return std::nullopt;
}

long ImageConfig::platform_number(const std::string& key, long otherwise) const {
  const auto text = platform_value(key);
  long value = otherwise;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

bool ImageConfig::platform_flag(const std::string& key, bool otherwise) const {
  return platform_value(key).value_or("").empty() ? otherwise : platform_number(key, 0) != 0;
}

void ImageConfig::set_platform(const std::string& key, const std::string& value) {
  std::erase_if(platform, [&](const auto& item) { return item.first == key; });
  platform.emplace_back(key, value);
  sort_as_listed(platform);
}

bool is_platform_key(std::string_view key) {
  return std::find(kPlatformKeys.begin(), kPlatformKeys.end(), key) != kPlatformKeys.end();
}

ImageConfig parse_image(const sxp::Value& element) {
  ImageConfig image;
  if (auto head = sxp::head(element); !head.empty()) image.head = head;
  image.kernel = sxp::child_text(element, "kernel").value_or("");
  image.ramdisk = sxp::child_text(element, "ramdisk").value_or("");
  image.args = sxp::child_text(element, "args").value_or("");
  // root= and ip= stand in front, unless the arguments say them already (spec protocols 7.4).
  std::string prefix;
  if (auto root = sxp::child_text(element, "root"); root && !root->empty() && !has_root(image.args))
    prefix += "root=" + *root + " ";
  if (auto ip = sxp::child_text(element, "ip"); ip && !ip->empty() && !has_ip(image.args)) prefix += "ip=" + *ip + " ";
  image.args = prefix + image.args;
  for (auto key : kPlatformKeys)
    if (auto value = platform_text(element, key)) image.platform.emplace_back(key, *value);
  if (const auto* notes = sxp::child(element, "notes"))
    for (const auto& note : sxp::children(*notes))
      if (note.is_list() && note.as_list().size() == 2 && note.as_list()[0].is_string())
        image.notes[note.as_list()[0].as_string()] = note.as_list()[1].text();
  return image;
}

void complete_image(ImageConfig& image, xc::GuestType type) {
  using Defaults = std::vector<std::pair<std::string, std::string>>;
  static const Defaults kAll = {{"nomigrate", "0"}, {"tsc_mode", "0"}};
  static const Defaults kHvm = {{"hpet", "0"},       {"xen_platform_pci", "1"}, {"rtc_timeoffset", "0"},
                                {"timer_mode", "1"}, {"vpt_align", "1"},        {"viridian", "0"}};
  const auto add = [&](const Defaults& defaults) {
    for (const auto& [key, value] : defaults)
      if (!image.platform_value(key)) image.platform.emplace_back(key, value);
  };
  add(kAll);
  if (type == xc::GuestType::kHvm) add(kHvm);
  sort_as_listed(image.platform);
}

sxp::Value image_sxp(const ImageConfig& image) {
  sxp::List element{image.head, sxp::Value::list({"kernel", image.kernel})};
  if (!image.ramdisk.empty()) element.push_back(sxp::Value::list({"ramdisk", image.ramdisk}));
  if (!image.args.empty()) element.push_back(sxp::Value::list({"args", image.args}));
  for (const auto& [key, value] : image.platform) element.push_back(sxp::Value::list({key, value}));
  if (!image.notes.empty()) {
    sxp::List notes{"notes"};
    for (const auto& [key, value] : image.notes) notes.push_back(sxp::Value::list({key, value}));
    element.push_back(notes);
  }
  return sxp::Value::list({"image", element});
}

}  // namespace xend
