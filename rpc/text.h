// How strings and doubles look inside XML-RPC: XML text, and the forms of Python that the classic toolstack leaked into
// its protocol (spec protocols 3.2). It knows nothing of elements; the codec does.
#pragma once

#include <string>
#include <string_view>

namespace rpc {

// `text` as UTF-8 that XML can carry: each byte that is not part of a UTF-8 character, and each character that XML 1.0
// forbids (control characters but tab, newline and carriage return), becomes U+FFFD.
std::string repaired_text(std::string_view text);

// `text` repaired and with & < > and carriage returns escaped, ready to stand between two tags.
std::string xml_text(std::string_view text);

// The body of Python 2's repr of a byte string, without the quotes around it: \\ \t \n \r, \xHH for every other byte
// outside of printable ASCII, and \' only when both kinds of quotes occur.
std::string python_escaped(std::string_view bytes);

// Undoes python_escaped. Understands every escape of a Python byte string; what is none stays as it is.
std::string python_unescaped(std::string_view text);

// As Python's repr: the shortest digits that read back as the same double, with a point or an exponent: 1.0 0.1 1e+16
// inf.
std::string python_repr(double d);

}  // namespace rpc
