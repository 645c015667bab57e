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

// A page with data and one without.
inline std::string two_pages() {
  return record(1, le32(2) + le32(0) + le32(5) + le32(0) + le32(6) + le32(0xe0000000) + std::string(4096, 'p'));
}

// Headers, two pages, a record with `state`, one that readers may skip, END.
inline std::string libxc_stream(std::uint32_t version = 3, std::uint32_t type = 2,
                                const std::string& state = std::string(100, 's')) {
  return libxc_headers(version, type) + two_pages() + record(9, state) + record(0x80000123, "optional") + record(0, "");
}

}  // namespace xend::test
