// Save images from anywhere, as xm-image reads them: nothing but a report comes of them.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/checkpoint/image_report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("image", MFD_CLOEXEC);
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  ::lseek(file, 0, SEEK_SET);
  const sxp::Value report = xend::image_report(file);
  if (!sxp::child_text(report, "verdict")) std::abort();
  sxp::parse_one(sxp::to_string(report));  // what xm does with it
  return 0;
}
