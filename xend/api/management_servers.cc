#include "xend/api/management_servers.h"

#include <functional>
#include <string_view>
#include <system_error>

#include "rpc/rate_limit.h"
#include "rpc/tls.h"
#include "xend/api/dispatcher.h"
#include "xend/api/http_face/sxp_face.h"
#include "xend/config/access_list.h"
#include "xend/config/tls_identity.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

void log_line(const char* level, const std::string& text) {
  if (std::string_view(level) == "ERROR")
    XEND_LOG(Error, "{}", text);
  else if (std::string_view(level) == "WARNING")
    XEND_LOG(Warning, "{}", text);
  else
    XEND_LOG(Debug, "{}", text);
}

std::string place(const std::string& address, unsigned port) {
  return fmt::format("{}:{}", address.empty() ? "*" : address, port);
}

// Lets in who is on the list; of the others a few a minute are named in the log.
std::function<bool(const std::string&)> admission(const std::string& hosts_allow) {
  const auto list = std::make_shared<const AccessList>("xen-api-server", hosts_allow);
  if (list->open()) return nullptr;
  const auto complaints = std::make_shared<rpc::RateLimit>(10, std::chrono::minutes(1));
  return [list, complaints](const std::string& ip) {
    const auto verdict = list->check(ip);
    if (verdict.accepted) return true;
    if (const auto left_out = complaints->admit())
      XEND_LOG(Warning, "Rejected connection from {} ({}).{}", ip, verdict.fqdn, rpc::left_out_note(*left_out));
    return false;
  };
}

// The form in which the Xen-API says no; its clients show both words (spec protocols section 5).
rpc::Value refuse_xen_api(const std::string& method, const rpc::Array&, const rpc::Caller&) {
  if (!method.starts_with("xend.")) return rpc::unknown_method(method);
  return rpc::Struct{{"Status", "Failure"},
                     {"ErrorDescription",
                      rpc::Array{"INTERNAL_ERROR",
                                 method + " is not served here: call it at xend-tcp-xmlrpc-server or on xmlrpc.sock"}}};
}

}  // namespace

// A server that is to be opened; all that can be wrong with it but its address has been looked at.
struct ManagementServers::Plan {
  std::string opening;          // the line of the log
  std::string open_to_all;      // whose door it is, when nobody asks for a password there; "": nobody's
  std::function<int()> listen;  // throws std::system_error
  std::function<std::unique_ptr<rpc::HttpServer>(int fd)> serve;
  bool needed = false;
};

ManagementServers::ManagementServers(Host& host, ServerSockets sockets) : host_(host), sockets_(std::move(sockets)) {}

ManagementServers::~ManagementServers() {
  stop();
}

rpc::Dispatcher ManagementServers::methods() {
  return [&host = host_](const std::string& method, const rpc::Array& params, const rpc::Caller& caller) {
    return dispatch(host, method, params, caller);
  };
}

std::vector<ManagementServers::Plan> ManagementServers::plans(const Options& options) {
  std::vector<Plan> plans;
  plan_sxp(options, plans);
  plan_xen_api(options, plans);
  if (options.xend_tcp_xmlrpc_server) {
    const auto& address = options.xend_tcp_xmlrpc_server_address;
    const unsigned port = options.xend_tcp_xmlrpc_server_port;
    const auto& key = options.xend_tcp_xmlrpc_server_ssl_key_file;
    const auto& cert = options.xend_tcp_xmlrpc_server_ssl_cert_file;
    rpc::Entrance entrance;
    if (key && cert) entrance.tls = tls_identity("xend-tcp-xmlrpc-server", *key, *cert);
    const std::string kind = entrance.tls ? "HTTPS" : "TCP";
    plans.push_back({fmt::format("Opening {} XML-RPC server on {}.", kind, place(address, port)),
                     "xend-tcp-xmlrpc-server", [=] { return rpc::listen_tcp(address, port); },
                     [this, entrance, kind](int fd) {
                       return std::make_unique<rpc::Server>(fd, "XML-RPC over " + kind, methods(), log_line,
                                                            rpc::ServerLimits(), entrance);
                     }});
  }
  if (options.xend_unix_xmlrpc_server) {
    plans.push_back({fmt::format("Opening Unix domain socket XML-RPC server on {}.", sockets_.xml_rpc), "",
                     [this] { return rpc::listen_unix(sockets_.xml_rpc); },
                     [this](int fd) {
                       return std::make_unique<rpc::Server>(fd, "XML-RPC on the unix socket", methods(), log_line);
                     },
                     true});
  }
  return plans;
}

void ManagementServers::plan_sxp(const Options& options, std::vector<Plan>& plans) {
  const auto serve = [this](const char* name) {
    return [this, name](int fd) {
      return std::make_unique<rpc::HttpServer>(fd, name, std::make_unique<SxpFace>(host_, BrowserGuard(own_names())),
                                               log_line, sxp_limits());
    };
  };
  if (options.xend_http_server) {
    const auto& address = options.xend_address;
    const unsigned port = options.xend_port;
    plans.push_back({fmt::format("Opening HTTP server on {}.", place(address, port)), "xend-http-server",
                     [=] { return rpc::listen_tcp(address, port); }, serve("SXP over HTTP")});
  }
  if (options.xend_unix_server) {
    const auto& path = options.xend_unix_path;
    plans.push_back({fmt::format("unix path={}", path), "", [=] { return rpc::listen_unix_for_owner(path); },
                     serve("SXP over HTTP on the unix socket")});
  }
}

// Listeners that say no in a way that clients of the Xen-API understand; nothing is carried out for them.
void ManagementServers::plan_xen_api(const Options& options, std::vector<Plan>& plans) {
  for (const XenApiListener& listener : options.xen_api_server) {
    rpc::Entrance entrance;
    if (!listener.key_file.empty() && !listener.cert_file.empty())
      entrance.tls = tls_identity("xen-api-server", listener.key_file, listener.cert_file);
    if (!listener.unix_socket) entrance.admits = admission(listener.hosts_allow);
    const std::string what = listener.unix_socket
                                 ? "Unix domain socket XML-RPC server on " + sockets_.xen_api
                                 : fmt::format("{} XML-RPC server on {}", entrance.tls ? "HTTPS" : "TCP",
                                               place(listener.address, listener.port));
    const bool none = listener.auth == XenApiListener::Auth::kNone;
    plans.push_back(
        {fmt::format("Opening {}{}", what, none ? "; authentication has been disabled for this server." : "."), "",
         [this, listener] {
           return listener.unix_socket ? rpc::listen_unix(sockets_.xen_api)
                                       : rpc::listen_tcp(listener.address, listener.port);
         },
         [entrance](int fd) {
           return std::make_unique<rpc::Server>(fd, "Xen-API", refuse_xen_api, log_line, rpc::ServerLimits(), entrance);
         }});
  }
}

void ManagementServers::open(Plan& plan) {
  XEND_LOG(Info, "{}", plan.opening);
  try {
    servers_.push_back(plan.serve(plan.listen()));
    if (!plan.open_to_all.empty())
      XEND_LOG(Warning, "Whoever can connect to {} controls this host: it asks for no password.", plan.open_to_all);
  } catch (const std::exception& e) {
    if (plan.needed) throw Error(fmt::format("Cannot start server: {}!", e.what()));
    XEND_LOG(Error, "Cannot start server: {}!", e.what());
  }
}

void ManagementServers::start(const Options& options) {
  auto wanted = plans(options);
  if (!options.xen_api_server.empty())
    XEND_LOG(Info,
             "This release does not have the Xen-API: what xen-api-server opens answers every call with a failure.");
  for (Plan& plan : wanted) open(plan);
}

void ManagementServers::restart(const Options& options) {
  auto wanted = plans(options);
  std::erase_if(retiring_, [](const auto& server) { return server->retired(); });
  for (auto& server : servers_) {
    server->retire();
    retiring_.push_back(std::move(server));
  }
  servers_.clear();
  for (Plan& plan : wanted) {
    plan.needed = false;  // the daemon runs, and domains with it
    open(plan);
  }
}

void ManagementServers::stop() {
  for (auto& server : servers_) server->stop();
  servers_.clear();
  retiring_.clear();
}

}  // namespace xend
