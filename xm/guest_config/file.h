// Finds a guest file, runs it and hands over what it set (spec guest-config 1.5, 2 and 3).
#pragma once

#include <string>
#include <vector>

#include "xm/guest_config/evaluator.h"

namespace xm::guest_config {

// The first of `name` and DIRECTORY/`name` that exists; a relative one gets "./" in front. `path` is a list of
// directories separated by colons. Throws xm::Error when there is none.
std::string find_file(const std::string& name, const std::string& path);

// All of a file. Throws xm::Error when it cannot be read or has more than 1 MiB.
std::string read_file(const std::string& path);

// Runs the file at `path`, which `source` is the text of, and returns the variables that leave it. `script_variables`
// are there from the start. Throws xm::Error with the text for the person.
Namespace run_file(const std::string& path, const std::string& source, const Namespace& script_variables);

}  // namespace xm::guest_config
