#include "xend/domain/managed_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "rpc/file_descriptor.h"
#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/atomic_file.h"
#include "xend/domain/carried_over.h"
#include "xend/domain/stored_config.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace fs = std::filesystem;

namespace {

// A domain with hundreds of devices needs a few ten thousand bytes.
constexpr std::size_t kLargestFile = 1024 * 1024;
constexpr sxp::Limits kLimits{.depth = 32, .bytes = kLargestFile, .items = 64 * 1024};
constexpr int kWidth = 78;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// A link or a pipe in the place of the file must not lead elsewhere, or be waited for.
std::string read_file(const std::string& path) {
  const rpc::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) throw Error(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) throw Error("it is not a file");
  if (static_cast<std::uint64_t>(status.st_size) > kLargestFile)
    throw Error(fmt::format("it has {} bytes, and {} at most are read", status.st_size, kLargestFile));
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const auto n = ::read(file.get(), text.data() + got, text.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(std::strerror(errno));
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  text.resize(got);
  return text;
}

void make_private_folder(const std::string& path) {
  if (mkdir(path.c_str(), S_IRWXU) == 0 || errno == EEXIST) return;
  fail(path);
}

void unlink_durably(const std::string& path) {
  if (unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return;
    fail(path);
  }
  const rpc::FileDescriptor folder(open(fs::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || (fsync(folder.get()) != 0 && errno != EINVAL)) fail(path);
}

// What a daemon that was killed has left half-written: an image may be as large as its guest.
void remove_leftovers(const fs::path& folder) {
  std::error_code none;
  for (auto entry = fs::directory_iterator(folder, none); entry != fs::directory_iterator(); entry.increment(none)) {
    const auto name = entry->path().filename().string();
    if (!name.starts_with("config.sxp.") && !name.starts_with("checkpoint.chk.")) continue;
    std::error_code error;
    fs::remove(entry->path(), error);
    XEND_LOG(Info, "{} was only half written when the daemon before this one ended: it is removed{}{}.",
             entry->path().string(), error ? ", which fails: " : "", error ? error.message() : "");
  }
}

}  // namespace

ManagedStore::ManagedStore(std::string folder) : folder_(std::move(folder)) {}

std::string ManagedStore::folder_of(const xc::Uuid& uuid) const {
  return folder_ + "/" + uuid.to_string();
}

std::string ManagedStore::checkpoint_path(const xc::Uuid& uuid) const {
  return folder_of(uuid) + "/checkpoint.chk";
}

DomainConfig ManagedStore::read(const std::string& name) const {
  return parse_stored(sxp::parse_one(read_file(folder_ + "/" + name + "/config.sxp"), kLimits));
}

std::vector<DomainConfig> ManagedStore::load() const {
  std::vector<DomainConfig> configs;
  std::error_code none;
  for (auto entry = fs::directory_iterator(folder_, none); entry != fs::directory_iterator(); entry.increment(none)) {
    const auto name = entry->path().filename().string();
    const auto file = folder_ + "/" + name + "/config.sxp";
    std::error_code ignored;
    if (!entry->is_directory(ignored)) continue;
    try {
      auto config = read(name);
      if (config.uuid.to_string() == name) {
        configs.push_back(std::move(config));
        remove_leftovers(entry->path());
      } else {
        XEND_LOG(Error, "UUID mismatch in stored configuration: {}", file);
      }
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Unable to open or parse config.sxp: {}: {}", file, e.what());
    }
  }
  return configs;
}

sxp::Value ManagedStore::read_before(const DomainConfig& config) const {
  const auto file = folder_of(config.uuid) + "/config.sxp";
  if (std::error_code none; !fs::exists(file, none)) return sxp::List();
  try {
    auto before = sxp::parse_one(read_file(file), kLimits);
    const auto uuid = xc::Uuid::parse(sxp::child_text(before, "uuid").value_or(""));
    if (!uuid || *uuid != config.uuid) throw Error("it is of another domain");
    return before;
  } catch (const std::exception& e) {
    XEND_LOG(Warning, "{} is written anew, and nothing of what it had is kept: {}", file, e.what());
    return sxp::List();
  }
}

void ManagedStore::write(const DomainConfig& config, const sxp::Value& before) {
  const auto folder = folder_of(config.uuid);
  try {
    std::error_code reported_below;
    fs::create_directories(fs::path(folder_).parent_path(), reported_below);
    make_private_folder(folder_);
    make_private_folder(folder);
    auto text = stored_sxp(config);
    carry_over(text, before);
    AtomicFile file(folder + "/config.sxp");
    file.write(sxp::pretty(text, kWidth));
    file.commit();
  } catch (const std::system_error& e) {
    throw Error(
        fmt::format("Failed to save configuration file to: {}\nThe configuration of {} on disk is as it was: {}",
                    folder, config.name, e.what()));
  }
}

void ManagedStore::save(const DomainConfig& config) {
  save([&] { return config; });
}

void ManagedStore::save(const std::function<DomainConfig()>& current) {
  const std::lock_guard lock(mutex_);
  const auto config = current();
  write(config, read_before(config));
}

void ManagedStore::define(const DomainConfig& config) {
  const std::lock_guard lock(mutex_);
  write(config, sxp::List());
}

void ManagedStore::remove(const xc::Uuid& uuid) {
  const std::lock_guard lock(mutex_);
  try {
    unlink_durably(folder_of(uuid) + "/config.sxp");
    fs::remove_all(folder_of(uuid));
  } catch (const std::system_error& e) {
    throw Error(fmt::format("Unable to remove managed configuration for domain: {}\n{}", uuid.to_string(), e.what()));
  }
}

bool ManagedStore::has_checkpoint(const xc::Uuid& uuid) const noexcept {
  struct stat status {};
  return lstat(checkpoint_path(uuid).c_str(), &status) == 0;
}

void ManagedStore::remove_checkpoint(const xc::Uuid& uuid) {
  try {
    unlink_durably(checkpoint_path(uuid));
  } catch (const std::system_error& e) {
    throw Error(fmt::format("Failed to delete checkpoint file\n{}", e.what()));
  }
}

}  // namespace xend
