// What the server says to clients that speak properly, and to those that do not.
#include "tests/unit/rpc/fixture.h"

namespace rpc {
namespace {

using Clock = std::chrono::steady_clock;

TEST_F(RpcServer, AnswersACall) {
  start();
  Peer client = peer();
  client.send(request("echo", {1, "two"}));
  const std::string response = client.receive_response();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\nServer: ")) << response;
  EXPECT_NE(response.find("\r\nDate: "), response.npos);
  EXPECT_NE(response.find("\r\nContent-Type: text/xml\r\n"), response.npos);
  EXPECT_EQ(result(response), Value(Array{1, "two"}));
}

TEST_F(RpcServer, KeepsTheConnectionOfAnHttp11Client) {
  start();
  Peer client = peer();
  for (int i = 0; i < 3; i++) {
    client.send(request("first", {i}));
    EXPECT_EQ(result(client.receive_response()), Value(i));
  }
}

TEST_F(RpcServer, AnswersRequestsSentInOneGo) {
  start();
  Peer client = peer();
  client.send(request("first", {1}) + "\r\n" + request("first", {2}) + request("first", {3}, "Connection: close\r\n"));
  EXPECT_EQ(result(client.receive_response()), Value(1));
  EXPECT_EQ(result(client.receive_response()), Value(2));
  EXPECT_EQ(result(client.receive_response()), Value(3));
  EXPECT_EQ(client.receive_all(), "") << "closed, as asked";
}

TEST_F(RpcServer, ClosesTheConnectionOfAnHttp10Client) {
  start();
  Peer client = peer();
  std::string old = request("first", {1});
  old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0");
  client.send(old);
  EXPECT_EQ(result(client.receive_all()), Value(1));
}

TEST_F(RpcServer, TakesARequestByteByByte) {
  start();
  Peer client = peer();
  for (const char byte : request("first", {"slow"})) client.send({&byte, 1});
  EXPECT_EQ(result(client.receive_response()), Value("slow"));
}

TEST_F(RpcServer, AnswersAClientThatHasClosedItsSide) {
  start();
  Peer client = peer();
  client.send(request("first", {"half"}));
  client.half_close();
  EXPECT_EQ(result(client.receive_all()), Value("half"));
}

TEST_F(RpcServer, SaysContinueToAClientThatWaitsForIt) {
  start();
  Peer client = peer();
  const std::string whole = request("first", {"x"}, "Expect: 100-continue\r\n");
  const std::size_t body = whole.find("\r\n\r\n") + 4;
  client.send(whole.substr(0, body));
  client.send(whole.substr(body));
  EXPECT_TRUE(client.receive_response().starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_F(RpcServer, TurnsExceptionsIntoFaults) {
  start();
  Client client(uri());
  const auto fault = [&](const char* method) {
    try {
      client.call(method, {});
      return std::string("no fault");
    } catch (const Fault& f) {
      return std::to_string(f.code()) + " " + f.what();
    }
  };
  EXPECT_EQ(fault("fault"), "3 nosuch");
  EXPECT_EQ(lines_logged(), 0U) << "faults are answers, not news";
  EXPECT_EQ(fault("bug"), "1 the disk is full");
  EXPECT_TRUE(logged("ERROR Internal error handling bug: the disk is full"));
  EXPECT_EQ(fault("odd bug"), "1 an exception that says nothing about itself");
  EXPECT_EQ(fault("large"), "1 int exceeds XML-RPC limits");
  EXPECT_EQ(client.call("nosuch", {}), unknown_method("nosuch"));
}

TEST_F(RpcServer, AnswersXmlThatIsNoCallWithAFault) {
  start();
  Peer client = peer();
  client.send("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\njunk");
  EXPECT_THROW(result(client.receive_response()), Fault);
  EXPECT_TRUE(logged("WARNING test: bad request from process " + std::to_string(::getpid())));
  client.send(request("first", {1}));
  EXPECT_EQ(result(client.receive_response()), Value(1)) << "the HTTP was in order, so the connection goes on";
}

TEST_F(RpcServer, RefusesWhatIsNotXmlRpcOverHttp) {
  start({.request_bytes = 1000, .header_bytes = 500});
  const auto answer = [&](const std::string& bytes) {
    Peer client = peer();
    client.send(bytes);
    client.half_close();
    const std::string all = client.receive_all();
    return all.substr(0, all.find("\r\n"));
  };
  EXPECT_EQ(answer("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 501 Not Implemented");
  EXPECT_EQ(answer("POST / HTTP/1.1\r\n\r\n"), "HTTP/1.1 411 Length Required");
  EXPECT_EQ(answer("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), "HTTP/1.1 411 Length Required");
  EXPECT_EQ(answer("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n"), "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(answer("POST / HTTP/1.1\r\nX: " + std::string(600, 'x')), "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(answer("\x16\x03\x01\x02 TLS"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(answer("\n(help)\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(answer("POST"), "HTTP/1.1 400 Bad Request") << "closed early";
  EXPECT_EQ(answer("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort"), "HTTP/1.1 400 Bad Request") << "closed early";
  expect_alive();
}

TEST_F(RpcServer, TheRefusalOfALargeRequestArrives) {
  const unsigned port = start_tcp();
  EXPECT_GT(port, 0U);
  Client client("http://127.0.0.1:" + std::to_string(port));
  try {
    client.call("first", {std::string(9 * 1024 * 1024, 'x')});
    FAIL() << "accepted";
  } catch (const ProtocolError& e) {
    EXPECT_STREQ(e.what(), "ProtocolError(413, Payload Too Large).");
  }
}

TEST_F(RpcServer, ManyBadPeersMakeFewLines) {
  start();
  for (int i = 0; i < 100; i++) {
    Peer client = peer();
    client.send("junk");
    client.receive_all();
  }
  EXPECT_EQ(lines_logged(), 10U);
  expect_alive();
}

TEST_F(RpcServer, DoesNotWaitForASlowRequestForEver) {
  start({.request_seconds = 1});
  Peer client = peer();
  const auto before = Clock::now();
  client.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nsl");
  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_GE(Clock::now() - before, std::chrono::seconds(1));
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(3));
  EXPECT_TRUE(logged("The request did not arrive within 1 seconds."));
}

TEST_F(RpcServer, DoesNotWaitForEverForAClientThatTakesNoAnswer) {
  start({.request_seconds = 1});
  Peer client = peer();
  client.send(request("echo", {std::string(4 * 1024 * 1024, 'x')}));
  EXPECT_TRUE(logged(": writing to the peer: Connection timed out."));
}

TEST_F(RpcServer, ClosesIdleConnections) {
  start({.idle_seconds = 1});
  Peer client = peer();
  client.send(request("first", {1}));
  EXPECT_EQ(result(client.receive_response()), Value(1));
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(lines_logged(), 0U);
}

TEST_F(RpcServer, SurvivesClientsThatLeaveBeforeTheirAnswer) {
  start();
  for (int i = 0; i < 20; i++) peer().send(request("wait"));
  wait_for_calls(20);
  open();
  expect_alive();
}

}  // namespace
}  // namespace rpc
