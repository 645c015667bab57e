// Unpacked kernels, kept from one build to the next: unpacking is most of the time that creating a guest takes. One
// file for each kernel file and version of it, readable by root only, and never used unless it is whole and is what it
// claims.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace xend {

// Which version of which file. A file that is replaced or changed in place differs in at least one of these.
struct KernelKey {
  std::string path;
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified_ns = 0;

  // Throws Failure when there is no such file.
  static KernelKey of(const std::string& path);
  bool operator==(const KernelKey&) const = default;
};

// A file of the cache in memory.
class CachedKernel {
 public:
  CachedKernel(CachedKernel&& other) noexcept;
  CachedKernel& operator=(CachedKernel&& other) = delete;
  ~CachedKernel();

  std::span<const std::byte> elf() const { return {memory_ + offset_, size_}; }

 private:
  friend class KernelCache;
  CachedKernel(const std::byte* memory, std::size_t mapped) : memory_(memory), mapped_(mapped) {}

  const std::byte* memory_;
  std::size_t mapped_, offset_ = 0, size_ = 0;
};

class KernelCache {
 public:
  static constexpr std::size_t kKeep = 8;  // files; the ones used longest ago are removed first

  explicit KernelCache(std::string folder = "/var/cache/xend/kernels");

  // The unpacked kernel, when it is there and its checksum is right. What is damaged, or not made by this class, is
  // removed and not used. Never throws: a cache that does not work is only slow.
  std::optional<CachedKernel> find(const KernelKey& key) noexcept;

  // Keeps `elf` for the next time, unless `key.path` has changed meanwhile. Says on stderr why when it cannot.
  void store(const KernelKey& key, std::span<const std::byte> elf) noexcept;

 private:
  std::string file_of(const KernelKey& key) const;
  void write_file(const KernelKey& key, std::span<const std::byte> elf);
  void prune();

  std::string folder_;
};

}  // namespace xend
