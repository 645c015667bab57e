// A look at XML before it is parsed: one pass without recursion and without allocating more than one copy, which
// refuses what the XML parser would be slow, greedy or too lenient with. It does not parse; the codec does, with
// TinyXML2.
#pragma once

#include <string>
#include <string_view>

#include "rpc/codec.h"

namespace rpc {

// Returns the text to be parsed: `xml` with the white space of elements that hold nothing else written as character
// references, because the parser drops it otherwise and <string> </string> is a string of one space.
// Throws DecodeError for: too many bytes, too many or too deeply nested elements, NUL bytes, a document type
// declaration, references to anything but a character or XML's own five entities, tags or sections that do not end.
std::string checked_xml(std::string_view xml, const XmlLimits& limits);

}  // namespace rpc
