// The way to xend on another host through ssh: the standard input and output of `ssh HOST 'xm serve'` (spec
// xm-cli 1.6). Who may come in, and with what key, is ssh's affair: it asks on the terminal, and complains on standard
// error.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "rpc/stream.h"
#include "rpc/uri.h"

namespace rpc {

class SshStream final : public SocketStream {
 public:
  // Starts ssh, which need not have connected yet when this returns. `uri`: one of ssh. Throws ConnectionError when
  // there is no ssh.
  explicit SshStream(const Uri& uri);
  ~SshStream() override;  // ends it, without waiting for the other side
  SshStream(const SshStream&) = delete;
  SshStream& operator=(const SshStream&) = delete;

  // As for every stream; ConnectionError when ssh has ended before anything was answered.
  std::size_t read(std::span<char> buffer) override;
  void write(std::string_view bytes) override;

 private:
  using Pair = std::pair<FileDescriptor, FileDescriptor>;  // two ends of one connection: ours, and ssh's
  static Pair make_pair();
  SshStream(const Uri& uri, Pair ends);
  [[noreturn]] void throw_ended();

  std::string command_;  // for messages
  pid_t child_ = -1;     // -1: reaped
  bool answered_ = false;
};

}  // namespace rpc
