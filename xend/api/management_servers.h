// The servers through which the daemon is asked, as the configuration wants them (spec xend-config 4.2, section 6):
// XML-RPC on a unix socket, TCP and TLS, the SXP interface over HTTP, and what stands in for the Xen-API.
// Relocation is not among them: its listeners are opened when the daemon starts, and stay.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rpc/server.h"
#include "xend/config/options.h"
#include "xend/domain/host.h"

namespace xend {

// Where the sockets are whose places are not configured.
struct ServerSockets {
  std::string xml_rpc = "/var/run/xend/xmlrpc.sock";
  std::string xen_api = "/var/run/xend/xen-api.sock";
};

class ManagementServers {
 public:
  explicit ManagementServers(Host& host, ServerSockets sockets = {});
  ~ManagementServers();  // stop()
  ManagementServers(const ManagementServers&) = delete;
  ManagementServers& operator=(const ManagementServers&) = delete;

  // Opens all that `options` want. A server whose address cannot be had is left out, with a line in the log. Throws
  // Error when it is the one that xm uses, or when a certificate or key cannot be used.
  void start(const Options& options);

  // Closes the servers and opens those that `options` want; calls that run go on to their end. Throws Error when a
  // certificate or key cannot be used: the servers that are open stay then.
  void restart(const Options& options);

  // Closes them all and waits for the calls that run.
  void stop();

 private:
  struct Plan;
  std::vector<Plan> plans(const Options& options);
  void plan_xen_api(const Options& options, std::vector<Plan>& plans);
  void plan_sxp(const Options& options, std::vector<Plan>& plans);
  void open(Plan& plan);
  rpc::Dispatcher methods();

  Host& host_;
  ServerSockets sockets_;
  std::vector<std::unique_ptr<rpc::HttpServer>> servers_;
  std::vector<std::unique_ptr<rpc::HttpServer>> retiring_;  // closed, with calls that run
};

}  // namespace xend
