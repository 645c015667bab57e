// Feeds arbitrary bytes to the SXP parser. Whatever parses must survive printing, plain and pretty, and must come out
// the same when the bytes arrive one at a time.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sxp/parser.h"
#include "sxp/printer.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<sxp::Value> parse_byte_by_byte(std::string_view text) {
  sxp::Parser parser;
  std::vector<sxp::Value> values;
  while (!text.empty()) {
    text.remove_prefix(parser.feed(text.substr(0, 1)));
    while (auto v = parser.next()) values.push_back(std::move(*v));
  }
  parser.finish();
  while (auto v = parser.next()) values.push_back(std::move(*v));
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const std::vector<sxp::Value> values = sxp::parse_all(text);
    std::string flat, pretty;
    for (const sxp::Value& v : values) {
      flat += sxp::to_string(v) + "\n";
      pretty += sxp::pretty(v);
    }
    require(sxp::parse_all(flat) == values);
    require(sxp::parse_all(pretty) == values);
    require(parse_byte_by_byte(text) == values);
  } catch (const sxp::ParseError&) {
    try {
      parse_byte_by_byte(text);
      std::abort();
    } catch (const sxp::ParseError&) {
      // The same verdict: fine.
    }
  }
  return 0;
}
