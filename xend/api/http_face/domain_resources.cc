// /xend/domain and /xend/domain/X (spec protocols 4.3, 4.4).
#include <fmt/format.h>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/api/http_face/html.h"
#include "xend/api/http_face/method_call.h"
#include "xend/api/http_face/operation.h"
#include "xend/api/http_face/pages.h"
#include "xend/api/http_face/request.h"
#include "xend/api/listing.h"
#include "xend/error.h"

namespace xend {

namespace {

// With devices; and with vcpu_avail, which XML-RPC has to leave out.
sxp::Value sxp_of(Host& host, const std::shared_ptr<Domain>& domain) {
  return listed_sxp(host, list_domain(host, domain), true, true);
}

// The names of the domains in a state; by default of all that Xen has.
rpc::Value names(const HttpCall& call) {
  const auto states = call.form.all("state");
  if (states.empty()) return call_method(call.host, "xend.domains", {false}, call.caller);
  const std::string& state = states.front();
  const bool number = !state.empty() && state.size() < 4 && state.find_first_not_of("0123456789") == state.npos;
  const rpc::Value wanted = number ? rpc::Value(std::stoi(state)) : rpc::Value(state);
  return call_method(call.host, "xend.domains_with_state", {false, wanted, false}, call.caller);
}

sxp::Value all_with_details(const HttpCall& call) {
  sxp::List list;
  for (const auto& listed : list_domains(call.host)) list.push_back(listed_sxp(call.host, listed, true, true));
  return list;
}

HttpReply list_reply(const HttpCall& call, bool detail) {
  if (!call.sxp) {
    HttpCall home = call;
    home.path = {"xend"};
    return root_reply(home);
  }
  return {200, "", kSxpType, sxp::to_string(detail ? all_with_details(call) : printable(names(call)))};
}

sxp::Value config_of(const HttpCall& call) {
  const auto texts = call.form.all("config");
  if (texts.empty()) throw Error("Configuration error: Missing parameter: config");
  try {
    return sxp::parse_one(texts.front());
  } catch (const sxp::ParseError& e) {
    throw Error(fmt::format("Invalid configuration {}", e.what()));
  }
}

rpc::Value make(const HttpCall& call, const char* method, const sxp::Value& config) {
  try {
    return call_method(call.host, method, {rpc::from_sxp(config)}, call.caller);
  } catch (const std::exception& e) {
    throw Error(fmt::format("Error creating domain: {}", e.what()));
  }
}

// 201, and where the new domain is.
std::shared_ptr<Domain> set_created(const HttpCall& call, HttpReply& reply, const rpc::Value& made) {
  const std::string name = sxp::child_text(rpc::to_sxp(made), "name").value_or("");
  reply.status = 201;
  reply.headers.emplace_back("Location", call.url(2) + "/" + url_element(name));
  return call.host.domains.find(name);
}

void create(const HttpCall& call, HttpReply& reply) {
  const auto made = make(call, "xend.domain.create", config_of(call));
  const auto domain = set_created(call, reply, made);
  reply.reason = "created";
  // It may be gone again already.
  set_result(call, reply, domain ? rpc::from_sxp(sxp_of(call.host, domain)) : made);
}

// In the original a thread of its own did it, and its failure came too late for the status.
void restore(const HttpCall& call, HttpReply& reply) {
  try {
    const rpc::Array params{argument({"file"}, call.form)};
    set_created(call, reply, call_method(call.host, "xend.domain.restore", params, call.caller));
  } catch (const std::exception& e) {
    set_error(call, reply, e.what());
  }
}

HttpReply perform_on_list(const HttpCall& call) {
  return perform_operation(call, [&](const std::string& op, HttpReply& reply) {
    if (op == "create")
      create(call, reply);
    else if (op == "new")
      make(call, "xend.domain.new", config_of(call));
    else if (op == "restore")
      restore(call, reply);
    else if (op == "list")
      reply = list_reply(call, true);
    else
      return false;
    return true;
  });
}

HttpReply perform_on_domain(const HttpCall& call) {
  return perform_operation(call, [&](const std::string& op, HttpReply& reply) {
    const HttpOperation* const operation = find_operation(op);
    if (!operation) return false;
    if (!operation->method) throw Error("Unsupported");
    reply.status = operation->status;
    if (operation->status == 202) reply.headers.emplace_back("Location", call.url(3) + "/..");
    try {
      const rpc::Array params = method_arguments(*operation, call.path[2], call.form);
      const auto result = call_method(call.host, std::string("xend.domain.") + operation->method, params, call.caller);
      set_result(call, reply, result);
    } catch (const std::exception& e) {
      if (!operation->status_stays) throw;
      set_error(call, reply, e.what());
    }
    return true;
  });
}

}  // namespace

HttpReply domain_list_reply(const HttpCall& call) {
  if (call.posts()) return perform_on_list(call);
  return list_reply(call, call.form.all("detail") == std::vector<std::string>{"1"});
}

HttpReply domain_reply(const HttpCall& call) {
  const auto domain = call.host.domains.find(call.path[2]);
  if (!domain) return not_found(call, call.path[2]);
  if (call.path.size() > 3) return not_found(call, "Not found: " + call.path[3]);
  const auto ops = call.form.all("op");
  if (call.posts() || (!ops.empty() && ops.front() == "vcpuinfo")) return perform_on_domain(call);
  const auto element = sxp_of(call.host, domain);
  if (!call.sxp) return {200, "", kHtmlType, domain_page(element), html_headers()};
  return {200, "", kSxpType, sxp::to_string(element) + "''"};
}

}  // namespace xend
