#include "xm/guest_config/disk.h"

#include <algorithm>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/fields.h"
#include "xm/units.h"

namespace xm::guest_config {
namespace {

constexpr std::string_view kFormats[] = {"raw", "qcow", "qcow2", "vhd"};
constexpr std::string_view kXlKeys[] = {"format", "vdev", "access", "target", "backendtype", "devtype", "backend"};

bool is_format(std::string_view word) {
  return std::ranges::find(kFormats, word) != std::end(kFormats);
}

sxp::Value element(const std::string& uname, const std::string& dev, const std::string& mode,
                   const std::string& backend, const std::string& protocol) {
  const char* kind = uname.starts_with("tap2:") ? "tap2" : uname.starts_with("tap:") ? "tap" : "vbd";
  sxp::List disk = {kind};
  const auto add = [&](const char* name, const std::string& value) { disk.push_back(sxp::Value::list({name, value})); };
  add("uname", uname);
  add("dev", dev);
  add("mode", mode);
  if (!backend.empty()) add("backend", backend);
  if (!protocol.empty()) add("protocol", protocol);
  return disk;
}

// xl says what the image is; the classic name says who serves it.
sxp::Value xl_disk(const std::string& target, const std::string& format, const std::string& vdev,
                   const std::string& access, const std::string& backend) {
  std::string prefix = target.starts_with("/dev/") ? "phy:" : "file:";
  if (format == "vhd") prefix = "tap2:vhd:";
  if (format == "qcow" || format == "qcow2") prefix = fmt::format("tap:{}:", format);
  return element(target.empty() ? "" : prefix + target, vdev, access.starts_with("r") && access != "rw" ? "r" : "w",
                 backend, "");
}

bool has_xl_keys(const std::vector<std::string>& fields) {
  return std::ranges::any_of(fields, [](const std::string& field) {
    const std::size_t equals = field.find('=');
    return equals != std::string::npos &&
           std::ranges::find(kXlKeys, strip(std::string_view(field).substr(0, equals))) != std::end(kXlKeys);
  });
}

// KEY=VALUE in any order; what has no key is target, format, vdev and access in this order.
sxp::Value xl_keyed_disk(const std::vector<std::string>& fields) {
  constexpr std::string_view kFlags[] = {"discard", "no-discard", "direct-io-safe"};
  std::string target, format, vdev, access = "rw", backend;
  std::string* const positions[] = {&target, &format, &vdev, &access};
  std::size_t position = 0;
  bool is_cdrom = false;
  for (const std::string& field : fields) {
    const std::string_view text = strip(field);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      if (text == "cdrom") {
        is_cdrom = true;
      } else if (position < std::size(positions) && std::ranges::find(kFlags, text) == std::end(kFlags)) {
        *positions[position++] = text;
      }
      continue;
    }
    const std::string_view key = strip(text.substr(0, equals));
    const std::string value(strip(text.substr(equals + 1)));
    if (key == "target") target = value;
    if (key == "format") format = value;
    if (key == "vdev") vdev = value;
    if (key == "access") access = value;
    if (key == "backend") backend = value;
    is_cdrom = is_cdrom || (key == "devtype" && value == "cdrom");
  }
  return is_cdrom ? xl_disk(target, format, vdev + ":cdrom", "r", backend)
                  : xl_disk(target, format, vdev, access, backend);
}

}  // namespace

sxp::Value disk_config(const std::string& entry) {
  std::vector<std::string> fields = split(entry, ',');
  if (has_xl_keys(fields)) return xl_keyed_disk(fields);
  if (fields.size() < 3 || fields.size() > 5) throw Error::die(fmt::format("Invalid disk specifier: {}", entry));
  const std::string_view second = strip(fields[1]);
  const bool is_xl = fields.size() <= 4 && fields[0].starts_with('/') && (second.empty() || is_format(second));
  if (is_xl) return xl_keyed_disk(fields);
  fields.resize(5);
  return element(fields[0], fields[1], fields[2], fields[3], fields[4]);
}

}  // namespace xm::guest_config
