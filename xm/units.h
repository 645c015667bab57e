// What people type, and what is meant by it: words in any case, integers, amounts of memory, lists of CPUs
// (spec xm-cli 3.3, 3.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xm {

// `text` without blanks around it.
std::string_view strip(std::string_view text);

// `text` with the letters of ASCII in lower case.
std::string lower(std::string text);

// A decimal integer with an optional sign and blanks around it; nothing for anything else or beyond 64 bits.
std::optional<std::int64_t> parse_int(std::string_view text);

// The same for an argument that travels to xend, where integers have 32 bits. Throws Error (class VAL).
std::int64_t wire_int(std::string_view text);

// An amount of memory in MiB: "64", "64m", "1G", "65536k" (rounded down). Throws Error (class VAL), also for an unknown
// unit.
std::int64_t parse_mib(std::string_view text);

// "0-3,^1" as the CPU numbers meant, sorted. Throws Error (class VAL).
std::vector<int> parse_cpus(std::string_view text);

}  // namespace xm
