// Every domain the daemon knows, found by name, id or UUID in the classic order (spec xm-cli 3.1).
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "xend/domain/domain.h"

namespace xend {

class DomainTable {
 public:
  // By name, else by id when `key` is a decimal number, else by UUID. Null when there is none.
  std::shared_ptr<Domain> find(const std::string& key) const;
  // The same; throws Error of kind kInvalidDomain whose text is `key` (spec protocols 3.3).
  std::shared_ptr<Domain> get(const std::string& key) const;
  std::shared_ptr<Domain> by_domid(xc::DomId domid) const;

  // Sorted by name, in byte order.
  std::vector<std::shared_ptr<Domain>> all() const;

  // Adds a domain. One that has the UUID of a managed domain which does not run takes that one's place, and is managed;
  // the one that has made way is returned, else null. Throws Error "Domain 'NAME' already exists with ID 'N'" or "VM
  // name 'N' already exists" when its name or UUID is in use, and why when they are reserved and it is to run.
  std::shared_ptr<Domain> insert(const std::shared_ptr<Domain>& domain);
  // Puts `successor` (not null) where `domain` is; does nothing when that is not in the table.
  void replace(const std::shared_ptr<Domain>& domain, const std::shared_ptr<Domain>& successor);
  // False when it was not in the table.
  bool erase(const std::shared_ptr<Domain>& domain);

  // Who looks at all domains to find something that none of them has, and then gives it to one, holds this meanwhile:
  // nothing is promised twice. Taken before any other lock.
  [[nodiscard]] std::unique_lock<std::mutex> lock_promises() { return std::unique_lock(promises_); }

  // A domain of this name and UUID may run on another host, so none of either is made here until the last copy of what
  // is returned is gone; whoever tries is told `why`, a sentence. Configurations that do not run may bear them.
  struct Reserved {
    std::string name;
    xc::Uuid uuid;
    std::string why;
  };
  using Reservation = std::shared_ptr<const Reserved>;
  [[nodiscard]] Reservation reserve(Reserved what);
  // Throws Error as insert() of a domain with this name and UUID, to be run, would for a reservation.
  void refuse_reserved(const std::string& name, const xc::Uuid& uuid) const;

  // A move that a power cut of this host had interrupted has turned out to have taken this domain to another host: it
  // is started here by people only, not by itself. Over when it is inserted again, to be run.
  void note_elsewhere(const xc::Uuid& uuid);
  bool elsewhere(const xc::Uuid& uuid) const;

  // Gives a domain another name. Throws Error "VM name 'N' already exists as domain ID".
  void rename(const std::shared_ptr<Domain>& domain, const std::string& name);

 private:
  std::shared_ptr<Domain> named(const std::string& name) const;
  void refuse_reserved_locked(const std::string& name, const xc::Uuid& uuid) const;

  std::mutex promises_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Domain>> domains_;
  std::vector<std::weak_ptr<const Reserved>> reserved_;
  std::set<xc::Uuid> elsewhere_;
};

}  // namespace xend
