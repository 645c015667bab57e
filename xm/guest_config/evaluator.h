// Runs a guest file without an interpreter and without executing anything: literals, earlier names, `+` and the classic
// preamble (spec guest-config 12).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "xm/guest_config/value.h"

namespace xm::guest_config {

// The variables of a file by name.
using Namespace = std::map<std::string, Value, std::less<>>;

// The namespace after running `source` in `names`. Either all of the file is understood or nothing of it is run.
// Throws SyntaxError, TooDeep, Unsupported, EvaluationError.
Namespace evaluate(std::string_view source, Namespace names);

}  // namespace xm::guest_config
