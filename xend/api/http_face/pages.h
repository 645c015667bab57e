// The pages that a browser is shown: made from what the methods answer, without asking anybody. They only show; nothing
// can be done with them.
#pragma once

#include <string>

#include "sxp/value.h"

namespace xend {

// The host and its domains. `node`: pairs as of xend.node.info; `domains`: a list of `(domain ...)`.
std::string host_page(const sxp::Value& node, const sxp::Value& domains);

// Everything that is known of the host.
std::string node_page(const sxp::Value& node);

// One domain with its devices. Passwords in it are not shown.
std::string domain_page(const sxp::Value& domain);

// A result, or what went wrong, in a heading and a text.
std::string message_page(const std::string& heading, const std::string& text);

}  // namespace xend
