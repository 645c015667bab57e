// xc_build DOMID: loads a kernel into an empty domain. Started by xend (build_program.h).
#include "xend/helpers/build_program.h"
#include "xend/helpers/program.h"

int main(int argc, char** argv) {
  return xend::run_program(xend::Orphaned::kDies, [&](xend::Conversation& daemon) {
    xend::build(daemon, {argv, static_cast<std::size_t>(argc)});
  });
}
