#include "libxc-wrap/error.h"

#include <system_error>
#include <utility>

namespace xc {
namespace {

std::string text(const std::string& call, int error, const std::string& library_log) {
  std::string sentence = call;
  if (error != 0)
    sentence += ": " + std::generic_category().message(error) + " (" + std::to_string(error) + ")";
  else if (library_log.empty())
    sentence += ": the library gave no reason";
  if (!library_log.empty()) sentence += (error != 0 ? "; " : ": ") + library_log;
  return sentence;
}

}  // namespace

Error::Error(std::string call, int error, const std::string& library_log)
    : std::runtime_error(text(call, error, library_log)), call_(std::move(call)), error_(error) {}

}  // namespace xc
