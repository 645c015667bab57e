// Python's xmlrpc.client against the server, and Python's xmlrpc.server, plain and with TLS, against the client: the
// classic programs are written in Python.
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <fstream>

#include "tests/unit/rpc/fixture.h"

namespace rpc {
namespace {

// The system's python3 with a script on its command line; what it prints is read line by line.
class Python {
 public:
  Python(const std::string& script, const std::string& arguments)
      : pipe_(::popen(("exec python3 -c '" + script + "' " + arguments + " 2>&1").c_str(), "re")) {}
  ~Python() { ::pclose(pipe_); }

  std::string line() {
    std::array<char, 4096> buffer{};
    if (!std::fgets(buffer.data(), buffer.size(), pipe_)) return "(no more lines)";
    std::string text = buffer.data();
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

 private:
  FILE* pipe_;
};

// Calls over the unix socket in argv[1], the way xen.util.xmlrpcclient did.
constexpr const char* kClient = R"(
import http.client, socket, sys, xmlrpc.client
class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])
class Transport(xmlrpc.client.Transport):
    def make_connection(self, host):
        if not self._connection[1]: self._connection = host, Connection("localhost")
        return self._connection[1]
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

TEST_F(RpcServer, UnderstandsPythonsClient) {
  start();
  Python python(kClient, socket());
  EXPECT_EQ(python.line(), "[1, -5, True, None, 1.5, 0.1, '<&>', ' ', '\\n', [], ['a', ['b']], {'k': {}}]");
  EXPECT_EQ(python.line(), R"(['caf\xe9 \U0001f43c \u20ac', 'a\nb'])") << "every XML parser reads a bare \\r\\n as \\n";
  EXPECT_EQ(python.line(), R"(it\'s "so"\n)") << "the body of a repr";
  EXPECT_EQ(python.line(), "{'Status': 'Failure', 'ErrorDescription': ['MESSAGE_METHOD_UNKNOWN', 'nosuch']}");
  EXPECT_EQ(python.line(), "<Fault 3: 'nosuch'>");
  EXPECT_EQ(python.line(), "<Fault 1: 'int exceeds XML-RPC limits'>");
  EXPECT_EQ(python.line(), "(no more lines)");
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

template <auto kFree>
struct Freed {
  void operator()(auto* p) const { kFree(p); }
};

// A certificate for 127.0.0.1 signed by itself, and its key, in one file.
void write_certificate(const std::string& path) {
  const std::unique_ptr<EVP_PKEY, Freed<::EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Freed<::X509_free>> certificate(::X509_new());
  X509* const x = certificate.get();
  ::X509_set_version(x, X509_VERSION_3);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(x), 1);
  ::X509_gmtime_adj(::X509_getm_notBefore(x), 0);
  ::X509_gmtime_adj(::X509_getm_notAfter(x), 3600);
  X509_NAME* const name = ::X509_get_subject_name(x);
  ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  ::X509_set_issuer_name(x, name);
  ::X509_set_pubkey(x, key.get());
  const std::unique_ptr<X509_EXTENSION, Freed<::X509_EXTENSION_free>> names(
      ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"));
  ::X509_add_ext(x, names.get(), -1);
  ::X509_sign(x, key.get(), ::EVP_sha256());
  const std::unique_ptr<FILE, Freed<std::fclose>> file(std::fopen(path.c_str(), "we"));
  ::PEM_write_X509(file.get(), x);
  ::PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
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
