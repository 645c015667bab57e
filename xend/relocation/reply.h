// The one-line answers of the relocation protocol's command layer (spec protocols 1.2).
#pragma once

#include <optional>
#include <string>

namespace xend {

std::string ready_reply(const std::string& request);  // "(ready receive)\n"
std::string ok_reply();                               // "(ok)\n"
std::string help_reply();                             // "(ok (help quit receive sslreceive handover))\n"
// "(err (type T) (value 'TEXT'))\n". The text always stands in single quotes: the classic source recognises no other.
std::string error_reply(const std::string& text);

// Whether an answer to `help` offers the handover.
bool lists_handover(const std::string& help_reply);

// What a peer answered.
struct Reply {
  enum class Kind { kReady, kOk, kError, kOther } kind = Kind::kOther;
  std::string text;  // of an error; otherwise what was read
};

// Reads the first value of `bytes`; kOther when it is none of the answers or no SXP at all.
Reply parse_reply(const std::string& bytes);

}  // namespace xend
