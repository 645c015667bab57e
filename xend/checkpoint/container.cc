#include "xend/checkpoint/container.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/error.h"
#include "xend/helpers/frame_format.h"

namespace xend {

namespace {

constexpr std::size_t kSignatureBytes = 16;
// A domain with hundreds of devices needs a few ten thousand bytes; more than this is not a configuration.
constexpr std::uint32_t kMaxConfigBytes = 4 * 1024 * 1024;

// Fills `buffer`; false when the input ends or fails before.
bool read_exactly(int fd, char* buffer, std::size_t size) {
  while (size > 0) {
    const auto n = read(fd, buffer, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    buffer += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

// In quotes whatever it consists of: a blank keeps the printer from leaving them out.
std::string quoted(const std::string& text) {
  auto printed = sxp::to_string(text + " ");
  printed.erase(printed.size() - 2, 1);
  return printed;
}

// Signature, length and configuration, as they stand in the file.
std::string with_length(const std::string& text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string head(kSignature, kSignatureBytes);
  for (int shift = 24; shift >= 0; shift -= 8) head.push_back(static_cast<char>((size >> shift) & 0xff));
  return head + text;
}

}  // namespace

std::string container_head(const sxp::Value& config) {
  return with_length(sxp::to_string(config));
}

ContainerHead read_container_head(int fd) {
  std::array<char, kSignatureBytes> signature{};
  if (!read_exactly(fd, signature.data(), signature.size()))
    throw Error("not a valid guest state file: signature read");
  if (std::memcmp(signature.data(), kSignature, kSignatureBytes) != 0)
    throw Error("not a valid guest state file: found " + quoted({signature.data(), signature.size()}));
  std::array<unsigned char, 4> length{};
  if (!read_exactly(fd, reinterpret_cast<char*>(length.data()), length.size()))
    throw Error("not a valid guest state file: config size read");
  std::uint32_t size = 0;
  for (const auto byte : length) size = size << 8 | byte;
  if (size > kMaxConfigBytes)
    throw Error(fmt::format(
        "not a valid guest state file: config size read\nIts configuration would be {} bytes long; {} is the "
        "most that is taken.",
        size, kMaxConfigBytes));
  std::string text(size, '\0');
  if (!read_exactly(fd, text.data(), text.size())) throw Error("not a valid guest state file: config read");
  try {
    ContainerHead head{.config = sxp::parse_one(text)};
    if (!sxp::is_element(head.config, "domain") && !sxp::is_element(head.config, "vm"))
      throw Error("it is not (domain ...)");
    const std::string start = with_length(text);
    head.checksum = head_checksum(start);
    head.bytes = start.size();
    return head;
  } catch (const std::runtime_error& e) {
    throw Error(fmt::format("not a valid guest state file: config parse\n{}", e.what()));
  }
}

}  // namespace xend
