// Everything that a managed domain's config.sxp may say: only Error comes out of it, or a domain. Written again it says
// the same, as often as one likes, and keeps what nobody knows -- here, all that begins with x. Files to begin with are
// in stored_config_seeds.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/domain/carried_over.h"
#include "xend/domain/stored_config.h"
#include "xend/error.h"
#include "xend/log.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// As ManagedStore has them.
constexpr sxp::Limits kLimits{.depth = 32, .bytes = 1024 * 1024, .items = 64 * 1024};

std::string written_again(const sxp::Value& before) {
  sxp::Value now = xend::stored_sxp(xend::parse_stored(before));
  xend::carry_over(now, before);
  return sxp::pretty(now, 78);
}

sxp::List unknown_ones(const sxp::Value& domain) {
  sxp::List result;
  for (const auto& element : domain.as_list())
    if (sxp::head(element).starts_with('x')) result.push_back(element);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool quiet = [] {
    xend::log_open("/dev/null", xend::Level::kCritical, false);
    return true;
  }();
  require(quiet);
  try {
    const auto before = sxp::parse_one({reinterpret_cast<const char*>(data), size}, kLimits);
    std::string text;
    try {
      text = written_again(before);
    } catch (const xend::Error&) {
      return 0;  // no such domain; what was written above must be one
    }
    const auto now = sxp::parse_one(text, kLimits);
    require(written_again(now) == text);
    require(unknown_ones(now) == unknown_ones(before));
  } catch (const sxp::ParseError&) {
  }
  return 0;
}
