// Clients that mean harm, on a server with short deadlines: it cuts them off, says so in few lines, serves the others
// meanwhile and keeps nothing of them.
#include <dirent.h>
#include <gmock/gmock.h>

#include <random>

#include "tests/unit/rpc/certificate.h"
#include "tests/unit/rpc/fixture.h"

namespace rpc {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using Clock = std::chrono::steady_clock;

std::size_t entries(const char* folder) {
  std::size_t n = 0;
  DIR* const dir = ::opendir(folder);
  while (::readdir(dir)) n++;
  ::closedir(dir);
  return n;
}

// Descriptors and threads of this process.
std::pair<std::size_t, std::size_t> held() {
  return {entries("/proc/self/fd"), entries("/proc/self/task")};
}

class HostileClients : public RpcServer {
 protected:
  // Waits until the server holds no more than it did: its threads take a moment to end.
  static bool settles_at(std::pair<std::size_t, std::size_t> before) {
    for (int i = 0; i < 500; i++) {
      const auto now = held();
      if (now.first <= before.first && now.second <= before.second) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
};

TEST_F(HostileClients, SlowRequestsMakeRoomForOthers) {
  start({.connections = 4, .request_seconds = 20, .patience = 200ms});
  std::vector<Peer> slow;
  for (int i = 0; i < 4; i++) {
    slow.push_back(peer());
    // It goes on waiting for the body once it has said so.
    slow.back().send("POST / HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(slow.back().receive(25), "HTTP/1.1 100 Continue\r\n\r\n");
  }
  const auto before = Clock::now();
  expect_alive();
  EXPECT_LT(Clock::now() - before, 5s) << "long before the slow ones' time is over";
  EXPECT_EQ(slow[0].receive_all(), "") << "the oldest made room";
  EXPECT_TRUE(logged("WARNING test: a slow client was cut off: all connections are in use."));
}

TEST_F(HostileClients, ClientsThatTakeNoAnswerMakeRoomForOthers) {
  start({.connections = 2, .request_seconds = 20, .patience = 200ms});
  std::vector<Peer> greedy;
  for (int i = 0; i < 2; i++) {
    greedy.push_back(peer());
    greedy.back().send(request("echo", {std::string(4 * 1024 * 1024, 'x')}));
  }
  const auto before = Clock::now();
  expect_alive();
  EXPECT_LT(Clock::now() - before, 5s);
}

TEST_F(HostileClients, CallsThatRunAreNotGivenUpForOthers) {
  start({.connections = 1, .patience = 10ms});
  Peer busy = peer();
  busy.send(request("wait"));
  wait_for_calls(1);
  Peer next = peer();
  next.send(request("first", {1}));
  std::this_thread::sleep_for(100ms);
  open();
  EXPECT_EQ(result(busy.receive_response()), Value("waited"));
  EXPECT_EQ(result(next.receive_response()), Value(1));
}

TEST_F(HostileClients, OneByteASecondIsCutOffAtTheDeadline) {
  start({.request_seconds = 1});
  Peer slow = peer();
  const auto before = Clock::now();
  const std::string bytes = "POST / HTTP/1.1\r\n";
  std::thread drip([&] {
    try {
      for (const char byte : bytes) {
        slow.send({&byte, 1});
        std::this_thread::sleep_for(150ms);
      }
    } catch (const std::system_error&) {
      // As it should be.
    }
  });
  EXPECT_TRUE(logged("The request did not arrive within 1 seconds."));
  EXPECT_LT(Clock::now() - before, 2s) << "a byte now and then does not buy more time";
  drip.join();
}

TEST_F(HostileClients, LeaveNothingBehind) {
  start({.request_bytes = 10'000, .request_seconds = 1});
  expect_alive();
  const auto before = held();
  std::mt19937 random(42);
  for (int i = 0; i < 200; i++) {
    Peer client = peer();
    std::string bytes(random() % 300, ' ');
    for (char& c : bytes) c = static_cast<char>(random());
    if (i % 4 == 1) bytes = request("first", {1}).substr(0, random() % 100);
    if (i % 4 == 2) bytes = "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n\r\n" + bytes;
    try {
      client.send(bytes);
      if (i % 3 == 0) client.half_close();
    } catch (const std::system_error&) {
      // Refused in the midst of it.
    }
  }
  expect_alive();
  EXPECT_TRUE(settles_at(before));
  EXPECT_LE(lines_logged(), 20U) << log();
}

TEST_F(HostileClients, NestingAndSizeAreLimitedBeforeAnythingIsBuilt) {
  start({.request_bytes = 200'000});
  const auto fault = [&](const std::string& xml) {
    Peer client = peer();
    client.send("POST / HTTP/1.1\r\nContent-Length: " + std::to_string(xml.size()) + "\r\n\r\n" + xml);
    try {
      result(client.receive_response());
      return std::string("no fault");
    } catch (const Fault& f) {
      return std::string(f.what());
    }
  };
  std::string deep = "<methodCall><methodName>echo</methodName><params><param>";
  for (int i = 0; i < 5000; i++) deep += "<value><array><data>";
  EXPECT_THAT(fault(deep), HasSubstr("more than 96 elements inside each other"));
  EXPECT_THAT(fault("<!DOCTYPE a [<!ENTITY b \"c\">]><methodCall/>"), Not("no fault"));
  EXPECT_THAT(fault("<methodCall><methodName>first</methodName><params><param><value><string>\xff\xfe</string></value>"
                    "</param></params></methodCall>"),
              "no fault")
      << "bytes that are no UTF-8 are replaced";
  expect_alive();
}

TEST_F(HostileClients, AWebPageMayNotCall) {
  start();
  Peer browser = peer();
  browser.send(request("first", {1}, "Origin: http://evil.example\r\n"));
  EXPECT_TRUE(browser.receive_all().starts_with("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_TRUE(logged("A web page, of http://evil.example, may not call methods here."));
}

TEST_F(HostileClients, WhoIsNotAdmittedGetsNoByte) {
  std::vector<std::string> asked;
  const unsigned port = start_tcp({}, {.admits = [&](const std::string& ip) {
                                    asked.push_back(ip);
                                    return false;
                                  }});
  Peer client(connect_tcp(port));
  client.send(request("first", {1}));
  EXPECT_EQ(client.receive_all(), "");
  stop();
  EXPECT_EQ(asked, std::vector<std::string>{"127.0.0.1"});
}

// ---- TLS ----

class HostileTls : public HostileClients {
 protected:
  HostileTls() { write_certificate(pem_); }

  void expect_alive_over_tls(unsigned port) {
    auto stream = start_tls_client(port);
    stream->write(request("first", {"alive"}, "Connection: close\r\n"));
    std::string all;
    std::array<char, 4096> buffer;
    while (const std::size_t n = stream->read(buffer)) all.append(buffer.data(), n);
    EXPECT_EQ(result(all), Value("alive"));
  }

  std::unique_ptr<Stream> start_tls_client(unsigned port) {
    ::setenv("SSL_CERT_FILE", pem_.c_str(), 1);
    auto socket = std::make_unique<SocketStream>(connect_tcp(port));
    socket->set_deadline(Clock::now() + 10s);
    auto stream = rpc::start_tls(std::move(socket), "127.0.0.1");
    ::unsetenv("SSL_CERT_FILE");
    return stream;
  }

  TemporaryDirectory directory_;
  std::string pem_ = directory_.path("cert.pem");
};

TEST_F(HostileTls, SlowHandshakesEndAtTheDeadline) {
  const unsigned port = start_tls(pem_, {.request_seconds = 1});
  const auto before = held();
  Peer slow(connect_tcp(port));
  slow.send("\x16\x03\x01");
  expect_alive_over_tls(port);
  EXPECT_EQ(slow.receive_all(), "");
  EXPECT_TRUE(logged("TLS was not agreed on within 1 seconds."));
  EXPECT_EQ(lines_logged(), 1U) << log();
  EXPECT_TRUE(settles_at({before.first + 1, before.second}));
}

TEST_F(HostileTls, SlowHandshakesMakeRoomForOthers) {
  const unsigned port = start_tls(pem_, {.connections = 3, .request_seconds = 20, .patience = 200ms});
  std::vector<Peer> slow;
  for (int i = 0; i < 3; i++) {
    slow.emplace_back(connect_tcp(port));
    slow.back().send("\x16");
  }
  const auto before = Clock::now();
  expect_alive_over_tls(port);
  EXPECT_LT(Clock::now() - before, 5s);
}

TEST_F(HostileTls, WhatIsNotTlsIsDroppedWithALine) {
  const unsigned port = start_tls(pem_);
  Peer plain(connect_tcp(port));
  plain.send(request("first", {1}));
  EXPECT_EQ(plain.receive_all().find("HTTP/"), std::string::npos);
  EXPECT_TRUE(logged("WARNING test: dropped 127.0.0.1:"));
  EXPECT_THAT(log(), HasSubstr("http request"));
  expect_alive_over_tls(port);
}

TEST_F(HostileTls, VersionsBefore12AreRefused) {
  const unsigned port = start_tls(pem_);
  const auto answer = [&](const char* version) {
    const std::string command = "echo | openssl s_client -connect 127.0.0.1:" + std::to_string(port) + " " + version +
                                " -cipher ALL:@SECLEVEL=0 2>&1";
    std::string all;
    FILE* const pipe = ::popen(command.c_str(), "re");
    std::array<char, 4096> buffer;
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) all.append(buffer.data(), n);
    ::pclose(pipe);
    return all;
  };
  EXPECT_THAT(answer("-tls1_1"), HasSubstr("alert protocol version"));
  EXPECT_THAT(answer("-tls1_2"), HasSubstr("Protocol  : TLSv1.2"));
}

TEST(Tls, FilesThatAreNoIdentityAreNamed) {
  const TemporaryDirectory directory;
  const std::string pem = directory.path("cert.pem");
  const auto error = [](const std::string& key, const std::string& cert) {
    try {
      TlsIdentity identity(key, cert);
      return std::string("no error");
    } catch (const TlsError& e) {
      return std::string(e.what());
    }
  };
  write_certificate(pem);
  write_certificate(directory.path("other.pem"));
  EXPECT_EQ(error(pem, pem), "no error");
  EXPECT_THAT(error(pem, "/dev/null"), testing::StartsWith("The certificate /dev/null cannot be used: "));
  EXPECT_THAT(error("/no/such", pem), testing::StartsWith("The key /no/such cannot be used: "));
  EXPECT_THAT(error(directory.path("other.pem"), pem), HasSubstr("key values mismatch"));
}

// ---- a server that is replaced by another ----

TEST_F(HostileClients, ARetiredServerLetsItsCallsEndWithoutWaitingForThem) {
  start();
  Peer idle = peer();
  idle.send(request("first", {1}));
  idle.receive_response();
  Peer busy = peer();
  busy.send(request("wait"));
  wait_for_calls(1);
  retire();
  EXPECT_EQ(idle.receive_all(), "") << "closed at once";
  EXPECT_FALSE(retired());
  ::close(listen_unix(socket()));  // its place is free for the next
  open();
  EXPECT_EQ(result(busy.receive_all()), Value("waited"));
  for (int i = 0; i < 500 && !retired(); i++) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(retired());
}

}  // namespace
}  // namespace rpc
