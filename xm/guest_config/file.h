// Finds a guest file, runs it and hands over what it set (spec guest-config 1.5, 2 and 3).
#pragma once

#include <string>
#include <vector>

#include "xm/guest_config/evaluator.h"
#include "xm/guest_config/python_process.h"

namespace xm::guest_config {

// The first of `name` and DIRECTORY/`name` that exists; a relative one gets "./" in front. `path` is a list of
// directories separated by colons. Throws xm::Error when there is none.
std::string find_file(const std::string& name, const std::string& path);

// All of a file. Throws xm::Error when it cannot be read or has more than 1 MiB.
std::string read_file(const std::string& path);

// Runs the file at `path`, which `source` is the text of, and returns all variables that it has in the end, in xm
// itself or, when it is more than that, with `runner`. `script_variables` are there from the start. What the file
// prints is printed. Throws xm::Error with the text for the person, Exit when the file has ended the program.
Namespace run_file(const std::string& path, const std::string& source, const Namespace& script_variables,
                   const PythonRunner& runner = installed_runner());

}  // namespace xm::guest_config
