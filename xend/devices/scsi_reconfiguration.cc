#include "xend/devices/scsi_reconfiguration.h"

#include <fmt/format.h>

#include <algorithm>

#include "xend/devices/hotplug.h"
#include "xend/devices/scsi_target.h"
#include "xend/error.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kFolder[] = "vscsi-devs";

std::string text_of(XenbusState state) {
  return std::to_string(static_cast<int>(state));
}

struct Entry {
  std::string folder;  // dev-I
  ScsiLun lun;
};

std::vector<Entry> read_entries(xc::Store& store, const DevicePaths& paths) {
  std::vector<Entry> entries;
  for (const std::string& folder : store.list(fmt::format("{}/{}", paths.back, kFolder))) {
    const auto read = [&](const char* key) {
      return read_or_empty(store, fmt::format("{}/{}/{}/{}", paths.back, kFolder, folder, key));
    };
    const auto physical = ScsiAddress::parse(read("p-dev")), in_guest = ScsiAddress::parse(read("v-dev"));
    if (physical && in_guest) entries.push_back({folder, {*physical, *in_guest, read("p-devname")}});
  }
  return entries;
}

class Reconfiguration {
 public:
  Reconfiguration(xc::Store& store, const DevicePaths& paths, const std::vector<ScsiLun>& wanted,
                  const ChangeLimits& limits)
      : store_(store), paths_(paths), limits_(limits) {
    const auto entries = read_entries(store, paths);
    const auto among = [](const ScsiLun& lun, const auto& others) {
      return std::any_of(others.begin(), others.end(), [&](const ScsiLun& o) { return o.in_guest == lun.in_guest; });
    };
    std::vector<ScsiLun> there;
    for (const Entry& entry : entries) {
      there.push_back(entry.lun);
      next_ = std::max<std::size_t>(next_, parse_id(entry.folder.substr(entry.folder.find('-') + 1)).value_or(0) + 1);
      if (!among(entry.lun, wanted)) leaving_.push_back(entry);
    }
    for (const ScsiLun& lun : wanted)
      if (!among(lun, there)) arriving_.push_back({fmt::format("dev-{}", next_ + arriving_.size()), lun});
  }

  void run() {
    if (leaving_.empty() && arriving_.empty()) return;
    const auto& settings = limits_.settings;
    const auto deadline = Clock::now() + (leaving_.empty() ? settings.create_timeout : settings.destroy_timeout);
    wait(deadline, [&] { return state() == XenbusState::kConnected || closing(); });
    if (state() != XenbusState::kConnected)
      fail(fmt::format(
          "The guest's driver for SCSI devices (xen-scsifront) is not connected: the backend's state is {}.",
          text_of(state())));
    make_targets();
    store_.transaction([&](xc::Store& t) { announce(t); });
    const bool settled = wait(deadline, [&] { return done() || closing(); });
    if (!settled || !done() || !all_taken()) give_up(settled);
    forget(leaving_);
  }

 private:
  std::string node(const std::string& side, const Entry& entry) const {
    return fmt::format("{}/{}/{}", side, kFolder, entry.folder);
  }
  XenbusState state() { return read_state(store_, paths_.back); }
  XenbusState state_of(const Entry& entry) { return read_state(store_, node(paths_.back, entry)); }
  bool wait(Clock::time_point deadline, const std::function<bool()>& condition) {
    return wait_for_nodes(store_, {paths_.back}, deadline, condition, limits_.give_up);
  }
  bool closing() {
    const XenbusState now = state();
    return now == XenbusState::kClosing || now == XenbusState::kClosed || now == XenbusState::kUnknown;
  }

  void make_targets() {
    for (std::size_t i = 0; i < arriving_.size(); ++i) {
      try {
        ScsiTarget(limits_.settings.scsi, arriving_[i].lun.physical).make(limits_.programs);
      } catch (...) {
        for (std::size_t made = 0; made < i; ++made) target_of(arriving_[made]).remove();
        throw;
      }
    }
  }
  ScsiTarget target_of(const Entry& entry) const { return {limits_.settings.scsi, entry.lun.physical}; }

  void announce(xc::Store& t) {
    for (std::size_t i = 0; i < arriving_.size(); ++i)
      for (const auto& [name, value] : scsi_lun_keys(arriving_[i].lun, next_ + i))
        t.write(paths_.back + "/" + name, value);
    for (const Entry& entry : leaving_) t.write(node(paths_.back, entry) + "/state", text_of(XenbusState::kClosing));
    t.write(paths_.back + "/state", text_of(XenbusState::kReconfiguring));
  }

  // The back end has been through all of them, and is connected again.
  bool done() {
    if (state() != XenbusState::kConnected) return false;
    const auto settled = [&](const Entry& e) {
      const XenbusState now = state_of(e);
      return now == XenbusState::kConnected || now == XenbusState::kClosed;
    };
    return std::all_of(arriving_.begin(), arriving_.end(), settled) &&
           std::all_of(leaving_.begin(), leaving_.end(), settled);
  }
  bool all_taken() {
    return std::all_of(arriving_.begin(), arriving_.end(),
                       [&](const Entry& e) { return state_of(e) == XenbusState::kConnected; });
  }

  // Nodes and targets of what is not there any more.
  void forget(const std::vector<Entry>& entries) {
    store_.transaction([&](xc::Store& t) {
      for (const Entry& entry : entries) {
        t.remove(node(paths_.back, entry));
        t.remove(node(paths_.front, entry));
      }
    });
    for (const Entry& entry : entries) target_of(entry).remove();
  }

  [[noreturn]] void give_up(bool settled) {
    const bool ended = limits_.give_up && limits_.give_up();
    forget(arriving_);
    store_.transaction([&](xc::Store& t) {
      for (const Entry& entry : leaving_)
        if (read_state(t, node(paths_.back, entry)) == XenbusState::kClosing)
          t.write(node(paths_.back, entry) + "/state", text_of(XenbusState::kConnected));
    });
    if (ended) fail("The domain ended meanwhile.");
    if (!settled) fail("The guest's driver for SCSI devices (xen-scsifront) did not answer in time.");
    fail(
        "xen-scsiback did not take the device, or the guest's driver (xen-scsifront) went away: dom0's kernel log says "
        "more.");
  }

  [[noreturn]] void fail(const std::string& reason) {
    throw Error(fmt::format("Device {} could not be reconfigured. {}", paths_.name(), reason));
  }

  xc::Store& store_;
  const DevicePaths& paths_;
  const ChangeLimits& limits_;
  std::vector<Entry> arriving_, leaving_;
  std::size_t next_ = 0;  // the first number that no folder has
};

}  // namespace

Keys scsi_lun_keys(const ScsiLun& lun, std::size_t index) {
  const auto name = [&](const char* key) { return fmt::format("{}/dev-{}/{}", kFolder, index, key); };
  return {{name("state"), text_of(XenbusState::kInitialising)},
          {name("devid"), std::to_string(lun.in_guest.host)},
          {name("p-dev"), lun.physical.text()},
          {name("p-devname"), lun.name},
          {name("v-dev"), lun.in_guest.text()}};
}

std::vector<ScsiLun> read_scsi_luns(xc::Store& store, const DevicePaths& paths) {
  std::vector<ScsiLun> luns;
  for (Entry& entry : read_entries(store, paths)) luns.push_back(std::move(entry.lun));
  return luns;
}

void change_scsi_luns(xc::Store& store, const DevicePaths& paths, const std::vector<ScsiLun>& wanted,
                      const ChangeLimits& limits) {
  Reconfiguration(store, paths, wanted, limits).run();
}

}  // namespace xend
