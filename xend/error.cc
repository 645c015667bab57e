#include "xend/error.h"

namespace xend {

Error::Error(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}

Error::Error(const std::string& text) : Error(Kind::kGeneric, text) {}

}  // namespace xend
