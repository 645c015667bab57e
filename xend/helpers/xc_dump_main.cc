// xc_dump FD DOMID: writes a domain's memory as a core file. Started by xend (dump_program.h).
#include "xend/helpers/dump_program.h"
#include "xend/helpers/program.h"

int main(int argc, char** argv) {
  return xend::run_program(xend::Orphaned::kDies, [&](xend::Conversation& daemon) {
    xend::dump(daemon, {argv, static_cast<std::size_t>(argc)});
  });
}
