// What run_guest_file.py answers, read strictly: it has run somebody's program, so it may say anything. The forms of an
// answer are described in that file.
#pragma once

#include <string_view>

#include "xm/guest_config/evaluator.h"

namespace xm::guest_config {

// The variables of the file. Throws SyntaxError and EvaluationError for what went wrong in the file, Unexpected and
// ProgramExit for its ends of other kinds, std::runtime_error when `answer` has none of the forms.
Namespace parse_python_answer(std::string_view answer);

}  // namespace xm::guest_config
