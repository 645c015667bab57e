// The short-lived programs that touch what guests control -- kernels, ramdisks, images -- seen from the daemon: a small
// interface, so that tests can bring a fake. HelperPrograms (helper_programs.h) runs the real xc_build, xc_save,
// xc_restore.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "libxc-wrap/types.h"
#include "xend/helpers/live_rounds.h"

namespace xend {

// Asks a running operation to stop; any thread may call cancel(). Copies share one flag.
class Cancellation {
 public:
  Cancellation();
  void cancel();
  bool cancelled() const;
  int fd() const;  // readable once cancelled, for poll

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

struct BuildRequest {
  std::string name;  // for messages
  xc::DomId domid = 0;
  xc::GuestType type = xc::GuestType::kPv;
  std::string kernel, ramdisk, cmdline, features;  // ramdisk may be empty
  bool temporary_kernel = false;  // a boot loader's copy, gone after this build: not worth keeping unpacked
  xc::MiB memory, maximum;        // PVH, HVM: what is above memory is populated on demand
  unsigned vcpus = 1;
  xc::Port store_port = 0, console_port = 0;
  // HVM: the kernel is hvmloader then.
  std::string firmware;  // the BIOS
  bool apic = true;
  unsigned online_vcpus = 1;  // of vcpus, at boot
};

struct BuildResult {
  xc::Frame store_frame = 0, console_frame = 0;
  std::string protocol;                      // "x86_64-abi" or "x86_32-abi" for PV, empty for others
  std::map<std::string, std::string> notes;  // the kernel's ELF notes, upper-case names (spec protocols 7.4)
};

struct SaveProgress {
  unsigned round = 0;                  // 0: the first pass
  std::uint64_t pages_sent = 0;        // of this round
  std::uint64_t pages_total = 0;       // that this round has to send; 0: not known
  std::int64_t pages_dirty = -1;       // that the guest wrote while the round before lasted; -1: not known yet
  std::uint64_t bytes_written = 0;     // so far, as they went out
  std::uint64_t bytes_per_second = 0;  // of memory, in the last rounds
  std::uint64_t dirty_per_second = 0;  // pages that the guest writes
  std::int64_t estimate_ms = -1;       // how long it would stand still if it were stopped now; -1: not known yet
};

struct SaveRequest {
  std::string name;
  xc::DomId domid = 0;
  xc::GuestType type = xc::GuestType::kPv;
  bool live = false;
  int fd = -1;                    // a file or a connected socket, positioned behind the config; stays the caller's
  bool framed = true;             // false: the bare libxc stream, for a peer or reader that knows nothing else
  std::uint64_t head = 0;         // the head_checksum of what has been written to fd
  unsigned rate_mbit = 0;         // at most this many Mbit/s on average; 0: no limit
  RoundLimits limits{};           // live only
  std::uint64_t pages = 0;        // of the guest, for the progress; 0: not known
  std::function<void()> suspend;  // called once when the guest must stop; throws when it does not
  // HVM, and only there: the device model notes what it writes, or no longer; and when all memory is out, its state, in
  // a file of that path. Both throw when that cannot be.
  std::function<void(bool on)> log_dirty;
  std::function<std::string()> device_state;
  std::function<void(const SaveProgress&)> progress;  // may be empty
};

struct SaveResult {
  std::uint64_t bytes_read = 0;     // libxc stream
  std::uint64_t bytes_written = 0;  // to fd
  unsigned rounds = 0;
  std::chrono::milliseconds stopped{0};  // from the suspend request to the last byte written
};

struct RestoreRequest {
  std::string name;
  xc::DomId domid = 0;
  xc::GuestType type = xc::GuestType::kPv;
  int fd = -1;              // positioned behind the config; left behind the last byte of the image
  std::uint64_t head = 0;   // the head_checksum of what has been read from fd
  std::string converter{};  // Xen's convert-legacy-stream, for images of Xen 4.5 or older; empty: there is none
  xc::Port store_port = 0, console_port = 0;
  std::string device_state{};  // HVM: a file that is made, for what the device model needs; not there before
};

struct RestoreResult {
  xc::Frame store_frame = 0, console_frame = 0;
  std::uint64_t bytes_read = 0;      // from fd
  std::uint64_t pages_left_out = 0;  // of zeros, which the image does not hold
  std::uint64_t pages_cleared = 0;   // of these: Xen gave them with something else in them
};

struct DumpRequest {
  std::string name;
  xc::DomId domid = 0;
  int fd = -1;  // a file to write to; stays the caller's
};

struct VerifyRequest {
  xc::GuestType type = xc::GuestType::kPv;
  int fd = -1;              // a regular file, positioned behind the config
  std::uint64_t head = 0;   // the head_checksum of what stands before
  std::string converter{};  // as for RestoreRequest
};

// What an image is, found out by reading it without restoring it.
struct VerifyResult {
  enum class Format { kFramed, kLibxc, kLegacy } format = Format::kFramed;
  std::uint64_t bytes = 0;  // from the position of fd to the end of the image
};

// Every call blocks until done and throws xend::Error. First line of its text: "PROGRAM FD DOMID ... failed" as the
// classic helpers' command lines read (spec protocols 2.3, 2.4), then a line with the reason. A cancelled call throws
// too.
class Helpers {
 public:
  virtual ~Helpers() = default;
  // The ELF notes of a kernel file, upper-case names; what it costs to unpack the kernel is spared when it is built.
  virtual std::map<std::string, std::string> kernel_notes(const std::string& kernel, const Cancellation& cancel) = 0;
  virtual BuildResult build(const BuildRequest& request, const Cancellation& cancel) = 0;
  virtual SaveResult save(const SaveRequest& request, const Cancellation& cancel) = 0;
  virtual RestoreResult restore(const RestoreRequest& request, const Cancellation& cancel) = 0;
  // Writes the memory and the registers of a domain as an ELF core file; returns its size in bytes. A domain that runs
  // meanwhile changes under it.
  virtual std::uint64_t dump_core(const DumpRequest& request, const Cancellation& cancel) = 0;
  // Reads an image from fd's position to its end, checking every frame; the position is put back. Damage throws with
  // the offset in the file and what is wrong there.
  virtual VerifyResult verify(const VerifyRequest& request, const Cancellation& cancel) = 0;
};

}  // namespace xend
