#include "xend/relocation/reply.h"

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "sxp/value.h"

namespace xend {

namespace {

std::string in_single_quotes(const std::string& text) {
  std::string quoted = "'";
  for (const unsigned char c : text) {
    if (c == '\'' || c == '\\')
      (quoted += '\\') += static_cast<char>(c);
    else if (c == '\n')
      quoted += "\\n";
    else if (c < 0x20 || c > 0x7e)
      quoted += '?';
    else
      quoted += static_cast<char>(c);
  }
  return quoted + "'";
}

}  // namespace

std::string ready_reply(const std::string& request) {
  return "(ready " + request + ")\n";
}
std::string ok_reply() {
  return "(ok)\n";
}
std::string help_reply() {
  return "(ok (help quit receive sslreceive handover))\n";
}

bool lists_handover(const std::string& help_reply) {
  try {
    const auto value = sxp::parse_one(help_reply, {.depth = 8, .bytes = 64 * 1024});
    for (const auto& commands : sxp::children(value))
      for (const auto& command : commands.is_list() ? commands.as_list() : sxp::List())
        if (command.text() == "handover") return true;
  } catch (const sxp::ParseError&) {
    // No list, no offer.
  }
  return false;
}

std::string error_reply(const std::string& text) {
  return "(err (type \"<class 'xen.xend.XendError.XendError'>\") (value " + in_single_quotes(text) + "))\n";
}

Reply parse_reply(const std::string& bytes) {
  try {
    const auto value = sxp::parse_one(bytes, {.depth = 8, .bytes = 64 * 1024});
    if (sxp::is_element(value, "ready")) return {Reply::Kind::kReady, bytes};
    if (sxp::is_element(value, "ok")) return {Reply::Kind::kOk, bytes};
    if (sxp::is_element(value, "err")) return {Reply::Kind::kError, sxp::child_text(value, "value").value_or(bytes)};
  } catch (const sxp::ParseError&) {
    // Cut short, or no xend at all: the caller says what it makes of it.
  }
  return {Reply::Kind::kOther, bytes};
}

}  // namespace xend
