// Feeds arbitrary bytes to xm's own evaluator of guest files, and what comes out of it to the builder of
// configurations: every text must end in a configuration or in one of the errors that people are shown. The same bytes
// as an answer of run_guest_file.py must be read without harm.
#include <cstdint>
#include <stdexcept>
#include <string>

#include "sxp/printer.h"
#include "xm/error.h"
#include "xm/guest_config/dropped.h"
#include "xm/guest_config/errors.h"
#include "xm/guest_config/evaluator.h"
#include "xm/guest_config/lexer.h"
#include "xm/guest_config/python_answer.h"
#include "xm/guest_config/vm_config.h"

namespace {

using namespace xm::guest_config;

Host host() {
  return {.exists = [](const std::string& path) { return path.size() % 2 == 0; },
          .environment = [](const std::string&) { return std::nullopt; },
          .find_program = [](const std::string&) { return std::nullopt; },
          .absolute = [](const std::string& path) { return "/" + path; },
          .scsi_devices =
              [] {
                return std::vector<ScsiDevice>{{"0:0:0:0", {"sda"}}, {"1:0:0:0", {"st0"}}};
              },
          .home = "/root",
          .xen_private_bin = "/xen/bin"};
}

void build(const Namespace& names) {
  Settings settings;
  settings.set_from_file(names);
  dropped_values("./f", names, settings);
  try {
    sxp::pretty(vm_config(settings, host()));
  } catch (const xm::Error&) {
  }
}

void check_source(std::string_view source) {
  try {
    build(evaluate(source, {{"vmid", "3"}}));
  } catch (const SyntaxError& e) {
    source_line(source, e.line());
  } catch (const Unsupported& e) {
    source_line(source, e.line());
  } catch (const TooDeep&) {
  } catch (const EvaluationError&) {
  }
}

void check_answer(std::string_view answer) {
  try {
    build(parse_python_answer(answer));
  } catch (const std::runtime_error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_source(text);
  check_answer(text);
  return 0;
}
