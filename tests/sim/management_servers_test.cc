// The servers that the configuration wants, opened, replaced by a reload, and closed; on sockets of their own.
#include "xend/api/management_servers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "rpc/client.h"
#include "rpc/unix_address.h"
#include "tests/sim/life.h"
#include "tests/unit/rpc/certificate.h"
#include "tests/unit/rpc/python.h"
#include "xend/log.h"

namespace sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A port that nobody listens on now.
std::uint16_t free_port() {
  const rpc::FileDescriptor fd(rpc::listen_tcp("127.0.0.1", 0));
  return static_cast<std::uint16_t>(rpc::port_of(fd.get()));
}

class Servers : public Life {
 protected:
  Servers() {
    xend::log_open(path("xend.log"), xend::Level::kDebug, false);
    options.xend_address = "127.0.0.1";
    options.xend_tcp_xmlrpc_server_address = "127.0.0.1";
    options.xend_port = free_port();
    options.xend_tcp_xmlrpc_server_port = free_port();
    options.xend_unix_path = path("xend-socket");
    options.xen_api_server.clear();
  }
  ~Servers() override { xend::log_close(); }

  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(xend::log_path()).rdbuf();
    return text.str();
  }
  std::string unix_uri() const { return "httpu://" + sockets.xml_rpc; }
  static std::string uri(const char* scheme, unsigned port) {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(port) + "/RPC2";
  }
  // What the server there calls this host's guests, or why it does not say.
  static std::string names_at(const std::string& where) {
    try {
      return sxp_text(rpc::Client(where).call("xend.domains", {false}));
    } catch (const std::exception& e) {
      return e.what();
    }
  }
  static std::string sxp_text(const rpc::Value& value) { return rpc::to_sxp(value).text(); }

  // The answer to an HTTP request, on TCP or on a unix socket.
  static std::string curl(const std::string& arguments) {
    std::string all;
    FILE* const pipe = ::popen(("curl --silent --show-error --noproxy '*' " + arguments + " 2>&1").c_str(), "re");
    std::array<char, 4096> buffer;
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) all.append(buffer.data(), n);
    ::pclose(pipe);
    return all;
  }
  std::string http(unsigned port) const { return "http://127.0.0.1:" + std::to_string(port); }

  xend::Options options;
  xend::ServerSockets sockets{path("xmlrpc.sock"), path("xen-api.sock")};
  xend::ManagementServers servers{*host.host, sockets};
};

TEST_F(Servers, ByDefaultThereIsTheSocketOfXmAndNothingElse) {
  servers.start(options);
  EXPECT_EQ(names_at(unix_uri()), "(Domain-0)");
  EXPECT_THAT(names_at(uri("http", options.xend_tcp_xmlrpc_server_port)), HasSubstr("Connection refused"));
  EXPECT_THAT(log(), AllOf(HasSubstr("Opening Unix domain socket XML-RPC server on " + sockets.xml_rpc + ".\n"),
                           Not(HasSubstr("WARNING"))));
}

TEST_F(Servers, XmlRpcOverTcpSaysThatItIsOpen) {
  options.xend_tcp_xmlrpc_server = true;
  servers.start(options);
  EXPECT_EQ(names_at(uri("http", options.xend_tcp_xmlrpc_server_port)), "(Domain-0)");
  EXPECT_THAT(log(), AllOf(HasSubstr("Opening TCP XML-RPC server on 127.0.0.1:"),
                           HasSubstr("Whoever can connect to xend-tcp-xmlrpc-server controls this host")));
}

// What the classic programs had to know of the classic daemon (spec protocols 3.2, 3.3).
constexpr const char* kTraps = R"(
import sys, xmlrpc.client
xend = xmlrpc.client.ServerProxy(sys.argv[1], allow_none=True)
def attempt(call, *args):
    try: return call(*args)
    except xmlrpc.client.Fault as fault: return fault
print(attempt(xend.xend.domain.pause, "web1"), attempt(xend.xend.domain.unpause, "web1"))
print(attempt(xend.xend.node.dmesg.info))
domain = xend.xend.domain("web1", 1)
print(domain[0], [key for key in ("name", "vcpus", "vcpu_avail", "cpu_time") if any(p[0] == key for p in domain[1:])])
print(attempt(xend.xend.domain.pause, "nosuch"))
print(attempt(xend.xend.domain.pause))
print(attempt(xend.xend.domain.shutdown, "web1", "dance"))
print(attempt(xend.xend.domain.dance, "web1"))
print(attempt(xend.xend.domain.getpauseflag, "web1"))
)";

TEST_F(Servers, TheTrapsOfTheClassicInterface) {
  options.xend_tcp_xmlrpc_server = true;
  servers.start(options);
  host.start_guest("web1");
  rpc::Python python(kTraps, uri("http", options.xend_tcp_xmlrpc_server_port));
  EXPECT_EQ(python.line(), "None None");
  EXPECT_EQ(python.line(), "(XEN) fake\\n") << "a string alone is the body of a repr";
  EXPECT_EQ(python.line(), "domain ['name', 'vcpus', 'cpu_time']") << "without vcpu_avail, which has no 32 bits";
  EXPECT_EQ(python.line(), "<Fault 3: 'nosuch'>");
  EXPECT_THAT(python.line(), testing::StartsWith("<Fault 1: 'xend.domain.pause() takes "));
  EXPECT_EQ(python.line(), "<Fault 2: 'Invalid reason: dance'>");
  EXPECT_EQ(python.line(),
            "{'Status': 'Failure', 'ErrorDescription': ['MESSAGE_METHOD_UNKNOWN', 'xend.domain.dance']}");
  EXPECT_EQ(python.line(), "False");
}

TEST_F(Servers, XmlRpcOverTls) {
  rpc::write_certificate(path("pem"));
  options.xend_tcp_xmlrpc_server = true;
  options.xend_tcp_xmlrpc_server_ssl_key_file = options.xend_tcp_xmlrpc_server_ssl_cert_file = path("pem");
  servers.start(options);
  ::setenv("SSL_CERT_FILE", path("pem").c_str(), 1);
  EXPECT_EQ(names_at(uri("https", options.xend_tcp_xmlrpc_server_port)), "(Domain-0)");
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_THAT(log(), HasSubstr("Opening HTTPS XML-RPC server on 127.0.0.1:"));
}

TEST_F(Servers, SxpOverHttpForCurl) {
  options.xend_http_server = options.xend_unix_server = true;
  servers.start(options);
  host.start_guest("web1");
  const std::string sxp = "-H 'Accept: application/sxp' ";
  EXPECT_EQ(curl(sxp + http(options.xend_port) + "/xend/domain"), "(Domain-0 web1)");
  EXPECT_EQ(curl(sxp + "--unix-socket " + options.xend_unix_path + " http://localhost/xend/domain"), "(Domain-0 web1)");
  EXPECT_EQ(curl(sxp + "-o /dev/null -w '%{http_code}' -d op=pause " + http(options.xend_port) + "/xend/domain/web1"),
            "200");
  EXPECT_EQ(host.list(), "web1 -bp---");
  // Two requests over one connection, and a body that curl announces and waits to send.
  EXPECT_EQ(curl(sxp + "-H 'Connection: keep-alive' -w '%{num_connects} ' " + http(options.xend_port) + "/ " +
                 http(options.xend_port) + "/"),
            "(ls )''1 (ls )''0 ");
  EXPECT_THAT(
      curl(sxp + "-H 'Expect: 100-continue' -F op=device_create --form-string 'config=(vif (mac 00:16:3e:00:00:01))' " +
           http(options.xend_port) + "/xend/domain/web1"),
      "(vif (dom 1 id 0))");
  EXPECT_THAT(curl("-o /dev/null -w '%{http_code}' --data-binary @/proc/self/exe " + http(options.xend_port) + "/xend"),
              "413");
  EXPECT_THAT(log(), HasSubstr("Whoever can connect to xend-http-server controls this host"));
}

TEST_F(Servers, TheUnixSocketsAreForTheOwnerAlone) {
  options.xend_unix_server = true;
  ::chmod(host.folder.c_str(), 0755);
  options.xend_unix_path = path("mine/xend-socket");
  sockets.xml_rpc = path("run/xmlrpc.sock");
  xend::ManagementServers private_servers(*host.host, sockets);
  private_servers.start(options);
  for (const std::string& socket : {options.xend_unix_path, sockets.xml_rpc}) {
    struct stat st {};
    ASSERT_EQ(::stat(socket.c_str(), &st), 0) << socket;
    EXPECT_EQ(st.st_mode & 07777, 0600U) << socket;
  }
  struct stat st {};
  ASSERT_EQ(::stat(host.folder.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0755U) << "a folder that was there stays as it is";
}

TEST_F(Servers, TheXenApiIsRefusedInItsOwnForm) {
  const unsigned short port = free_port();
  options.xen_api_server = {xend::XenApiListener{}, {.unix_socket = false, .address = "127.0.0.1", .port = port}};
  servers.start(options);
  for (const std::string& where : {"httpu://" + sockets.xen_api, uri("http", port)}) {
    rpc::Client client(where);
    EXPECT_EQ(sxp_text(client.call("session.login_with_password", {"root", "sesame"})),
              "((Status Failure) (ErrorDescription (MESSAGE_METHOD_UNKNOWN session.login_with_password)))");
    EXPECT_THAT(sxp_text(client.call("xend.domain.destroy", {0})),
                HasSubstr("(ErrorDescription (INTERNAL_ERROR 'xend.domain.destroy is not served here"));
  }
  EXPECT_THAT(log(), AllOf(HasSubstr("This release does not have the Xen-API"),
                           HasSubstr("Opening TCP XML-RPC server on 127.0.0.1:" + std::to_string(port) +
                                     "; authentication has been disabled for this server.")));
}

TEST_F(Servers, WhoIsNotOnTheListOfTheXenApiGetsNoAnswer) {
  const unsigned short port = free_port();
  options.xen_api_server = {
      {.unix_socket = false, .address = "127.0.0.1", .port = port, .hosts_allow = "^192\\.0\\.2\\.1$"}};
  servers.start(options);
  EXPECT_THAT(curl("-d x " + http(port)), HasSubstr("Empty reply from server"));
  EXPECT_THAT(log(), HasSubstr("WARNING"));
  EXPECT_THAT(log(), HasSubstr("Rejected connection from 127.0.0.1 ("));
}

TEST_F(Servers, APortThatIsTakenLeavesTheOthersUp) {
  const rpc::FileDescriptor taken(rpc::listen_tcp("127.0.0.1", 0));
  options.xend_tcp_xmlrpc_server = true;
  options.xend_tcp_xmlrpc_server_port = static_cast<std::uint16_t>(rpc::port_of(taken.get()));
  servers.start(options);
  EXPECT_THAT(log(), testing::ContainsRegex("ERROR .*Cannot start server: 127.0.0.1:[0-9]+: Address already in use!"));
  EXPECT_EQ(names_at(unix_uri()), "(Domain-0)");
}

TEST_F(Servers, ASecondDaemonDoesNotStart) {
  servers.start(options);
  xend::ManagementServers second(*host.host, sockets);
  EXPECT_THAT(error_of([&] { second.start(options); }), HasSubstr("another process listens on " + sockets.xml_rpc));
}

// ---- whoever comes ----

rpc::FileDescriptor connect_to_unix(const std::string& path) {
  rpc::FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const rpc::UnixAddress address(path);
  EXPECT_EQ(::connect(fd.get(), address.get(), address.size()), 0) << path;
  return fd;
}

rpc::FileDescriptor connect_to_tcp(std::uint16_t port) {
  rpc::FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << port;
  return fd;
}

std::size_t held() {
  const auto entries = [](const char* folder) {
    return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
  };
  return static_cast<std::size_t>(entries("/proc/self/fd") + entries("/proc/self/task"));
}

TEST_F(Servers, CrowdsThatSayHalfOfSomethingKeepNobodyOut) {
  rpc::write_certificate(path("pem"));
  const std::uint16_t tls_port = free_port();
  options.xend_http_server = options.xend_unix_server = options.xend_tcp_xmlrpc_server = true;
  options.xen_api_server = {{.unix_socket = false,
                             .address = "127.0.0.1",
                             .port = tls_port,
                             .key_file = path("pem"),
                             .cert_file = path("pem")}};
  servers.start(options);
  const auto before = held();
  {
    std::vector<rpc::FileDescriptor> crowd;
    std::string junk(300, '\xfe');
    for (int i = 0; i < 70; ++i) {
      for (auto& fd : {connect_to_unix(sockets.xml_rpc), connect_to_unix(options.xend_unix_path)})
        crowd.emplace_back(::dup(fd.get()));
      for (const auto port : {options.xend_port, options.xend_tcp_xmlrpc_server_port, tls_port})
        crowd.push_back(connect_to_tcp(port));
    }
    for (std::size_t i = 0; i < crowd.size(); ++i) {
      const std::string bytes = i % 7 == 0 ? junk : "POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n<";
      [[maybe_unused]] const auto n = ::send(crowd[i].get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (i % 5 == 0) ::shutdown(crowd[i].get(), SHUT_WR);
    }
    EXPECT_EQ(names_at(unix_uri()), "(Domain-0)");
    EXPECT_EQ(names_at(uri("http", options.xend_tcp_xmlrpc_server_port)), "(Domain-0)");
    EXPECT_EQ(curl("-H 'Accept: application/sxp' " + http(options.xend_port) + "/"), "(ls )''");
    EXPECT_EQ(curl("-H 'Accept: application/sxp' --unix-socket " + options.xend_unix_path + " http://localhost/"),
              "(ls )''");
    EXPECT_THAT(curl("--insecure -d x https://127.0.0.1:" + std::to_string(tls_port)), HasSubstr("<methodResponse>"));
  }
  EXPECT_TRUE(eventually([&] { return held() <= before; })) << held() << " are held, " << before << " were";
  const std::string lines = log();
  EXPECT_LE(std::count(lines.begin(), lines.end(), '\n'), 100) << "ten a minute for each server, and not one per peer";
}

// ---- reload ----

TEST_F(Servers, AReloadOpensAndCloses) {
  options.xend_tcp_xmlrpc_server = true;
  servers.start(options);
  const unsigned before = options.xend_tcp_xmlrpc_server_port;
  options.xend_tcp_xmlrpc_server = false;
  options.xend_http_server = true;
  servers.restart(options);
  EXPECT_EQ(names_at(unix_uri()), "(Domain-0)");
  EXPECT_THAT(names_at(uri("http", before)), HasSubstr("Connection refused"));
  EXPECT_EQ(curl("-H 'Accept: application/sxp' " + http(options.xend_port) + "/"), "(ls )''");
  servers.restart(options);
  EXPECT_EQ(curl("-H 'Accept: application/sxp' " + http(options.xend_port) + "/"), "(ls )''") << "the same port again";
}

TEST_F(Servers, ACertificateThatCannotBeReadKeepsTheServersThereAre) {
  options.xend_http_server = true;
  servers.start(options);
  auto broken = options;
  broken.xend_http_server = false;
  broken.xend_tcp_xmlrpc_server = true;
  broken.xend_tcp_xmlrpc_server_ssl_key_file = broken.xend_tcp_xmlrpc_server_ssl_cert_file = "/dev/null";
  EXPECT_THAT(error_of([&] { servers.restart(broken); }),
              HasSubstr("xend-tcp-xmlrpc-server cannot speak TLS: The certificate /dev/null cannot be used"));
  EXPECT_EQ(names_at(unix_uri()), "(Domain-0)");
  EXPECT_EQ(curl("-H 'Accept: application/sxp' " + http(options.xend_port) + "/"), "(ls )''");
}

TEST_F(Servers, ACallThatRunsGoesOnOverAReload) {
  servers.start(options);
  host.start_guest("web1");
  const auto web1 = guest("web1");
  host.guests_suspend(false);  // the save waits for the guest, which does not suspend
  host.host->suspend_limits = {std::chrono::milliseconds(1500), std::chrono::seconds(5), std::chrono::seconds(5)};
  std::string outcome;
  std::thread saving([&] {
    outcome = error_of([&] { rpc::Client(unix_uri()).call("xend.domain.save", {"web1", path("image")}); });
  });
  EXPECT_TRUE(eventually([&] { return web1->busy() != ""; }));
  const auto before = std::chrono::steady_clock::now();
  servers.restart(options);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1)) << "nobody waits for the save";
  EXPECT_EQ(names_at(unix_uri()), "(Domain-0 migrating-web1)");
  host.guests_suspend(true);
  saving.join();
  EXPECT_THAT(outcome, Not(HasSubstr("cancel"))) << "its caller hears how it ended";
}

}  // namespace
}  // namespace sim
