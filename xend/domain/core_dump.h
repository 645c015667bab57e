// A domain's memory as a file that crash(8) and gdb read: on request, and when a guest has crashed (spec
// domain-lifecycle 12.5). A program of its own does the work (helpers/dump_program.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "xend/domain/host.h"

namespace xend {

struct DumpOrder {
  std::optional<std::string> file;  // none: DUMP_FOLDER/NAME/YYYY-MMDD-HHMM.SS-NAME.DOMID.core
  bool live = false;                // not paused meanwhile
  bool crash = false;               // destroyed afterwards
  bool reset = false;               // reset afterwards
};

// Dumps a domain that runs, is paused or has crashed. Throws Error; it then goes on as it was.
void dump_domain(Host& host, const std::shared_ptr<Domain>& domain, const DumpOrder& order);

// Writes the file, mode 0600, and returns its name; the domain is left as it is, and the caller holds its operation.
// Throws Error `Failed to dump core: REASON`; what there is of the file is called FILE-incomplete then.
std::string write_core(Host& host, const Domain& domain, const std::optional<std::string>& file,
                       const Cancellation& cancel);

}  // namespace xend
