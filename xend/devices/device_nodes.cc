#include "xend/devices/device_nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "xend/error.h"

namespace xend {
namespace {

// Drivers of dom0 serve every device of this release.
constexpr xc::DomId kBackendDomain = 0;
const std::string kBackendHome = "/local/domain/0";

void make_owned_dir(xc::Store& store, const std::string& path, xc::DomId owner, xc::DomId reader) {
  store.make_dir(path);
  xc::Permissions permissions;
  permissions.owner = owner;
  permissions.others = xc::Permissions::kNone;
  permissions.grants = {{reader, xc::Permissions::kRead}};
  // Nodes written below inherit these.
  store.set_permissions(path, permissions);
}

void write_keys(xc::Store& store, const std::string& dir, const Keys& keys) {
  for (const auto& [key, value] : keys) store.write(dir + "/" + key, value);
}

// The counter only grows: an id is not given again while the guest lives.
void raise_counter(xc::Store& store, const DevicePaths& paths) {
  const auto current = parse_id(read_or_empty(store, paths.counter));
  store.write(paths.counter, std::to_string(std::max(current.value_or(0), paths.id + 1)));
}

}  // namespace

DevicePaths::DevicePaths(xc::DomId guest, const std::string& vm_path, std::string device_type,
                         std::string_view store_class, unsigned device_id, std::string_view back_class)
    : domid(guest),
      vm(vm_path),
      type(std::move(device_type)),
      store_type(store_class),
      back_type(back_class.empty() ? store_class : back_class),
      id(device_id) {
  const std::string domain = fmt::format("/local/domain/{}", domid);
  front = fmt::format("{}/device/{}/{}", domain, store_type, id);
  counter = fmt::format("{}/device-misc/{}/nextDeviceID", domain, store_type);
  back_dir = fmt::format("{}/backend/{}/{}", kBackendHome, back_type, domid);
  back = fmt::format("{}/{}", back_dir, id);
  errors = fmt::format("{}/error/{}", kBackendHome, xenbus());
  if (!vm.empty()) index = fmt::format("{}/device/{}/{}", vm, type, id);
}

std::string DevicePaths::name() const {
  return fmt::format("{} ({})", id, type);
}

std::string DevicePaths::driver_entry() const {
  return fmt::format("{}-{}-{}", back_type, domid, id);
}

std::string DevicePaths::xenbus() const {
  return fmt::format("backend/{}/{}/{}", back_type, domid, id);
}

void write_nodes(xc::Store& store, const DeviceOwner& owner, const DevicePaths& paths, const DeviceKeys& keys,
                 const std::vector<std::string>& taken, const std::string& label) {
  for (const std::string& path : taken) {
    if (store.read(path + "/backend")) throw Error(fmt::format("Device {} is already connected.", label));
  }
  for (const std::string& stale : {paths.front, paths.back, paths.index}) store.remove(stale);

  make_owned_dir(store, paths.back, kBackendDomain, owner.domid);
  make_owned_dir(store, paths.front, owner.domid, kBackendDomain);

  Keys front = {{"backend", paths.back}, {"backend-id", std::to_string(kBackendDomain)}, {"state", "1"}};
  if (!owner.protocol.empty()) front.emplace_back("protocol", owner.protocol);
  write_keys(store, paths.front, front);
  write_keys(store, paths.front, keys.front);

  write_keys(store, paths.back,
             {{"domain", owner.name},
              {"frontend", paths.front},
              {"frontend-id", std::to_string(owner.domid)},
              {"state", "1"},
              {"online", "1"}});
  write_keys(store, paths.back, keys.back);

  write_keys(store, paths.index,
             {{"backend", paths.back},
              {"backend-id", std::to_string(kBackendDomain)},
              {"frontend", paths.front},
              {"frontend-id", std::to_string(owner.domid)}});
  if (keys.counted) raise_counter(store, paths);
}

void remove_and_tidy(xc::Store& store, std::string path, const std::string& top) {
  do {
    store.remove(path);
    path.resize(path.rfind('/'));
  } while (path.size() > top.size() && store.list(path).empty());
}

void remove_nodes(xc::Store& store, const DevicePaths& paths) {
  store.remove(paths.front);
  remove_and_tidy(store, paths.back, kBackendHome);
  remove_and_tidy(store, paths.errors, kBackendHome);
  if (!paths.index.empty()) remove_and_tidy(store, paths.index, paths.vm);
}

void remove_empty_backends(xc::Store& store, std::string_view back_class, xc::DomId domid) {
  const std::string folder = fmt::format("{}/backend/{}/{}", kBackendHome, back_class, domid);
  if (store.read(folder) && store.list(folder).empty()) remove_and_tidy(store, folder, kBackendHome);
}

XenbusState read_state(xc::Store& store, const std::string& dir) {
  const std::string text = read_word(store, dir + "/state");
  if (text.size() != 1 || text.front() < '0' || text.front() > '8') return XenbusState::kUnknown;
  return static_cast<XenbusState>(text.front() - '0');
}

std::optional<unsigned> parse_id(std::string_view text) {
  unsigned id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

std::string read_word(xc::Store& store, const std::string& path) {
  constexpr std::size_t kLongestWord = 64;
  try {
    return store.read(path, kLongestWord).value_or("");
  } catch (const xc::Error& e) {
    if (e.error() != E2BIG) throw;
    return "";
  }
}

std::string read_or_empty(xc::Store& store, const std::string& path) {
  return store.read(path).value_or("");
}

}  // namespace xend
