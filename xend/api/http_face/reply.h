// An answer of the SXP face, and how it looks on the wire (spec protocols 4.1).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rpc/value.h"
#include "sxp/value.h"

namespace xend {

inline constexpr char kSxpType[] = "application/sxp";
inline constexpr char kTextType[] = "text/plain";
inline constexpr char kHtmlType[] = "text/html; charset=utf-8";

struct HttpReply {
  unsigned status = 200;
  std::string reason;  // "": the classic one of the status
  std::string type = kSxpType;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides those that every answer has
};

// The response as it is sent; without the body for HEAD. Whatever in it comes from a client cannot end a line.
std::string response_bytes(const HttpReply& reply, bool keep_alive, bool with_body);

// `(xend.err 'TEXT')`.
std::string error_sxp(const std::string& text);

// A result for printing: structs, which have no form in SXP, as the text that Python gives them (spec protocols 4.4).
sxp::Value printable(const rpc::Value& value);

}  // namespace xend
