// The program that looks into save images for xm: xm-image, in the folder of the helpers. It needs neither xend nor
// Xen, and is a process of its own because an image may come from anywhere: it gets the open file and nothing else.
#pragma once

#include <ctime>
#include <string>

#include "sxp/value.h"

namespace xm {

struct ImageFile {
  std::string path;     // as given
  std::time_t date{};   // when it was last written to
  sxp::Value report{};  // (image ...), as xend/checkpoint/image_report.h has it
};

// Has the image in the file `path` read to its end. Throws Error when it cannot be opened, or when the reader is not
// there or ends without a report.
ImageFile read_image(const std::string& path);

}  // namespace xm
