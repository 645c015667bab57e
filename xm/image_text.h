// The words of checkpoint-verify and checkpoint-info about an image. Pure: a report in, text out. What an image says of
// itself is shown with its control characters escaped.
#pragma once

#include <string>

#include "xm/image_reader.h"

namespace xm {

// Exit statuses of checkpoint-verify.
enum class Verdict { kGood = 0, kDamaged = 1, kUnchecked = 2 };

Verdict verdict_of(const ImageFile& image);

// What is to be said of it, in one sentence or two with a newline at the end.
std::string verdict_text(const ImageFile& image);

// Whether anything is known of it: otherwise it is no image, or damaged at its very start.
bool has_configuration(const ImageFile& image);

// One "key : value" a line, in the layout of `xm info`.
std::string info_text(const ImageFile& image);

// The same as one JSON object, indented, with a newline at the end: numbers are numbers, what the image does not have
// is null, "devices" is a list of objects.
std::string info_json(const ImageFile& image);

}  // namespace xm
