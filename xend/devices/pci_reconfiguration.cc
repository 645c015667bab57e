#include "xend/devices/pci_reconfiguration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "xend/devices/hotplug.h"
#include "xend/error.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

// What there is of each function below the backend; vdev is pciback's own.
constexpr std::array<std::string_view, 7> kFunctionKeys{"dev", "vdevfn", "key", "uuid", "opts", "state", "vdev"};

std::string text_of(XenbusState state) {
  return std::to_string(static_cast<int>(state));
}

bool has(const std::vector<PciFunction>& functions, const PciFunction& function) {
  return std::any_of(functions.begin(), functions.end(),
                     [&](const PciFunction& other) { return other.address == function.address; });
}

class Reconfiguration {
 public:
  Reconfiguration(xc::Store& store, const DevicePaths& paths, const std::vector<PciFunction>& wanted,
                  const ChangeLimits& limits)
      : store_(store), paths_(paths), limits_(limits), functions_(read_pci_functions(store, paths)) {
    for (std::size_t i = 0; i < functions_.size(); ++i)
      if (!has(wanted, functions_[i])) leaving_.push_back(i);
    known_ = functions_.size();
    for (const PciFunction& function : wanted)
      if (!has(functions_, function)) functions_.push_back(function);
  }

  void run() {
    if (leaving_.empty() && functions_.size() == known_) return;
    if (!store_.read(paths_.back + "/state")) {
      if (functions_.size() == known_) return;
      fail("It has no backend in xenstore; detach all PCI devices of the guest, and attach them anew.");
    }
    const auto& settings = limits_.settings;
    const auto deadline = Clock::now() + (leaving_.empty() ? settings.create_timeout : settings.destroy_timeout);
    wait(deadline, [&] { return state() == XenbusState::kConnected || closing(); });
    if (state() != XenbusState::kConnected)
      fail(fmt::format("The guest's driver for PCI devices (xen-pcifront) is not connected: the backend's state is {}.",
                       text_of(state())));
    store_.transaction([&](xc::Store& t) { announce(t); });
    const bool settled = wait(deadline, [&] { return driver_is_done() || closing(); });
    if (settled && driver_is_done() && all_taken()) {
      store_.transaction([&](xc::Store& t) { close_ranks(t, leaving_); });
      // Until the guest has followed: pciback's word about that would overwrite the state that its end is asked with.
      wait(deadline, [&] { return state() == XenbusState::kConnected || closing(); });
      return;
    }
    const std::string reason = why_not(settled);
    store_.transaction([&](xc::Store& t) { take_back(t); });
    fail(reason);
  }

 private:
  std::string key(std::string_view name, std::size_t index) const {
    return fmt::format("{}/{}-{}", paths_.back, name, index);
  }
  XenbusState state() { return read_state(store_, paths_.back); }
  XenbusState state_of(xc::Store& store, std::size_t index) {
    const std::string text = read_word(store, key("state", index));
    const auto number = parse_id(text);
    return number && *number <= 8 ? static_cast<XenbusState>(*number) : XenbusState::kUnknown;
  }

  bool wait(Clock::time_point deadline, const std::function<bool()>& done) {
    return wait_for_nodes(store_, {paths_.back}, deadline, done, limits_.give_up);
  }

  void announce(xc::Store& t) {
    for (std::size_t i = known_; i < functions_.size(); ++i)
      for (const auto& [name, value] : pci_function_keys(functions_[i], i)) t.write(paths_.back + "/" + name, value);
    for (const std::size_t i : leaving_) t.write(key("state", i), text_of(XenbusState::kClosing));
    t.write(paths_.back + "/num_devs", std::to_string(functions_.size()));
    t.write(paths_.back + "/state", text_of(XenbusState::kReconfiguring));
  }

  // pciback goes on to the next state when it has looked at all functions.
  bool driver_is_done() { return state() == XenbusState::kReconfigured || state() == XenbusState::kConnected; }
  bool closing() {
    const XenbusState now = state();
    return now == XenbusState::kClosing || now == XenbusState::kClosed || now == XenbusState::kUnknown;
  }

  // What leaves is gone then, though nobody says so in its state.
  bool all_taken() {
    for (std::size_t i = known_; i < functions_.size(); ++i) {
      const XenbusState now = state_of(store_, i);
      if (now != XenbusState::kInitialised && now != XenbusState::kConnected) return false;
    }
    return true;
  }

  std::string why_not(bool settled) {
    if (limits_.give_up && limits_.give_up()) return "The domain ended meanwhile.";
    if (!settled) return "The guest's driver for PCI devices (xen-pcifront) did not answer in time.";
    // A pciback that cannot serve a device closes the backend.
    const std::string complaint = read_or_empty(store_, paths_.errors + "/error");
    if (!complaint.empty()) return fmt::format("pciback refused: {}", complaint);
    return "pciback did not take the device, or the guest's driver (xen-pcifront) went away: dom0's kernel log says "
           "more.";
  }

  // What has not changed hands stays where it was.
  void take_back(xc::Store& t) {
    for (const std::size_t i : leaving_)
      if (state_of(t, i) == XenbusState::kClosing) t.write(key("state", i), text_of(XenbusState::kInitialised));
    std::vector<std::size_t> added;
    for (std::size_t i = known_; i < functions_.size(); ++i) added.push_back(i);
    close_ranks(t, added);
    if (read_state(t, paths_.back) == XenbusState::kReconfiguring)
      t.write(paths_.back + "/state", text_of(XenbusState::kConnected));
  }

  // Forgets the functions at the indices `gone`; those behind them move up, as numbers without gaps are expected.
  void close_ranks(xc::Store& t, const std::vector<std::size_t>& gone) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < functions_.size(); ++i) {
      const bool stays = std::find(gone.begin(), gone.end(), i) == gone.end();
      for (const std::string_view name : kFunctionKeys) {
        const auto value = t.read(key(name, i));
        if (stays && next == i) continue;
        t.remove(key(name, i));
        if (stays && value) t.write(key(name, next), *value);
      }
      if (stays) ++next;
    }
    t.write(paths_.back + "/num_devs", std::to_string(next));
  }

  [[noreturn]] void fail(const std::string& reason) {
    throw Error(fmt::format("Device {} could not be reconfigured. {}", paths_.name(), reason));
  }

  xc::Store& store_;
  const DevicePaths& paths_;
  const ChangeLimits& limits_;
  std::vector<PciFunction> functions_;  // by index: those that are there, then those that arrive
  std::size_t known_ = 0;               // how many are there
  std::vector<std::size_t> leaving_;
};

}  // namespace

Keys pci_function_keys(const PciFunction& function, std::size_t index) {
  const auto name = [&](const char* key) { return fmt::format("{}-{}", key, index); };
  Keys keys{{name("dev"), function.address.text()},
            {name("vdevfn"), fmt::format("{:02x}", function.vdevfn)},
            {name("key"), function.key},
            {name("uuid"), function.uuid}};
  if (!function.options.empty()) keys.emplace_back(name("opts"), join_options(function));
  keys.emplace_back(name("state"), text_of(XenbusState::kInitialising));
  return keys;
}

std::vector<PciFunction> read_pci_functions(xc::Store& store, const DevicePaths& paths) {
  const auto read = [&](const char* key, unsigned index) {
    return read_or_empty(store, fmt::format("{}/{}-{}", paths.back, key, index));
  };
  std::vector<PciFunction> functions;
  const unsigned count = parse_id(read_or_empty(store, paths.back + "/num_devs")).value_or(0);
  for (unsigned i = 0; i < count; ++i) {
    const auto address = PciAddress::parse(read("dev", i));
    if (!address) break;  // the numbers have no gaps
    PciFunction function;
    function.address = *address;
    function.vdevfn = static_cast<unsigned>(std::strtoul(read("vdevfn", i).c_str(), nullptr, 16));
    function.key = read("key", i);
    function.uuid = read("uuid", i);
    function.options = split_options(read("opts", i));
    functions.push_back(std::move(function));
  }
  return functions;
}

void change_pci_functions(xc::Store& store, const DevicePaths& paths, const std::vector<PciFunction>& wanted,
                          const ChangeLimits& limits) {
  Reconfiguration(store, paths, wanted, limits).run();
}

}  // namespace xend
