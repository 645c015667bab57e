// The rate of a network interface as guest files have it ("10Mb/s@50ms") and as netback wants it (bytes per interval).
#pragma once

#include <string>
#include <string_view>

namespace xend {

// What netback takes for no limit.
inline constexpr std::string_view kUnlimitedRate = "4294967295,0";

// NUMBER[G|M|K](B|b)/s[@NUMBER[m|u]s] -> "BYTES,MICROSECONDS": G, M and K are powers of 1000, b is bits, the interval
// is 50 ms unless told. A pair that is already in that form passes through. Nonsense, zero and what does not fit 32
// bits give kUnlimitedRate (spec domain-lifecycle 9.2).
std::string parse_rate(std::string_view text);

}  // namespace xend
