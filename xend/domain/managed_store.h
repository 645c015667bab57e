// The folder of managed domains, FOLDER/UUID/config.sxp and, of a suspended one, FOLDER/UUID/checkpoint.chk (spec
// domain-lifecycle section 14). An xend of 2013 left the same files: they are read as they are. Knows files only, not
// what runs.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "libxc-wrap/types.h"
#include "sxp/value.h"
#include "xend/domain/domain_config.h"

namespace xend {

class ManagedStore {
 public:
  // `folder`: xend-domains-path. Made with mode 0700 when it is first written to.
  explicit ManagedStore(std::string folder);

  // For the daemon's start: every configuration that can be read, devices in device_elements. What cannot -- too large,
  // not a file, unparsable, in the folder of another UUID -- is logged and left out.
  std::vector<DomainConfig> load() const;

  // Writes a domain's config.sxp, mode 0600, durably: an old one is whole until the new one is. What the old one says
  // that nobody here knows is in the new one, too (carried_over.h). Throws Error `Failed to save configuration file to:
  // FOLDER` with the reason.
  void save(const DomainConfig& config);
  // The same with what `current` returns when it is its turn: of two changes at once, the last file has both.
  void save(const std::function<DomainConfig()>& current);

  // The same of a domain that is defined anew: nothing of an old file is kept.
  void define(const DomainConfig& config);

  // Removes all of a domain; its config.sxp first, so that half a removal does not bring it back. Throws Error.
  void remove(const xc::Uuid& uuid);

  std::string checkpoint_path(const xc::Uuid& uuid) const;
  bool has_checkpoint(const xc::Uuid& uuid) const noexcept;
  // Durably. Throws Error `Failed to delete checkpoint file` with the reason.
  void remove_checkpoint(const xc::Uuid& uuid);

 private:
  std::string folder_of(const xc::Uuid& uuid) const;
  DomainConfig read(const std::string& name) const;
  // What a file says that is about to be replaced by one of the same domain; an empty list when it is of no use.
  sxp::Value read_before(const DomainConfig& config) const;
  void write(const DomainConfig& config, const sxp::Value& before);

  const std::string folder_;
  std::mutex mutex_;  // of two that write the same file, one waits
};

}  // namespace xend
