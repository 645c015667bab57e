// Python as the other end of a conversation: the classic programs are written in it.
#pragma once

#include <array>
#include <cstdio>
#include <string>

namespace rpc {

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

}  // namespace rpc
