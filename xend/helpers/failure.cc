#include "xend/helpers/failure.h"

#include <system_error>

namespace xend {

Failure system_failure(const std::string& what, int error) {
  return Failure(what + ": " + std::generic_category().message(error), error);
}

}  // namespace xend
