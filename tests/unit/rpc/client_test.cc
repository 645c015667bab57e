// What the client makes of servers that are not there, leave, or answer nonsense.
#include "rpc/client.h"

#include <atomic>

#include "tests/unit/rpc/fixture.h"

namespace rpc {
namespace {

// Answers each connection with the next of the texts, after having read something of the request, and closes it.
class Answers {
 public:
  Answers(const std::string& path, std::vector<std::string> texts)
      : listener_(listen_unix(path)), thread_([this, texts] {
          for (const std::string& text : texts) {
            FileDescriptor fd(::accept(listener_.get(), nullptr, nullptr));
            if (!fd) return;
            {
              Peer client(std::move(fd));
              client.receive_response();
              client.send(text);
            }
            closed_++;
            closed_.notify_all();
          }
        }) {}
  ~Answers() {
    ::shutdown(listener_.get(), SHUT_RDWR);  // should the test have failed before all texts were asked for
    thread_.join();
  }

  // Returns when the first connection has been closed.
  void wait_for_closing() { closed_.wait(0); }

 private:
  FileDescriptor listener_;
  std::atomic<int> closed_ = 0;
  std::thread thread_;
};

class RpcClient : public testing::Test {
 protected:
  // What the client says when the server answers `text`.
  std::string answered(const std::string& text) {
    const Answers server(path_, {text});
    try {
      return Client("httpu://" + path_).call("m", {}).as_string();
    } catch (const ProtocolError& e) {
      return e.what();
    }
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path("s/sock");
};

TEST_F(RpcClient, RefusesABadUriAtOnce) {
  EXPECT_THROW(Client("ftp://dom0"), std::invalid_argument);
}

TEST_F(RpcClient, TellsANoSocketFromAStaleOne) {
  const auto error = [&] {
    try {
      Client("httpu://" + path_).call("m", {});
      return std::string("connected");
    } catch (const ConnectionError& e) {
      return std::to_string(e.error()) + " " + e.what();
    }
  };
  EXPECT_EQ(error(), std::to_string(ENOENT) + " Cannot talk to httpu://" + path_ + ": No such file or directory.");
  ::close(listen_unix(path_));
  EXPECT_EQ(error(), std::to_string(ECONNREFUSED) + " Cannot talk to httpu://" + path_ + ": Connection refused.");
}

TEST_F(RpcClient, SaysThatAHostDoesNotExist) {
  try {
    Client("http://host.invalid:8006").call("m", {});
    FAIL() << "connected";
  } catch (const ConnectionError& e) {
    EXPECT_NE(std::string(e.what()).find("host.invalid"), std::string::npos) << e.what();
  }
}

TEST_F(RpcClient, SaysWhatIsWrongWithAnAnswer) {
  const std::string missing = "Invalid or missing HTTP status code.";
  EXPECT_EQ(answered(""), missing);
  EXPECT_EQ(answered("junk\r\n\r\n"), missing);
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Le"), missing);
  EXPECT_EQ(answered("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "ProtocolError(404, Not Found).");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"),
            "The connection was closed after 5 of 10 bytes.");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "The answer is chunked, which is not supported.");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
            "The answer has 99999999999 bytes, which is too much.");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n<html/>"),
            "The XML is no XML-RPC: line 1, <html>: <methodResponse> is expected.");
}

TEST_F(RpcClient, ReadsAnAnswerWithoutLengthToItsEnd) {
  EXPECT_EQ(answered("HTTP/1.0 200 OK\r\n\r\n" + encode_response("old\n")), "old\n");
}

TEST_F(RpcClient, ConnectsAnewWhenTheServerHasClosed) {
  const std::string xml = encode_response("x");
  const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(xml.size()) + "\r\n\r\n" + xml;
  Answers server(path_, {response, response});
  Client client("httpu://" + path_);
  EXPECT_EQ(client.call("m", {}), Value("x"));
  server.wait_for_closing();
  EXPECT_EQ(client.call("m", {}), Value("x"));
}

TEST_F(RpcClient, NeverSendsACallTwice) {
  // Who closes without an answer may have carried out the call. A second connection would be answered.
  const Answers server(path_, {"", "HTTP/1.1 200 OK\r\n\r\n" + encode_response("twice")});
  Client client("httpu://" + path_);
  EXPECT_THROW(client.call("m", {}), ProtocolError);
  EXPECT_EQ(client.call("m", {}), Value("twice")) << "the next call is another matter";
}

}  // namespace
}  // namespace rpc
