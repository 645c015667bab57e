// Many clients at once, too many, and stopping while they are there.
#include <sys/stat.h>

#include <atomic>
#include <fstream>

#include "tests/unit/rpc/fixture.h"

namespace rpc {
namespace {

TEST_F(RpcServer, FiftyClientsOfTwentyCallsEachGetTheirOwnAnswers) {
  start();
  std::atomic<int> right = 0;
  std::vector<std::thread> clients;
  for (int c = 0; c < 50; c++) {
    clients.emplace_back([&, c] {
      Client client(uri());
      for (int i = 0; i < 20; i++) right += client.call("echo", {c, i}) == Value(Array{c, i});
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 1000);
}

TEST_F(RpcServer, WorksOverTcp) {
  Client client("http://127.0.0.1:" + std::to_string(start_tcp()));
  for (int i = 0; i < 3; i++) EXPECT_EQ(client.call("first", {i}), Value(i));
}

TEST_F(RpcServer, ClosesAnIdleConnectionToMakeRoom) {
  start({.connections = 2});
  const auto answered = [](Peer& client) {
    try {
      client.send(request("first", {1}));
      return !client.receive_response().empty();
    } catch (const std::system_error&) {
      return false;  // it was closed before the request was written
    }
  };
  std::vector<Peer> clients;
  for (int i = 0; i < 4; i++) {
    clients.push_back(peer());
    EXPECT_TRUE(answered(clients.back())) << i;
  }
  EXPECT_TRUE(answered(clients[3])) << "the one that came last stays";
  EXPECT_EQ(answered(clients[0]) + answered(clients[1]) + answered(clients[2]), 1) << "two were closed, and no more";
}

TEST_F(RpcServer, ClientsWaitWhenAllConnectionsAreBusy) {
  start({.connections = 2});
  std::vector<Peer> busy;
  for (int i = 0; i < 5; i++) {
    busy.push_back(peer());
    busy.back().send(request("wait"));
  }
  wait_for_calls(2);
  open();
  for (Peer& client : busy) EXPECT_EQ(result(client.receive_response()), Value("waited"));
}

TEST_F(RpcServer, StopLetsRunningCallsFinish) {
  start();
  Peer idle = peer();
  Peer half = peer();
  half.send("POST / HTTP/1.1\r\n");
  std::vector<Peer> busy;
  for (int i = 0; i < 3; i++) {
    busy.push_back(peer());
    busy.back().send(request("wait"));
  }
  wait_for_calls(3);
  std::thread stopping([&] { stop(); });
  EXPECT_EQ(idle.receive_all(), "") << "closed at once";
  half.receive_all();
  open();
  for (Peer& client : busy) EXPECT_EQ(result(client.receive_all()), Value("waited"));
  stopping.join();
  EXPECT_THROW(Client(uri()).call("first", {1}), ConnectionError);
  EXPECT_EQ(lines_logged(), 0U);
}

TEST_F(RpcServer, ACallThatRunsIsToldOfTheStopThoughItsClientHasSaidAll) {
  start();
  Peer client = peer();
  client.send(request("watch"));
  client.half_close();
  wait_for_calls(1);
  stop();
  EXPECT_EQ(result(client.receive_all()), Value("stopped"));
}

TEST_F(RpcServer, StopsWhileClientsCall) {
  start();
  std::atomic<bool> done = false;
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; c++) {
    clients.emplace_back([&] {
      Client client(uri());
      try {
        while (!done) client.call("echo", {1});
      } catch (const std::exception&) {
        // The server left; that it did so in order is what the join below shows.
      }
    });
  }
  for (int i = 0; i < 50; i++) expect_alive();
  stop();
  stop();
  done = true;
  for (std::thread& client : clients) client.join();
}

TEST_F(RpcServer, MakesThePrivateDirectoryOfItsSocket) {
  start();
  struct stat st {};
  ASSERT_EQ(::stat(std::filesystem::path(socket()).parent_path().c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0700U);
}

TEST_F(RpcServer, ReplacesAStaleSocketButNotALiveOneNorAFile) {
  start();
  try {
    listen_unix(socket());
    FAIL() << "took over the socket of a running server";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::address_in_use);
  }
  stop();
  EXPECT_FALSE(std::filesystem::exists(socket())) << "nobody is behind it";
  { const FileDescriptor killed(listen_unix(socket())); }
  EXPECT_TRUE(std::filesystem::exists(socket()));
  start();
  expect_alive();
  const std::string file = std::filesystem::path(socket()).parent_path() / "file";
  std::ofstream(file) << "precious";
  EXPECT_THROW(listen_unix(file), std::system_error);
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_THROW(listen_unix(file + std::string(200, 'x')), std::system_error) << "a path too long for a socket";
}

TEST(ListenTcp, SaysWhichAddressItCannotHave) {
  try {
    listen_tcp("192.0.2.1", 8006);
    FAIL() << "an address that is not ours";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::address_not_available);
    EXPECT_NE(std::string(e.what()).find("192.0.2.1:8006"), std::string::npos);
  }
}

}  // namespace
}  // namespace rpc
