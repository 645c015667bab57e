#include "xend/helpers/helper_programs.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <utility>

#include "xend/helpers/helper_run.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kFlagLive = 1, kFlagHvm = 4;  // of the classic xc_save

sxp::Value pair(const char* key, sxp::Value value) {
  return sxp::Value::list({key, std::move(value)});
}

std::string extra_descriptor() {
  return std::to_string(ChildProcess::kExtraDescriptor);
}

// A number that a helper program said. These are ours: another answer is a fault of the daemon's own parts.
template <typename Number = std::uint64_t>
Number number(const HelperRun& run, const sxp::Value& said, const char* key) {
  const std::string text = sxp::child_text(said, key).value_or("");
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  throw run.failure(std::string("its answer has no number ") + key, 0, Error::Kind::kInternal);
}

void require_head(const HelperRun& run, const sxp::Value& said, const char* head) {
  if (!sxp::is_element(said, head))
    throw run.failure(std::string("its answer is not (") + head + " ...)", 0, Error::Kind::kInternal);
}

std::map<std::string, std::string> notes_in(const sxp::Value& element) {
  std::map<std::string, std::string> notes;
  for (const sxp::Value& note : sxp::children(element)) {
    if (note.is_list() && note.as_list().size() == 2) notes[note.as_list()[0].text()] = note.as_list()[1].text();
  }
  return notes;
}

SaveProgress progress_of(const HelperRun& run, const sxp::Value& said) {
  return {.round = number<unsigned>(run, said, "round"),
          .pages_sent = number(run, said, "pages"),
          .pages_total = number(run, said, "total"),
          .pages_dirty = number<std::int64_t>(run, said, "dirty"),
          .bytes_written = number(run, said, "bytes"),
          .bytes_per_second = number(run, said, "rate"),
          .dirty_per_second = number(run, said, "dirty_rate"),
          .estimate_ms = number<std::int64_t>(run, said, "estimate")};
}

// Does the daemon's part of a save: `part` returns what xc_save is answered. When it fails, xc_save cleans up and ends,
// and the reason is the daemon's, not its.
void do_part(HelperRun& run, const std::function<sxp::Value()>& part) {
  Error::Kind kind = Error::Kind::kGeneric;
  std::string reason;
  try {
    run.say(part());
    return;
  } catch (const Error& error) {
    kind = error.kind();
    reason = error.what();
  } catch (const std::exception& error) {
    reason = error.what();
  }
  run.say(sxp::Value::list({"abort"}));
  int error_number = 0;
  try {
    run.hear();
  } catch (const HelperError& error) {
    error_number = error.error_number() == ECANCELED ? ECANCELED : 0;
  }
  throw run.failure(reason, error_number, kind);
}

}  // namespace

HelperPrograms::HelperPrograms(std::string folder) : folder_(std::move(folder)) {}

std::map<std::string, std::string> HelperPrograms::kernel_notes(const std::string& kernel, const Cancellation& cancel) {
  HelperRun run(folder_ + "/xc_build", {"notes"}, -1, sxp::Value::list({"notes", pair("kernel", kernel)}), cancel);
  const sxp::Value notes = run.hear();
  require_head(run, notes, "notes");
  auto result = notes_in(notes);
  run.finish();
  return result;
}

BuildResult HelperPrograms::build(const BuildRequest& request, const Cancellation& cancel) {
  const sxp::Value order = sxp::Value::list(
      {"build", pair("type", xc::to_string(request.type)), pair("kernel", request.kernel),
       pair("ramdisk", request.ramdisk), pair("cmdline", request.cmdline), pair("features", request.features),
       pair("temporary_kernel", request.temporary_kernel ? 1 : 0), pair("memory", request.memory.value),
       pair("maximum", request.maximum.value), pair("vcpus", request.vcpus), pair("store_port", request.store_port),
       pair("console_port", request.console_port), pair("firmware", request.firmware),
       pair("apic", request.apic ? 1 : 0), pair("online_vcpus", request.online_vcpus)});
  HelperRun run(folder_ + "/xc_build", {std::to_string(request.domid)}, -1, order, cancel);
  const sxp::Value built = run.hear();
  require_head(run, built, "built");
  BuildResult result{.store_frame = number(run, built, "store_mfn"),
                     .console_frame = number(run, built, "console_mfn"),
                     .protocol = sxp::child_text(built, "protocol").value_or(""),
                     .notes = {}};
  if (const sxp::Value* notes = sxp::child(built, "notes")) result.notes = notes_in(*notes);
  run.finish();
  return result;
}

SaveResult HelperPrograms::save(const SaveRequest& request, const Cancellation& cancel) {
  const unsigned flags = (request.live ? kFlagLive : 0) | (request.type == xc::GuestType::kPv ? 0 : kFlagHvm);
  const sxp::Value order = sxp::Value::list(
      {"save", pair("framed", request.framed ? 1 : 0), pair("head", std::to_string(request.head)),
       pair("rate_mbit", request.rate_mbit), pair("device_model", request.device_state ? 1 : 0),
       pair("pages", request.pages), pair("max_downtime", request.limits.max_downtime.count()),
       pair("max_rounds", request.limits.max_rounds), pair("timeout", request.limits.timeout.count())});
  HelperRun run(folder_ + "/xc_save",
                {extra_descriptor(), std::to_string(request.domid), "0", "0", std::to_string(flags)}, request.fd, order,
                cancel, HelperRun::OnCancel::kAskThenKill);
  std::optional<Clock::time_point> stopped_at;
  for (;;) {
    const sxp::Value said = run.hear();
    if (sxp::is_element(said, "progress")) {
      if (request.progress) request.progress(progress_of(run, said));
    } else if (sxp::is_element(said, "suspend") && !stopped_at) {
      stopped_at = Clock::now();
      do_part(run, [&] {
        request.suspend();
        return sxp::Value::list({"suspended"});
      });
    } else if (sxp::is_element(said, "log_dirty") && request.log_dirty) {
      do_part(run, [&] {
        request.log_dirty(said.as_list().back().text() == "1");
        return sxp::Value::list({"ok"});
      });
    } else if (sxp::is_element(said, "device_state") && request.device_state) {
      do_part(run, [&] { return sxp::Value::list({"device_state", pair("path", request.device_state())}); });
    } else {
      require_head(run, said, "saved");
      SaveResult result{.bytes_read = number(run, said, "read"),
                        .bytes_written = number(run, said, "written"),
                        .rounds = number<unsigned>(run, said, "rounds")};
      if (stopped_at)
        result.stopped = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *stopped_at);
      run.finish();
      return result;
    }
  }
}

RestoreResult HelperPrograms::restore(const RestoreRequest& request, const Cancellation& cancel) {
  const sxp::Value order = sxp::Value::list(
      {"restore", pair("type", xc::to_string(request.type)), pair("head", std::to_string(request.head)),
       pair("converter", request.converter), pair("device_state", request.device_state)});
  const bool hvm = request.type != xc::GuestType::kPv;
  // PAE, APIC, SUPERPAGES and the last 1 are what the classic xend passed; the image knows better.
  HelperRun run(folder_ + "/xc_restore",
                {extra_descriptor(), std::to_string(request.domid), std::to_string(request.store_port),
                 std::to_string(request.console_port), hvm ? "1" : "0", "1", hvm ? "1" : "0", "0", "1"},
                request.fd, order, cancel);
  const sxp::Value restored = run.hear();
  require_head(run, restored, "restored");
  const RestoreResult result{.store_frame = number(run, restored, "store_mfn"),
                             .console_frame = number(run, restored, "console_mfn"),
                             .bytes_read = number(run, restored, "read"),
                             .pages_left_out = number(run, restored, "left_out"),
                             .pages_cleared = number(run, restored, "cleared")};
  run.finish();
  return result;
}

std::uint64_t HelperPrograms::dump_core(const DumpRequest& request, const Cancellation& cancel) {
  HelperRun run(folder_ + "/xc_dump", {extra_descriptor(), std::to_string(request.domid)}, request.fd,
                sxp::Value::list({"dump"}), cancel);
  const sxp::Value dumped = run.hear();
  require_head(run, dumped, "dumped");
  const auto bytes = number(run, dumped, "written");
  run.finish();
  return bytes;
}

VerifyResult HelperPrograms::verify(const VerifyRequest& request, const Cancellation& cancel) {
  struct Position {
    explicit Position(int file) : fd(file), offset(::lseek(file, 0, SEEK_CUR)) {}
    ~Position() { ::lseek(fd, offset, SEEK_SET); }
    Position(const Position&) = delete;
    Position& operator=(const Position&) = delete;
    int fd;
    off_t offset;
  } const kept(request.fd);
  if (kept.offset < 0) throw Error(Error::Kind::kInternal, "only an image in a file can be verified");
  HelperRun run(folder_ + "/xc_restore", {extra_descriptor(), "verify"}, request.fd,
                sxp::Value::list({"verify", pair("type", xc::to_string(request.type)),
                                  pair("head", std::to_string(request.head)), pair("converter", request.converter)}),
                cancel);
  const sxp::Value verified = run.hear();
  require_head(run, verified, "verified");
  const std::string format = sxp::child_text(verified, "format").value_or("");
  VerifyResult result;
  result.format = format == "framed"  ? VerifyResult::Format::kFramed
                  : format == "libxc" ? VerifyResult::Format::kLibxc
                                      : VerifyResult::Format::kLegacy;
  result.bytes = number(run, verified, "bytes");
  run.finish();
  return result;
}

}  // namespace xend
