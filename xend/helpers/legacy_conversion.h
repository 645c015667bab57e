// An image of Xen 4.5 or older in today's form, as Xen's own convert-legacy-stream puts it: a program in Python that is
// given one pipe to read from and one to write to, and no rights. What it writes is as little trusted as what it reads.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "xend/helpers/byte_stream.h"
#include "xend/helpers/descriptor.h"
#include "xend/helpers/failure.h"

namespace xend {

struct LegacyImage {
  int fd = -1;                   // stays the caller's
  std::vector<std::byte> start;  // of the image: what has been read from fd already
  unsigned width = 64;           // bits of a long in the dom0 that wrote it: 32 or 64
};

class LegacyConversion final : public ByteSource {
 public:
  // Starts `program` on the image of a PV guest; SIGPIPE must be ignored. `patience`: how long it may take until the
  // next byte comes out. Throws Failure when it cannot be started. Goes out of scope with the program killed.
  LegacyConversion(const std::string& program, LegacyImage image,
                   std::chrono::milliseconds patience = std::chrono::minutes(10));
  ~LegacyConversion() override;
  LegacyConversion(const LegacyConversion&) = delete;
  LegacyConversion& operator=(const LegacyConversion&) = delete;

  // The converted stream, which knows its own end: Throws Failure with the program's reason when it ends before the
  // caller has stopped to read.
  std::size_t read(std::span<std::byte> bytes) override;

  // To be called when the stream has been read to its end. Throws Failure when the program writes more than that, or
  // says that it did not succeed.
  void finish();

  std::uint64_t bytes_taken() const { return taken_; }  // from fd

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  bool wait_for_output(Deadline deadline);  // false: there is no more of it, ever
  void take_input();
  void give_input();
  void hear();
  [[noreturn]] void fail(const std::string& what);
  std::string last_words() const;
  int wait_for_end(Deadline deadline);

  std::string program_;
  LegacyImage image_;  // start: what the program has not taken yet
  std::chrono::milliseconds patience_;
  pid_t pid_ = -1;                // -1: it has been waited for
  Descriptor in_, out_, errors_;  // our ends of its pipes
  std::uint64_t taken_ = 0;
  bool input_ended_ = false;
  std::string said_;  // the end of what it wrote to stderr
};

}  // namespace xend
