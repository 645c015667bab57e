// A request to the SXP interface, taken apart; the resources answer it (spec protocols 4.3).
#pragma once

#include <string>
#include <vector>

#include "rpc/http_server.h"
#include "xend/api/http_face/form.h"
#include "xend/api/http_face/reply.h"
#include "xend/domain/host.h"

namespace xend {

struct HttpCall {
  Host& host;
  const rpc::RequestHead& head;
  const Form& form;
  const rpc::Caller& caller;
  std::vector<std::string> path;  // decoded, the empty elements left out
  bool sxp = true;                // the client reads SXP; otherwise it is shown pages

  bool posts() const { return head.method == "POST"; }

  // `http://HOST/xend/domain`: the URL of the first `elements` of the path, by which the client called this host.
  std::string url(std::size_t elements) const;
};

// The resources. Each answers GET and POST of itself; what it throws becomes `(xend.err ...)`.
HttpReply root_reply(const HttpCall& call);         // / and /xend
HttpReply node_reply(const HttpCall& call);         // /xend/node, /xend/node/dmesg, /xend/node/log
HttpReply domain_list_reply(const HttpCall& call);  // /xend/domain
HttpReply domain_reply(const HttpCall& call);       // /xend/domain/X
HttpReply vnet_reply(const HttpCall& call);         // /xend/vnet

// 404 with `text` as its body.
HttpReply not_found(const HttpCall& call, const std::string& text);

// 501 for a method, such as PUT, that the resource does not know.
HttpReply unsupported(const HttpCall& call);

// What all resources do with POST (spec protocols 4.2): looks at `op` and has `perform` carry it out. `perform` returns
// false for an operation it does not know, and otherwise fills the reply; what it throws becomes a 500.
template <typename Perform>
HttpReply perform_operation(const HttpCall& call, Perform&& perform);

// The parts of it that do not depend on who performs.
HttpReply invalid_request(const HttpCall& call);
HttpReply not_implemented(const HttpCall& call, const std::string& op);
void set_failed(const HttpCall& call, HttpReply& reply, const std::string& op, const std::string& text);
// Puts an error into the body; the status stays.
void set_error(const HttpCall& call, HttpReply& reply, const std::string& text);
// Puts a result into the body: nothing for nil.
void set_result(const HttpCall& call, HttpReply& reply, const rpc::Value& result);

template <typename Perform>
HttpReply perform_operation(const HttpCall& call, Perform&& perform) {
  const auto ops = call.form.all("op");
  if (ops.size() != 1) return invalid_request(call);
  HttpReply reply;
  if (!call.sxp) reply.type = kHtmlType;
  try {
    if (!perform(ops.front(), reply)) return not_implemented(call, ops.front());
  } catch (const std::exception& e) {
    set_failed(call, reply, ops.front(), e.what());
  }
  return reply;
}

}  // namespace xend
