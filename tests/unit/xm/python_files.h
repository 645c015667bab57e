// For tests that run guest files with the python3 of this machine.
#pragma once

#include <filesystem>
#include <iostream>

#include "xm/guest_config/python_process.h"

namespace xm::guest_config {

// The interpreter of this machine and the script of this source tree.
inline PythonRunner runner_of_source_tree() {
  PythonRunner runner = installed_runner();
  const auto root = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path();
  runner.script = root / "xm/guest_config/run_guest_file.py";
  return runner;
}

}  // namespace xm::guest_config

// The first line of a test that needs it.
#define NEEDS_PYTHON3()                                                                \
  if (xm::guest_config::installed_runner().python.empty()) {                           \
    std::cerr << "NOT TESTED: guest files that need Python, as there is no python3\n"; \
    GTEST_SKIP() << "no python3";                                                      \
  }
