// What a person can do about those failures of libxenguest that people meet (spec modern-xen 26.7).
#pragma once

#include <string>
#include <string_view>

namespace xend {

// A sentence for a text of the library, from xc::Error::what(); empty when the text has to speak for itself.
std::string explain(std::string_view library_text);

}  // namespace xend
