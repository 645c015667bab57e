// What stands behind the URLs but those of domains (spec protocols 4.3).
#include <fmt/format.h>

#include "sxp/printer.h"
#include "xend/api/http_face/html.h"
#include "xend/api/http_face/method_call.h"
#include "xend/api/http_face/pages.h"
#include "xend/api/http_face/request.h"
#include "xend/error.h"

namespace xend {

namespace {

// `(node (system Linux) ...)`
sxp::Value node_sxp(const HttpCall& call) {
  sxp::List node{"node"};
  const auto info = call_method(call.host, "xend.node.info", {}, call.caller);
  for (const auto& pair : info.as_array()) node.push_back(rpc::to_sxp(pair));
  return node;
}

HttpReply host_reply(const HttpCall& call) {
  const auto domains = call_method(call.host, "xend.domains_with_state", {true, "all", false}, call.caller);
  return {200, "", kHtmlType, host_page(node_sxp(call), rpc::to_sxp(domains)), html_headers()};
}

HttpReply text_reply(const HttpCall& call, const std::string& method) {
  const auto text = call_method(call.host, method, {}, call.caller);
  // A browser must not take a log, which guests can write into, for a page.
  return {200, "", std::string(kTextType) + (call.sxp ? "" : "; charset=utf-8"), text.as_string(),
          call.sxp ? decltype(HttpReply::headers)() : html_headers()};
}

HttpReply dmesg_reply(const HttpCall& call) {
  if (!call.posts()) return text_reply(call, "xend.node.dmesg.info");
  return perform_operation(call, [&](const std::string& op, HttpReply&) {
    if (op != "clear") return false;
    call_method(call.host, "xend.node.dmesg.clear", {}, call.caller);
    return true;
  });
}

// Neither operation ever did anything to the host.
HttpReply node_operation(const HttpCall& call) {
  return perform_operation(call, [&](const std::string& op, HttpReply& reply) {
    if (op != "shutdown" && op != "reboot") return false;
    set_result(call, reply, 0);
    return true;
  });
}

}  // namespace

HttpReply root_reply(const HttpCall& call) {
  if (call.posts()) return unsupported(call);
  if (!call.sxp) return host_reply(call);
  // Two spaces, and the printed result of the listing behind it: as it always was.
  return {200, "", kSxpType, call.path.empty() ? "(ls )''" : "(ls  node domain vnet)''"};
}

HttpReply node_reply(const HttpCall& call) {
  if (call.path.size() == 2) {
    if (call.posts()) return node_operation(call);
    if (call.sxp) return {200, "", kSxpType, sxp::to_string(node_sxp(call))};
    return {200, "", kHtmlType, node_page(node_sxp(call)), html_headers()};
  }
  const std::string& name = call.path[2];
  if (call.path.size() > 3) return not_found(call, "Not found: " + call.path[3]);
  if (name == "dmesg") return dmesg_reply(call);
  if (name != "log") return not_found(call, "Not found: " + name);
  return call.posts() ? unsupported(call) : text_reply(call, "xend.node.log");
}

// There are none: the kernel module behind them went away long ago.
HttpReply vnet_reply(const HttpCall& call) {
  if (call.path.size() > 2) return not_found(call, "No such vnet " + call.path[2]);
  if (call.posts()) {
    return perform_operation(call, [](const std::string& op, HttpReply&) -> bool {
      if (op != "create") return false;
      throw Error("There are no vnets on this host: connect virtual interfaces to a bridge.");
    });
  }
  if (call.sxp) return {200, "", kSxpType, "()"};
  return {200, "", kHtmlType, message_page("vnets", "There are no vnets on this host."), html_headers()};
}

}  // namespace xend
