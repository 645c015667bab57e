#include "xend/domain/save.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "rpc/file_descriptor.h"
#include "xend/atomic_file.h"
#include "xend/checkpoint/container.h"
#include "xend/checkpoint/room.h"
#include "xend/domain/construction.h"
#include "xend/domain/departure.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/managed.h"
#include "xend/error.h"
#include "xend/helpers/helper_error.h"
#include "xend/log.h"

namespace xend {

namespace {

bool disk_is_full(int error) {
  return error == ENOSPC || error == EDQUOT;
}

// What Xen knows of it; nothing when it does not run, which is refused later.
std::optional<xc::DomainInfo> running_info(Host& host, const Domain& domain) {
  const auto domid = domain.domid();
  return domid ? host.xen.domain(*domid) : std::nullopt;
}

// Free and needed space, for the person whose disk is full.
std::string space_sentence(const std::string& path, const DomainConfig& config) {
  const auto folder = std::filesystem::absolute(path).parent_path().string();
  const auto room = room_for(path);
  if (!room) return "";
  return fmt::format(
      "\nThe file system of {} has {} MiB free; the image of {} may need up to {} MiB. {} runs on, and nothing was "
      "left in {}.",
      folder, *room >> 20, config.name, config.memory.value + 1, config.name, folder);
}

// Builds the running domain out of a head that has been read and the memory that follows it on `fd`.
std::shared_ptr<Domain> build_from_image(Host& host, const ContainerHead& head, int fd, bool paused,
                                         const std::function<void()>& before_it_runs = {}) {
  auto config = DomainConfig::parse(head.config);
  if (config.nomigrate()) throw Error("cannot restore non-migratable domain");
  Construction construction(host, std::move(config));
  construction.make_shell();
  construction.restore(fd, head.checksum);
  construction.introduce();
  const auto domain = construction.keep();
  let_run(host, domain, paused, before_it_runs);
  return domain;
}

std::string uuid_of(const sxp::Value& head) {
  const auto uuid = xc::Uuid::parse(sxp::child_text(head, "uuid").value_or(""));
  return uuid ? uuid->to_string() : "";
}

// Before there is a domain.
void verify(Host& host, const ContainerHead& head, int fd) {
  VerifyRequest request;
  request.type = DomainConfig::parse(head.config).type;
  request.fd = fd;
  request.head = head.checksum;
  request.converter = host.programs.legacy_converter();
  host.helpers.verify(request, Cancellation());
}

std::shared_ptr<Domain> restore_from(Host& host, const ContainerHead& head, int fd, const std::string& path,
                                     bool paused, const std::function<void()>& before_it_runs = {}) {
  struct stat kind {};
  try {
    if (fstat(fd, &kind) == 0 && S_ISREG(kind.st_mode)) verify(host, head, fd);
    const auto domain = build_from_image(host, head, fd, paused, before_it_runs);
    XEND_LOG(Info, "Domain {} ({}) restored from {}.", domain->name(), domain->domid().value_or(0), path);
    return domain;
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Restore failed: {}: {}", path, e.what());
    throw;
  }
}

}  // namespace

void refuse_if_here(Host& host, const sxp::Value& head) {
  const auto name = sxp::child_text(head, "name").value_or("");
  const auto uuid = uuid_of(head);
  for (const auto& key : {name, uuid})
    if (const auto here = host.domains.find(key); here && !key.empty() && !here->state().dormant)
      throw Error(fmt::format("Domain '{}' already exists with ID '{}'", here->name(), here->domid().value_or(0)));
  const auto parsed = xc::Uuid::parse(uuid);
  if (parsed) refuse_suspended(host, *parsed);
  host.domains.refuse_reserved(name, parsed.value_or(xc::Uuid()));
}

void save_domain(Host& host, const std::shared_ptr<Domain>& domain, const std::string& path, bool checkpoint,
                 bool live) {
  require_ours(*domain, "save");
  const auto config = domain->state().config;
  if (live) require_live(host, *domain, "A live save", "Save");
  if (const auto info = running_info(host, *domain)) require_room(path, config.name, info->memory);
  try {
    Departure departure(host, domain, "saved", path);
    AtomicFile file(path);
    const std::string head = container_head(departure.config());
    file.write(head);
    const auto saved = departure.send_memory(file.fd(), head, {.live = live});
    file.commit();
    XEND_LOG(Info, "Domain {} saved to {}: {} bytes of {} of memory.", config.name, path, saved.bytes_written,
             saved.bytes_read);
    checkpoint ? departure.stay() : departure.leave();
  } catch (const std::system_error& e) {
    throw Error(fmt::format("can't write guest state file {}: {}{}", path, std::strerror(e.code().value()),
                            disk_is_full(e.code().value()) ? space_sentence(path, config) : ""));
  } catch (const HelperError& e) {
    if (!disk_is_full(e.error_number())) throw;
    throw Error(e.what() + space_sentence(path, config));
  }
}

std::shared_ptr<Domain> restore_domain(Host& host, const std::string& path, bool paused) {
  const rpc::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat kind {};
  if (file.get() < 0 || fstat(file.get(), &kind) != 0 || (S_ISDIR(kind.st_mode) && (errno = EISDIR)))
    throw Error(fmt::format("can't read guest state file {}: {}", path, std::strerror(errno)));
  const auto head = read_container_head(file.get());
  refuse_if_here(host, head.config);
  return restore_from(host, head, file.get(), path, paused);
}

void restore_checkpoint(Host& host, const std::string& path, bool paused, const std::function<void()>& before_it_runs) {
  const rpc::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0)
    throw Error(fmt::format("Failed to read stored checkpoint file\n{}: {}", path, std::strerror(errno)));
  restore_from(host, read_container_head(file.get()), file.get(), path, paused, before_it_runs);
}

std::shared_ptr<Domain> receive_domain(Host& host, int fd) {
  const auto head = read_container_head(fd);
  refuse_if_here(host, head.config);
  const auto changes_home = sxp::child_text(head.config, "change_home_server").value_or("");
  if (changes_home != "True" && changes_home != "1") return build_from_image(host, head, fd, false);
  return build_from_image(host, head, fd, false, [&] { manage_domain(host, uuid_of(head.config)); });
}

}  // namespace xend
