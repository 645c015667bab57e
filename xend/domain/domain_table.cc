#include "xend/domain/domain_table.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

std::string id_text(const Domain& domain) {
  const auto domid = domain.domid();
  return domid ? std::to_string(*domid) : "None";
}

std::optional<xc::DomId> as_domid(std::string_view key) {
  while (key.starts_with(' ')) key.remove_prefix(1);
  while (key.ends_with(' ')) key.remove_suffix(1);
  xc::DomId domid = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), domid);
  if (error != std::errc{} || end != key.data() + key.size()) return std::nullopt;
  return domid;
}

}  // namespace

std::shared_ptr<Domain> DomainTable::named(const std::string& name) const {
  const auto found = std::find_if(domains_.begin(), domains_.end(), [&](const auto& d) { return d->name() == name; });
  return found == domains_.end() ? nullptr : *found;
}

std::shared_ptr<Domain> DomainTable::find(const std::string& key) const {
  {
    const std::lock_guard lock(mutex_);
    if (auto domain = named(key)) return domain;
  }
  if (const auto domid = as_domid(key))
    if (auto domain = by_domid(*domid)) return domain;
  if (key.size() != 36) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(domains_.begin(), domains_.end(), [&](const auto& d) { return d->uuid().to_string() == key; });
  return found == domains_.end() ? nullptr : *found;
}

std::shared_ptr<Domain> DomainTable::get(const std::string& key) const {
  if (auto domain = find(key)) return domain;
  throw Error(Error::Kind::kInvalidDomain, key);
}

std::shared_ptr<Domain> DomainTable::by_domid(xc::DomId domid) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(domains_.begin(), domains_.end(), [&](const auto& d) { return d->domid() == domid; });
  return found == domains_.end() ? nullptr : *found;
}

std::vector<std::shared_ptr<Domain>> DomainTable::all() const {
  std::vector<std::pair<std::string, std::shared_ptr<Domain>>> sorted;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& d : domains_) sorted.emplace_back(d->name(), d);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::shared_ptr<Domain>> result;
  for (auto& [name, domain] : sorted) result.push_back(std::move(domain));
  return result;
}

std::shared_ptr<Domain> DomainTable::insert(const std::shared_ptr<Domain>& domain) {
  const auto state = domain->state();
  const std::lock_guard lock(mutex_);
  if (!state.dormant && !state.foreign) refuse_reserved_locked(state.config.name, state.config.uuid);
  const std::shared_ptr<Domain>* place = nullptr;
  for (const auto& other : domains_) {
    const auto known = other->state();
    // A domain that is moving away keeps its own name for itself: its copy elsewhere has it until it is gone here.
    const bool same_name = known.name == state.name || known.config.name == state.config.name;
    if (known.dormant && known.config.uuid == state.config.uuid)
      place = &other;
    else if (same_name && (known.dormant || state.dormant))
      throw Error(fmt::format("VM name '{}' already exists{}", state.config.name,
                              known.dormant ? "" : " as domain " + id_text(*other)));
    else if (same_name || known.config.uuid == state.config.uuid)
      throw Error(fmt::format("Domain '{}' already exists with ID '{}'", known.name, id_text(*other)));
  }
  if (!state.dormant) elsewhere_.erase(state.config.uuid);
  if (!place) {
    domains_.push_back(domain);
    return nullptr;
  }
  auto& slot = *std::find(domains_.begin(), domains_.end(), *place);
  if (const auto busy = slot->busy(); !busy.empty())
    throw Error(fmt::format("Domain {} is being {} just now. Try again when that is done.", slot->name(), busy));
  domain->update([](DomainState& s) { s.managed = true; });
  return std::exchange(slot, domain);
}

void DomainTable::replace(const std::shared_ptr<Domain>& domain, const std::shared_ptr<Domain>& successor) {
  const std::lock_guard lock(mutex_);
  std::replace(domains_.begin(), domains_.end(), domain, successor);
}

bool DomainTable::erase(const std::shared_ptr<Domain>& domain) {
  const std::lock_guard lock(mutex_);
  return std::erase(domains_, domain) != 0;
}

DomainTable::Reservation DomainTable::reserve(Reserved what) {
  auto reserved = std::make_shared<const Reserved>(std::move(what));
  const std::lock_guard lock(mutex_);
  std::erase_if(reserved_, [](const auto& earlier) { return earlier.expired(); });
  reserved_.push_back(reserved);
  return reserved;
}

void DomainTable::refuse_reserved(const std::string& name, const xc::Uuid& uuid) const {
  const std::lock_guard lock(mutex_);
  refuse_reserved_locked(name, uuid);
}

void DomainTable::refuse_reserved_locked(const std::string& name, const xc::Uuid& uuid) const {
  for (const auto& one : reserved_)
    if (const auto reserved = one.lock(); reserved && (reserved->name == name || reserved->uuid == uuid))
      throw Error(reserved->why);
}

void DomainTable::note_elsewhere(const xc::Uuid& uuid) {
  const std::lock_guard lock(mutex_);
  elsewhere_.insert(uuid);
}

bool DomainTable::elsewhere(const xc::Uuid& uuid) const {
  const std::lock_guard lock(mutex_);
  return elsewhere_.contains(uuid);
}

void DomainTable::rename(const std::shared_ptr<Domain>& domain, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto other = named(name);
  if (other && other != domain)
    throw Error(fmt::format("VM name '{}' already exists{}", name,
                            other->state().dormant ? "" : " as domain " + id_text(*other)));
  domain->update([&](DomainState& s) { s.name = name; });
}

}  // namespace xend
