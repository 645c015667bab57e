#include "xend/api/http_face/sxp_face.h"

#include <strings.h>

#include <algorithm>

#include "xend/api/http_face/html.h"
#include "xend/api/http_face/request.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

// SXP unless a browser asks: whoever says neither who he is nor what he reads is a program (spec protocols 4.1).
bool reads_sxp(const rpc::RequestHead& head) {
  const auto accept = head.header("Accept");
  return head.header("User-Agent").empty() || accept.empty() || accept.find(kSxpType) != accept.npos;
}

bool keeps_alive(const rpc::RequestHead& head) {
  // What HTTP/1.1 allows without being asked, classic clients do not expect.
  const auto connection = head.header("Connection");
  return head.keep_alive && ::strcasecmp(std::string(connection).c_str(), "keep-alive") == 0;
}

HttpReply route(const HttpCall& call) {
  const auto& path = call.path;
  if (path.empty() || (path.size() == 1 && path[0] == "xend")) return root_reply(call);
  if (path[0] != "xend") return not_found(call, "Not found: " + path[0]);
  if (path[1] == "node") return node_reply(call);
  if (path[1] == "vnet") return vnet_reply(call);
  if (path[1] != "domain") return not_found(call, "Not found: " + path[1]);
  return path.size() == 2 ? domain_list_reply(call) : domain_reply(call);
}

HttpReply reply_to(const HttpCall& call) {
  const std::string& method = call.head.method;
  if (method != "GET" && method != "HEAD" && method != "POST") return unsupported(call);
  HttpReply reply;
  try {
    return route(call);
  } catch (const Error& e) {
    set_error(call, reply, e.what());
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Internal error answering {} {}: {}", method, call.head.target, e.what());
    reply.status = 500;
    set_error(call, reply, e.what());
  }
  return reply;
}

}  // namespace

rpc::ServerLimits sxp_limits() {
  rpc::ServerLimits limits;
  limits.request_bytes = 10'000;
  return limits;
}

void SxpFace::check(const rpc::RequestHead& head) const {
  guard_.check(head);
}

rpc::HttpAnswer SxpFace::answer(const rpc::RequestHead& head, const std::string& body, const rpc::Caller& caller) {
  const Form form(head, body);
  rpc::Caller patient = caller;
  patient.may_half_close = true;
  HttpCall call{host_, head, form, patient, path_elements(head.target), reads_sxp(head)};
  std::erase(call.path, "");
  const bool keep_alive = keeps_alive(head);
  return {response_bytes(reply_to(call), keep_alive, head.method != "HEAD"), keep_alive};
}

}  // namespace xend
