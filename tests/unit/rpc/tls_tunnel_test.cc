// A descriptor at each end, TLS between them: what goes in comes out, and how it ends is seen.
#include "rpc/tls_tunnel.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <random>

#include "rpc/tls_party.h"
#include "tests/unit/rpc/certificate.h"
#include "tests/unit/rpc/fixture.h"

namespace rpc {
namespace {

using namespace std::chrono_literals;

class Tunnels : public testing::Test {
 protected:
  Tunnels() {
    write_certificate(pem_);
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    // Not of TCP, so that no kernel takes the tunnel's work away.
    auto accepted = std::async(std::launch::async, [&, fd = pair[0]] {
      return TlsParty(pem_, pem_, {}).accept(FileDescriptor(fd), deadline);
    });
    wire_ = pair[1];
    SecuredSocket client = TlsParty("", "", {}).connect(FileDescriptor(pair[1]), "anybody", deadline);
    SecuredSocket server = accepted.get();
    client_ = std::move(client.tunnel);
    server_ = std::move(server.tunnel);
    near_ = std::move(client.fd);
    far_ = std::move(server.fd);
  }

  // As much of `bytes` as is taken before the other side is gone.
  static void write_all(int fd, const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
      const auto n = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (n < 0) return;
      done += static_cast<std::size_t>(n);
    }
  }
  static std::string read_all(int fd) {
    std::string all;
    std::array<char, 10'000> block;
    for (ssize_t n; (n = ::recv(fd, block.data(), block.size(), 0)) > 0;)
      all.append(block.data(), static_cast<std::size_t>(n));
    return all;
  }
  static std::string random_bytes(std::size_t size) {
    std::mt19937 random(7);
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    return bytes;
  }

  TemporaryDirectory folder_;
  const std::string pem_ = folder_.path("host.pem");
  std::unique_ptr<TlsTunnel> client_, server_;
  FileDescriptor near_, far_;
  int wire_ = -1;  // the client's socket; not owned
};

TEST_F(Tunnels, MegabytesGoBothWaysAtOnceAndEachEndSeesTheOthersGoodbye) {
  const std::string there = random_bytes(5'000'000), back = random_bytes(3'000'000);
  const auto send = [](int fd, const std::string& bytes) {
    write_all(fd, bytes);
    ::shutdown(fd, SHUT_WR);
  };
  auto sent = std::async(std::launch::async, [&] { send(near_.get(), there); });
  auto answered = std::async(std::launch::async, [&] { send(far_.get(), back); });
  auto received = std::async(std::launch::async, [&] { return read_all(far_.get()); });
  EXPECT_TRUE(read_all(near_.get()) == back);
  EXPECT_TRUE(received.get() == there);
}

TEST_F(Tunnels, AnAnswerComesBackAfterAGoodbye) {
  write_all(near_.get(), "all that there is");
  ::shutdown(near_.get(), SHUT_WR);
  EXPECT_EQ(read_all(far_.get()), "all that there is");
  write_all(far_.get(), "(ok)");
  far_.reset();
  EXPECT_EQ(read_all(near_.get()), "(ok)");
}

TEST_F(Tunnels, WhatWasWrittenBeforeLeavingArrives) {
  const std::string bytes = random_bytes(1'000'000);
  auto received = std::async(std::launch::async, [&] { return read_all(far_.get()); });
  write_all(near_.get(), bytes);
  near_.reset();
  client_.reset();
  EXPECT_TRUE(received.get() == bytes);
}

TEST_F(Tunnels, ACutWireEndsBothEnds) {
  write_all(near_.get(), "half");
  std::array<char, 4> half;
  EXPECT_EQ(::recv(far_.get(), half.data(), half.size(), MSG_WAITALL), 4);
  ::shutdown(wire_, SHUT_RDWR);
  EXPECT_EQ(read_all(near_.get()), "");
  EXPECT_EQ(read_all(far_.get()), "");
  EXPECT_EQ(::send(near_.get(), "x", 1, MSG_NOSIGNAL), -1);
}

TEST_F(Tunnels, LeavingDoesNotWaitForEverForAPeerThatTakesNothing) {
  std::thread writer([&] { write_all(near_.get(), random_bytes(20'000'000)); });
  std::this_thread::sleep_for(200ms);  // nobody reads at the far end: all buffers are full
  ::shutdown(near_.get(), SHUT_RDWR);
  writer.join();
  near_.reset();
  const auto before = std::chrono::steady_clock::now();
  client_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 8s);
}

}  // namespace
}  // namespace rpc
