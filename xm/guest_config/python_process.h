// The process that runs a guest file which is a real program (spec guest-config 12): python3, isolated, in a process
// group of its own, with limits on its time, its memory and what it can say. What it answers is python_answer.h's.
#pragma once

#include <chrono>
#include <string>

#include "xm/guest_config/evaluator.h"

namespace xm::guest_config {

struct PythonRunner {
  std::string python;  // "": there is none
  std::string script;  // run_guest_file.py
  std::chrono::milliseconds time_limit = std::chrono::seconds(10);
};

// The one of this machine. The script is the installed one, or the one that XM_GUEST_FILE_RUNNER names.
PythonRunner installed_runner();

// Runs the file at `path`, which `source` is the text of, with `script_variables` (texts) set, and returns its answer
// of at most 4 MiB. Whatever happens, `printed` has what the file printed by then, at most 1 MiB of it. When the time
// limit is over, the process and what it has started are killed. Throws xm::Error when the limits are exceeded or it
// ends without an answer.
std::string run_python(const PythonRunner& runner, const std::string& path, const std::string& source,
                       const Namespace& script_variables, std::string& printed);

}  // namespace xm::guest_config
