#include "xend/node/dom0_memory.h"

#include <fmt/format.h>

#include <fstream>

#include "xend/error.h"

namespace xend {

xc::KiB Dom0Balloon::current() {
  std::ifstream file(current_file_);
  xc::KiB now;
  if (file >> now.value) return now;
  throw Error(fmt::format(
      "Failed to query current memory allocation of dom0.\n{} cannot be read: does this kernel have Xen's balloon "
      "driver?",
      current_file_));
}

void Dom0Balloon::set_target(xc::MiB target) {
  store_.transaction([&](xc::Store& t) {
    t.write("/vm/" + xc::Uuid().to_string() + "/memory", std::to_string(target.value));
    t.write("/local/domain/0/memory/target", std::to_string(xc::KiB(target).value));
  });
}

}  // namespace xend
