#include "xend/checkpoint/image_report.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "xend/checkpoint/container.h"
#include "xend/helpers/device_state_record.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/frame_format.h"
#include "xend/helpers/image.h"
#include "xend/helpers/libxc_stream.h"

namespace xend {
namespace {

void add(sxp::List& report, const char* key, const std::string& text) {
  report.push_back(sxp::Value::list({key, text}));
}

void add(sxp::List& report, const char* key, std::uint64_t number) {
  add(report, key, std::to_string(number));
}

// The words of `keys` that the element has, with blanks between them.
std::string words_of(const sxp::Value& element, const std::vector<const char*>& keys) {
  std::string words;
  for (const char* key : keys) {
    const std::string word = sxp::child_text(element, key).value_or("");
    if (!word.empty()) words += (words.empty() ? "" : " ") + word;
  }
  return words;
}

std::string pci_functions(const sxp::Value& element) {
  const auto part = [](const sxp::Value& dev, const char* key) {
    const std::string text = sxp::child_text(dev, key).value_or("?");
    return text.starts_with("0x") ? text.substr(2) : text;
  };
  std::string words;
  for (const sxp::Value* dev : sxp::children_named(element, "dev")) {
    words += fmt::format("{}{}:{}:{}.{}", words.empty() ? "" : " ", part(*dev, "domain"), part(*dev, "bus"),
                         part(*dev, "slot"), part(*dev, "func"));
  }
  return words;
}

// What tells one device of a class from another (spec protocols 7.5). Nothing secret: not the password of a display.
std::string detail_of(const sxp::Value& device) {
  const std::string_view name = sxp::head(device);
  if (name == "vbd" || name == "tap" || name == "tap2") return words_of(device, {"dev", "uname", "mode"});
  if (name == "vif" || name == "vif2") return words_of(device, {"mac", "bridge"});
  if (name == "vfb") return words_of(device, {"type", "vnclisten", "vncdisplay"});
  if (name == "pci") return pci_functions(device);
  return "";
}

// The rules of a guest's type (spec protocols 7.4).
std::string type_of(const sxp::Value& config) {
  const sxp::Value* const image = sxp::child_value(config, "image");
  if (image == nullptr) return "pv";
  if (const auto type = sxp::child_text(*image, "type")) return *type;
  return sxp::is_element(*image, "hvm") || sxp::child_text(*image, "boot") ? "hvm" : "pv";
}

void describe_domain(const sxp::Value& config, sxp::List& report) {
  for (const char* key : {"name", "uuid"})
    if (const auto text = sxp::child_text(config, key)) add(report, key, *text);
  add(report, "type", type_of(config));
  for (const char* key : {"memory", "maxmem", "vcpus"})
    if (const auto text = sxp::child_text(config, key)) add(report, key, *text);
  for (const sxp::Value* device : sxp::children_named(config, "device")) {
    const sxp::List items = sxp::children(*device);
    if (items.empty() || !items.front().is_list()) continue;
    report.push_back(sxp::Value::list({"device", sxp::head(items.front()), detail_of(items.front())}));
  }
}

std::uint64_t read_to_end(FdSource& source) {
  std::array<std::byte, 64 << 10> piece{};
  std::uint64_t bytes = 0;
  for (std::size_t got = source.read(piece); got != 0; got = source.read(piece)) bytes += got;
  return bytes;
}

void describe_format(const Image& image, sxp::List& report) {
  add(report, "format", std::string(to_string(image.format())));
  if (image.format() != ImageFormat::kFramed) return;
  add(report, "version", std::string(1, static_cast<char>(kFrameMagic.back())));
  add(report, "compression", "lz4");
}

void read_memory(Image& image, bool hvm, sxp::List& report) {
  const LibxcStream stream = walk_libxc_stream(image.stream());
  if (image.format() == ImageFormat::kLibxc) add(report, "version", stream.version);
  const std::uint64_t state = read_device_state(image.rest(), nullptr);
  image.finish();
  if (image.format() == ImageFormat::kFramed) add(report, "frames", image.frames().frames());
  add(report, "memory_image", stream.bytes);
  add(report, "pages", stream.pages);
  add(report, "pages_left_out", stream.pages_left_out);
  if (stream.xen_major != 0) add(report, "xen", fmt::format("{}.{}", stream.xen_major, stream.xen_minor));
  add(report, "device_state", state);
  if (hvm && state == 0) throw Failure("the image ends without the state of the guest's device model");
}

void describe(int fd, sxp::List& report) {
  const ContainerHead head = read_container_head(fd);
  describe_domain(head.config, report);
  Image image(fd, head.checksum, head.bytes);
  describe_format(image, report);
  if (image.format() != ImageFormat::kLegacy) read_memory(image, type_of(head.config) == "hvm", report);
  FdSource source(fd);
  const std::uint64_t behind = read_to_end(source);
  if (image.format() == ImageFormat::kFramed) add(report, "behind", behind);
  add(report, "bytes", head.bytes + image.bytes_read() + behind);
  switch (image.format()) {
    case ImageFormat::kFramed:
      return add(report, "verdict", "whole");
    case ImageFormat::kLibxc:
      return add(report, "verdict", "complete");
    case ImageFormat::kLegacy:
      return add(report, "verdict", "unchecked");
  }
}

}  // namespace

sxp::Value image_report(int fd) {
  sxp::List report{"image"};
  try {
    describe(fd, report);
  } catch (const std::exception& e) {
    add(report, "verdict", "damaged");
    add(report, "damage", e.what());
  }
  return report;
}

}  // namespace xend
