#include "xend/helpers/kernel_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "xend/helpers/descriptor.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/fd_stream.h"

namespace xend {
namespace {

constexpr std::array<char, 8> kMagic = {'X', 'E', 'N', 'D', 'K', 'R', 'N', '1'};
constexpr XXH64_hash_t kSeed = 0;
constexpr std::size_t kElfOffset = 4096;  // the header has a page of its own

// The start of a file; the ELF file follows at kElfOffset. Only this host reads it: numbers are as the host keeps them.
struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint64_t elf_size = 0, elf_checksum = 0, key_checksum = 0, key_length = 0;
  std::array<char, 4000> key{};
};
static_assert(sizeof(Header) <= kElfOffset);

std::string text_of(const KernelKey& key) {
  return key.path + '\n' + std::to_string(key.device) + '\n' + std::to_string(key.inode) + '\n' +
         std::to_string(key.size) + '\n' + std::to_string(key.modified_ns);
}

Header header_for(const KernelKey& key, std::span<const std::byte> elf) {
  const std::string text = text_of(key);
  Header header;
  if (text.size() > header.key.size()) throw Failure("the path of the kernel is too long");
  header.elf_size = elf.size();
  header.elf_checksum = XXH64(elf.data(), elf.size(), kSeed);
  header.key_checksum = XXH64(text.data(), text.size(), kSeed);
  header.key_length = text.size();
  std::copy(text.begin(), text.end(), header.key.begin());
  return header;
}

bool describes(const Header& header, const KernelKey& key) {
  const std::string text = text_of(key);
  return header.magic == kMagic && header.key_length == text.size() && text.size() <= header.key.size() &&
         header.key_checksum == XXH64(text.data(), text.size(), kSeed) &&
         std::equal(text.begin(), text.end(), header.key.begin());
}

// Only what this user alone can have written is used.
bool is_private(const struct stat& status) {
  return status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// A file that does not outlive this object unless it is given its name.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name) : name_(name + ".XXXXXX"), fd_(::mkostemp(name_.data(), O_CLOEXEC)) {
    if (fd_.get() < 0) throw system_failure(name_, errno);
  }
  ~TemporaryFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return fd_.get(); }
  void rename_to(const std::string& name) {
    if (::rename(name_.c_str(), name.c_str()) != 0) throw system_failure(name, errno);
    name_.clear();
  }

 private:
  std::string name_;
  Descriptor fd_;
};

}  // namespace

KernelKey KernelKey::of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw system_failure("the kernel " + path + " cannot be opened", errno);
  return {.path = path,
          .device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

CachedKernel::CachedKernel(CachedKernel&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      mapped_(other.mapped_),
      offset_(other.offset_),
      size_(other.size_) {}

CachedKernel::~CachedKernel() {
  if (memory_ != nullptr) ::munmap(const_cast<std::byte*>(memory_), mapped_);
}

KernelCache::KernelCache(std::string folder) : folder_(std::move(folder)) {}

std::string KernelCache::file_of(const KernelKey& key) const {
  const std::string text = text_of(key);
  std::array<char, 17> name{};
  std::snprintf(name.data(), name.size(), "%016llx",
                static_cast<unsigned long long>(XXH64(text.data(), text.size(), kSeed)));
  return folder_ + "/" + name.data();
}

std::optional<CachedKernel> KernelCache::find(const KernelKey& key) noexcept {
  try {
    const std::string name = file_of(key);
    const Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat status {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return std::nullopt;
    const auto size = static_cast<std::size_t>(status.st_size);
    if (S_ISREG(status.st_mode) && is_private(status) && size > kElfOffset) {
      void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
      if (memory == MAP_FAILED) return std::nullopt;
      CachedKernel kernel(static_cast<const std::byte*>(memory), size);
      Header header;
      std::memcpy(&header, memory, sizeof header);
      kernel.offset_ = kElfOffset;
      kernel.size_ = size - kElfOffset;
      if (describes(header, key) && header.elf_size == kernel.size_ &&
          header.elf_checksum == XXH64(kernel.elf().data(), kernel.elf().size(), kSeed)) {
        ::futimens(file.get(), nullptr);  // used now: prune() removes others first
        return kernel;
      }
    }
    std::fprintf(stderr, "the cached kernel %s is damaged or foreign and is removed\n", name.c_str());
    ::unlink(name.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the kernel cache cannot be used: %s\n", error.what());
  }
  return std::nullopt;
}

void KernelCache::store(const KernelKey& key, std::span<const std::byte> elf) noexcept {
  try {
    if (KernelKey::of(key.path) != key) return;  // it was replaced while it was read
    write_file(key, elf);
    prune();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the unpacked kernel is not kept in %s: %s\n", folder_.c_str(), error.what());
  }
}

void KernelCache::write_file(const KernelKey& key, std::span<const std::byte> elf) {
  std::filesystem::create_directories(std::filesystem::path(folder_).parent_path());
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) throw system_failure(folder_, errno);
  struct stat status {};
  if (::lstat(folder_.c_str(), &status) != 0) throw system_failure(folder_, errno);
  if (!S_ISDIR(status.st_mode) || !is_private(status)) throw Failure("others can write to that folder");

  const Header header = header_for(key, elf);
  std::vector<std::byte> page(kElfOffset);
  std::memcpy(page.data(), &header, sizeof header);
  const std::string name = file_of(key);
  TemporaryFile file(name);
  FdSink sink(file.fd());
  sink.write(page);
  sink.write(elf);
  sink.flush();
  // Not synced: after a power cut the checksum tells.
  file.rename_to(name);
}

void KernelCache::prune() {
  namespace fs = std::filesystem;
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
    files.emplace_back(entry.last_write_time(), entry.path());
  std::sort(files.begin(), files.end(), std::greater<>());
  for (std::size_t i = kKeep; i < files.size(); ++i) fs::remove(files[i].second);
}

}  // namespace xend
