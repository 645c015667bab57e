// A file that is whole or not there: written beside its target with mode 0600, synced, renamed over it, the folder
// synced. Until then an old file of that name stays as it is (design: durable means fsynced and renamed).
#pragma once

#include <string>
#include <string_view>

namespace xend {

class AtomicFile {
 public:
  // Makes the temporary file beside `target`. Throws std::system_error whose text names the folder or file.
  explicit AtomicFile(std::string target);
  ~AtomicFile();  // removes the temporary file unless committed
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  int fd() const { return fd_; }
  // Writes all of `bytes`. Throws std::system_error.
  void write(std::string_view bytes);
  // Makes it durable under its name. Throws std::system_error; then nothing has changed at the target.
  void commit();

 private:
  std::string target_, temporary_;
  int fd_ = -1;
  bool committed_ = false;
};

}  // namespace xend
