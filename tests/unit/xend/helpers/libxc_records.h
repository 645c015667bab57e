// A libxc stream put together by hand, as spec protocols 8.2 has it.
#pragma once

#include <cstdint>
#include <string>

namespace xend::test {

inline std::string le32(std::uint32_t value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

inline std::string record(std::uint32_t type, const std::string& body) {
  std::string padded = body;
  padded.resize((body.size() + 7) / 8 * 8);
  return le32(type) + le32(static_cast<std::uint32_t>(body.size())) + padded;
}

// The headers; `type`: 1 PV, 2 HVM and PVH. Xen 4.17 wrote it.
inline std::string libxc_headers(std::uint32_t version, std::uint32_t type) {
  std::string stream(8, '\xff');
  stream += "XENF";
  stream += std::string("\0\0\0", 3) + static_cast<char>(version) + std::string(8, '\0');
  return stream + le32(type) + le32(12) + le32(4) + le32(17);
}

// Headers, a record with `memory`, one that readers may skip, END.
inline std::string libxc_stream(std::uint32_t version = 3, std::uint32_t type = 2,
                                const std::string& memory = std::string(4100, 'p')) {
  return libxc_headers(version, type) + record(1, memory) + record(0x80000123, "optional") + record(0, "");
}

}  // namespace xend::test
