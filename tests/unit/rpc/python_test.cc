// Python's xmlrpc.client against the server, and Python's xmlrpc.server, plain and with TLS, against the client: the
// classic programs are written in Python.
#include "tests/unit/rpc/python.h"
#include "tests/unit/rpc/certificate.h"
#include "tests/unit/rpc/fixture.h"

namespace rpc {
namespace {

// Calls over the unix socket in argv[1], the way xen.util.xmlrpcclient did, or at the URI there, as everybody else;
// over TLS it trusts argv[2].
constexpr const char* kClient = R"(
import http.client, socket, ssl, sys, xmlrpc.client
class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])
class Transport(xmlrpc.client.Transport):
    def make_connection(self, host):
        if not self._connection[1]: self._connection = host, Connection("localhost")
        return self._connection[1]
if sys.argv[1].startswith("https:"):
    context = ssl.create_default_context(cafile=sys.argv[2])
    xend = xmlrpc.client.ServerProxy(sys.argv[1], context=context, allow_none=True)
elif sys.argv[1].startswith("http:"):
    xend = xmlrpc.client.ServerProxy(sys.argv[1], allow_none=True)
else:
    xend = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=Transport(), allow_none=True)
print(xend.echo(1, -5, True, None, 1.5, 0.1, "<&>", " ", "\n", [], ["a", ["b"]], {"k": {}}))
print(ascii(xend.echo("caf\u00e9 \U0001F43C \u20ac", "a\r\nb")))
print(xend.first("it\u0027s \"so\"\n"))
print(xend.nosuch())
try: xend.fault()
except xmlrpc.client.Fault as fault: print(fault)
try: xend.large()
except xmlrpc.client.Fault as fault: print(fault)
)";

void expect_python_understands(Python& python) {
  EXPECT_EQ(python.line(), "[1, -5, True, None, 1.5, 0.1, '<&>', ' ', '\\n', [], ['a', ['b']], {'k': {}}]");
  EXPECT_EQ(python.line(), R"(['caf\xe9 \U0001f43c \u20ac', 'a\nb'])") << "every XML parser reads a bare \\r\\n as \\n";
  EXPECT_EQ(python.line(), R"(it\'s "so"\n)") << "the body of a repr";
  EXPECT_EQ(python.line(), "{'Status': 'Failure', 'ErrorDescription': ['MESSAGE_METHOD_UNKNOWN', 'nosuch']}");
  EXPECT_EQ(python.line(), "<Fault 3: 'nosuch'>");
  EXPECT_EQ(python.line(), "<Fault 1: 'int exceeds XML-RPC limits'>");
  EXPECT_EQ(python.line(), "(no more lines)");
}

TEST_F(RpcServer, UnderstandsPythonsClientOnTheUnixSocket) {
  start();
  Python python(kClient, socket());
  expect_python_understands(python);
}

TEST_F(RpcServer, UnderstandsPythonsClientOverTcp) {
  Python python(kClient, "http://127.0.0.1:" + std::to_string(start_tcp()));
  expect_python_understands(python);
}

TEST_F(RpcServer, UnderstandsPythonsClientOverTls) {
  const TemporaryDirectory directory;
  const std::string cert = directory.path("cert.pem");
  write_certificate(cert);
  Python python(kClient, "https://127.0.0.1:" + std::to_string(start_tls(cert)) + "/anything " + cert);
  expect_python_understands(python);
  EXPECT_EQ(lines_logged(), 0U);
}

// Serves until it is told to quit, on a port that it prints; with argv[1], a certificate and its key, over TLS.
constexpr const char* kServer = R"(
import ssl, sys, xmlrpc.client, xmlrpc.server
server = xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), allow_none=True, logRequests=False)
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    server.socket = context.wrap_socket(server.socket, server_side=True, suppress_ragged_eofs=True)
def fault(): raise xmlrpc.client.Fault(3, "nosuch")
def quit():
    global more
    more = False
server.register_function(lambda *arguments: arguments, "echo")
server.register_function(lambda text: repr(text)[1:-1], "log")
server.register_function(fault)
server.register_function(quit)
print(server.server_address[1], flush=True)
more = True
while more: server.handle_request()
)";

// The server quits when its connection is closed after `quit`.
void expect_answers(const std::string& uri) {
  Client client(uri);
  const Array values = {1, "<&> caf\xC3\xA9", " ", 0.1, true, Value(), Array{Array{}}, Struct{{"k", "v"}}};
  EXPECT_EQ(client.call("echo", values), Value(values));
  EXPECT_EQ(client.call("log", {"it's \"so\"\n\t\\"}), Value("it's \"so\"\n\t\\"));
  const std::string large(3'000'000, 'x');
  EXPECT_EQ(client.call("echo", {large}), Value(Array{large}));
  EXPECT_THROW(client.call("fault", {}), Fault);
  EXPECT_EQ(client.call("quit", {}), Value());
}

TEST(RpcClientWithPython, UnderstandsPythonsServer) {
  Python python(kServer, "");
  expect_answers("http://127.0.0.1:" + python.line() + "/RPC2");
}

TEST(RpcClientWithPython, SpeaksTlsWithAServerItTrusts) {
  const TemporaryDirectory directory;
  write_certificate(directory.path("cert.pem"));
  Python python(kServer, directory.path("cert.pem"));
  const std::string port = python.line();

  const auto refusal = [&](const std::string& host) -> std::string {
    try {
      Client("https://" + host + ":" + port).call("echo", {});
      return "trusted";
    } catch (const ConnectionError& e) {
      return e.what();
    }
  };
  EXPECT_EQ(refusal("127.0.0.1"), "Cannot talk to https://127.0.0.1:" + port +
                                      ": The server's certificate is not trusted: self-signed certificate.");
  ::setenv("SSL_CERT_FILE", directory.path("cert.pem").c_str(), 1);
  EXPECT_EQ(refusal("localhost"), "Cannot talk to https://localhost:" + port +
                                      ": The server's certificate is not trusted: hostname mismatch.");
  expect_answers("https://127.0.0.1:" + port);
  ::unsetenv("SSL_CERT_FILE");
}

}  // namespace
}  // namespace rpc
