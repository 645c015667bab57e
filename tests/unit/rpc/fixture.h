// A server on a socket of its own, and a peer that sends it what it likes: for tests of the server and the client.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "rpc/client.h"
#include "rpc/codec.h"
#include "rpc/file_descriptor.h"
#include "rpc/server.h"
#include "rpc/stream.h"
#include "rpc/tls.h"
#include "rpc/unix_address.h"

namespace rpc {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "rpc-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string path(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// A raw connection: says exactly what it is told to, and gives up after ten seconds.
class Peer {
 public:
  explicit Peer(FileDescriptor fd) : stream_(std::move(fd)) {
    stream_.set_deadline(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  }

  void send(std::string_view bytes) { stream_.write(bytes); }
  void half_close() { ::shutdown(stream_.fd(), SHUT_WR); }

  // Everything until the server closes.
  std::string receive_all() {
    std::string all;
    for (std::string piece = receive_some(); !piece.empty(); piece = receive_some()) all += piece;
    return all;
  }

  // So many bytes.
  std::string receive(std::size_t size) {
    while (received_.size() < size) {
      const std::string piece = receive_some();
      if (piece.empty()) break;
      received_ += piece;
    }
    std::string bytes = received_.substr(0, size);
    received_.erase(0, bytes.size());
    return bytes;
  }

  // One response with its body.
  std::string receive_response() {
    const auto whole = [this] {
      const auto end = received_.find("\r\n\r\n");
      const auto length = received_.find("Content-Length: ");
      if (end == std::string::npos || length == std::string::npos) return false;
      whole_ = end + 4 + static_cast<std::size_t>(std::atoi(received_.c_str() + length + 16));
      return received_.size() >= whole_;
    };
    while (!whole()) {
      const std::string piece = receive_some();
      if (piece.empty()) break;
      received_ += piece;
    }
    std::string response = received_.substr(0, whole_);
    received_.erase(0, whole_);
    return response;
  }

 private:
  std::string receive_some() {
    std::array<char, 4096> buffer;
    try {
      return {buffer.data(), stream_.read(buffer)};
    } catch (const std::system_error& e) {
      if (e.code() != std::errc::connection_reset) ADD_FAILURE() << e.what();
      return "";
    }
  }

  SocketStream stream_;
  std::string received_;
  std::size_t whole_ = 0;
};

// `echo` returns its arguments, `first` the first of them, `fault` throws fault 3 and `bug` something else;
// `wait` returns when `open` is called.
class RpcServer : public testing::Test {
 protected:
  void start(ServerLimits limits = {}) { serve(listen_unix(socket()), limits); }

  // Returns the port, as the next does.
  unsigned start_tcp(ServerLimits limits = {}, Entrance entrance = {}) {
    const int fd = listen_tcp("127.0.0.1", 0);
    const unsigned port = port_of(fd);
    serve(fd, limits, std::move(entrance));
    return port;
  }
  // `pem`: certificate and key.
  unsigned start_tls(const std::string& pem, ServerLimits limits = {}) {
    return start_tcp(limits, {.tls = std::make_shared<const TlsIdentity>(pem, pem)});
  }

  std::string socket() const { return directory_.path("xend/xmlrpc.sock"); }
  std::string uri() const { return "httpu://" + socket(); }

  Peer peer() const {
    FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const UnixAddress address(socket());
    EXPECT_EQ(::connect(fd.get(), address.get(), address.size()), 0);
    return Peer(std::move(fd));
  }

  static FileDescriptor connect_tcp(unsigned port) {
    FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  static std::string request(const std::string& method, const Array& params = {},
                             const std::string& more_headers = "") {
    const std::string xml = encode_call(method, params);
    return "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n" + more_headers +
           "Content-Length: " + std::to_string(xml.size()) + "\r\n\r\n" + xml;
  }

  // The result, or the fault, in a response.
  static Value result(const std::string& response) {
    EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
    const auto body = response.find("\r\n\r\n");
    return body == response.npos ? Value() : decode_response(response.substr(body + 4));
  }

  void expect_alive() { EXPECT_EQ(Client(uri()).call("first", {"alive"}), Value("alive")); }

  // Waits until a line of the log contains `text`.
  bool logged(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return std::any_of(log_.begin(), log_.end(), [&](const auto& line) { return line.find(text) != line.npos; });
    });
  }
  std::string log() {
    const std::lock_guard lock(mutex_);
    std::string all;
    for (const auto& line : log_) all += line + "\n";
    return all;
  }
  std::size_t lines_logged() {
    const std::lock_guard lock(mutex_);
    return log_.size();
  }

  void wait_for_calls(int running) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(10), [&] { return waiting_ >= running; }));
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  void stop() { server_->stop(); }
  void retire() { server_->retire(); }
  bool retired() const { return server_->retired(); }

 private:
  void serve(int fd, ServerLimits limits, Entrance entrance = {}) {
    server_.emplace(
        fd, "test",
        [this](const std::string& method, const Array& params, const Caller& caller) {
          return method == "watch" ? watch(caller) : dispatch(method, params);
        },
        [this](const char* level, const std::string& text) {
          const std::lock_guard lock(mutex_);
          log_.push_back(std::string(level) + " " + text);
          changed_.notify_all();
        },
        limits, std::move(entrance));
  }

  // Works until the server is stopped or the caller goes, and tells which.
  Value watch(const Caller& caller) {
    {
      const std::lock_guard lock(mutex_);
      waiting_++;
      changed_.notify_all();
    }
    pollfd signs[] = {{caller.stopping, POLLIN, 0}, {caller.connection, 0, 0}};
    ::poll(signs, 2, 10'000);
    return signs[0].revents ? "stopped" : signs[1].revents ? "gone" : "nothing";
  }

  Value dispatch(const std::string& method, const Array& params) {
    if (method == "echo") return params;
    if (method == "first") return params.at(0);
    if (method == "fault") throw Fault(FaultCode::kInvalidDomain, "nosuch");
    if (method == "bug") throw std::runtime_error("the disk is full");
    if (method == "odd bug") throw 7;
    if (method == "large") return INT64_C(1) << 40;
    if (method != "wait") return unknown_method(method);
    std::unique_lock lock(mutex_);
    waiting_++;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    waiting_--;
    return "waited";
  }

  TemporaryDirectory directory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> log_;
  int waiting_ = 0;
  bool open_ = false;
  std::optional<Server> server_;  // last: its threads use the others
};

}  // namespace rpc
