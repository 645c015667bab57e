#include "tests/fakes/fake_helpers.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "xend/error.h"
#include "xend/helpers/helper_error.h"

namespace fakes {

namespace {

constexpr std::size_t kLength = 8;  // decimal digits in front of the memory
constexpr char kEnd[] = "END.";

void write_all(int fd, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    auto n = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == ENOTSOCK) n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0) throw xend::Error("xc_save failed\n" + std::system_category().message(errno));
    done += static_cast<std::size_t>(n);
  }
}

std::string read_all(int fd, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const auto n = ::read(fd, bytes.data() + done, size - done);
    if (n <= 0) throw xend::Error("xc_restore failed\nthe image ends too early");
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

std::string with_length(const std::string& text) {
  auto length = std::to_string(text.size());
  return length.insert(0, kLength - length.size(), '0') + text;
}

std::string head_text(std::uint64_t head) {
  return fmt::format("{:016x}", head);
}

std::string read_image(int fd, std::uint64_t head) {
  if (read_all(fd, head_text(0).size()) != head_text(head))
    throw xend::Error("xc_restore failed\nthe image was written behind another head");
  const auto memory = read_all(fd, std::stoul(read_all(fd, kLength)));
  if (read_all(fd, 4) != kEnd) throw xend::Error("xc_restore failed\nthe image is damaged");
  return memory;
}

}  // namespace

std::map<std::string, std::string> FakeHelpers::kernel_notes(const std::string& kernel, const xend::Cancellation&) {
  std::map<std::string, std::string> notes = {{"GUEST_OS", "linux"}};
  if (kernel.find("pvh") != std::string::npos) notes["PHYS32_ENTRY"] = "16777216";
  return notes;
}

xend::BuildResult FakeHelpers::build(const xend::BuildRequest& request, const xend::Cancellation&) {
  if (!build_failure_.empty()) throw xend::Error(std::exchange(build_failure_, ""));
  xen_.populate(request.domid, request.memory);
  const std::lock_guard lock(mutex_);
  memory_[request.domid] = "fresh " + request.name;
  return {.store_frame = 1000 + request.domid, .console_frame = 2000 + request.domid, .protocol = "", .notes = {}};
}

xend::SaveResult FakeHelpers::save(const xend::SaveRequest& request, const xend::Cancellation& cancel) {
  {
    const std::lock_guard lock(mutex_);
    last_save_ = request;
  }
  if (hang_) {
    if (request.progress)
      request.progress({.round = 2,
                        .pages_sent = 100,
                        .pages_total = 200,
                        .pages_dirty = 300,
                        .bytes_written = 5'000'000'000,
                        .bytes_per_second = 20'000'000,
                        .dirty_per_second = 4'000,
                        .estimate_ms = 162});
    hanging_ = true;
    pollfd wait{cancel.fd(), POLLIN, 0};
    poll(&wait, 1, 30'000);
    hanging_ = false;
    throw xend::Error("xc_save failed\nit was cancelled");
  }
  if (request.log_dirty) request.log_dirty(true);
  request.suspend();
  if (cancel.cancelled()) throw xend::Error("xc_save failed\nit was cancelled");
  const auto memory = memory_of(request.domid);
  write_all(request.fd, head_text(request.head) + with_length(memory) + kEnd);
  if (const auto failure = std::exchange(save_failure_, std::nullopt))
    throw xend::HelperError(xend::Error::Kind::kGeneric, "xc_save", failure->first, failure->second);
  if (request.log_dirty) request.log_dirty(false);
  if (request.device_state) {
    std::ostringstream state;
    state << std::ifstream(request.device_state()).rdbuf();
    write_all(request.fd, with_length(state.str()));
  }
  xend::SaveResult result;
  result.bytes_written = result.bytes_read = memory.size();
  return result;
}

xend::RestoreResult FakeHelpers::restore(const xend::RestoreRequest& request, const xend::Cancellation& cancel) {
  if (while_restoring_) while_restoring_(request, cancel);
  converter_ += " " + request.converter;
  auto memory = read_image(request.fd, request.head);
  if (!request.device_state.empty())
    std::ofstream(request.device_state) << read_all(request.fd, std::stoul(read_all(request.fd, kLength)));
  xen_.populate(request.domid, xc::MiB{64});
  const std::lock_guard lock(mutex_);
  memory_[request.domid] = std::move(memory);
  const bool pv = request.type == xc::GuestType::kPv;
  return {.store_frame = 1000 + request.domid,
          .console_frame = 2000 + request.domid,
          .bytes_read = 0,
          .pages_left_out = 35'000,
          .pages_cleared = pv ? 0U : 12U};
}

std::uint64_t FakeHelpers::dump_core(const xend::DumpRequest& request, const xend::Cancellation&) {
  write_all(request.fd, "core of ");
  if (!dump_failure_.empty()) throw xend::Error(std::exchange(dump_failure_, ""));
  const auto memory = memory_of(request.domid);
  write_all(request.fd, memory);
  return 8 + memory.size();
}

xend::VerifyResult FakeHelpers::verify(const xend::VerifyRequest& request, const xend::Cancellation&) {
  converter_ = request.converter;
  const auto position = lseek(request.fd, 0, SEEK_CUR);
  read_image(request.fd, request.head);
  lseek(request.fd, position, SEEK_SET);
  return {};
}

std::string FakeHelpers::memory_of(xc::DomId domid) const {
  const std::lock_guard lock(mutex_);
  const auto found = memory_.find(domid);
  return found == memory_.end() ? "" : found->second;
}

void FakeHelpers::set_memory(xc::DomId domid, const std::string& memory) {
  const std::lock_guard lock(mutex_);
  memory_[domid] = memory;
}

}  // namespace fakes
