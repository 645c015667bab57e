#include "xend/relocation/preflight.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "xend/devices/device_class.h"
#include "xend/domain/guest_support.h"
#include "xend/domain/memory_need.h"
#include "xend/domain/movable.h"
#include "xend/domain/save.h"
#include "xend/domain/security_label.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr std::size_t kMostReasons = 20;      // told; an offer of a stranger may have hundreds of disks
constexpr std::size_t kLongestReason = 1000;  // bytes

// The texts that the rest of the daemon throws may have several lines.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > kLongestReason) text = text.substr(0, kLongestReason) + "...";
  return text;
}

class Look {
 public:
  Look(Host& host, const Message& offer, const std::string& who)
      : host_(host), offer_(offer), who_(who), name_(sxp::child_text(offer.offer, "name").value_or("")) {}

  DomainConfig run() {
    std::optional<DomainConfig> config;
    attempt([&] { refuse_if_here(host_, offer_.offer); });
    attempt([&] { config = DomainConfig::parse(offer_.offer); });
    if (offer_.needs) attempt([&] { look_at_xen(*offer_.needs); });
    if (config) {
      look_at_name(*config);
      look_at_cpu(config->type);
      attempt([&] { look_at_memory(*config); });
      look_at_kind(*config);
      look_at_devices(*config);
    }
    if (!reasons_.empty()) refuse();
    if (!unknown_.empty())
      XEND_LOG(Warning, "Domain {}, from {}, moves without all being known about it: {}", name_, who_, unknown_);
    return std::move(*config);
  }

 private:
  template <typename Check>
  void attempt(Check&& check) {
    try {
      check();
    } catch (const Error& e) {
      add(e.what());
    } catch (const xc::Error& e) {
      add(e.what());
    }
  }

  void add(const std::string& reason) {
    auto line = one_line(reason);
    if (std::find(reasons_.begin(), reasons_.end(), line) == reasons_.end()) reasons_.push_back(std::move(line));
  }

  // Of a managed domain that does not run: refuse_if_here minds only those that do.
  void look_at_name(const DomainConfig& config) {
    for (const auto& domain : host_.domains.all()) {
      const auto state = domain->state();
      if (state.dormant && state.config.name == config.name && state.config.uuid != config.uuid)
        add(fmt::format("VM name '{}' already exists: a managed domain has it, which does not run now.", config.name));
    }
  }

  void look_at_xen(const HandoverNeeds& needs) {
    const auto xen = host_.xen.host_info();
    if (std::pair(xen.xen_major, xen.xen_minor) >= std::pair(needs.xen_major, needs.xen_minor)) return;
    add(fmt::format("{} comes from Xen {}.{}, and Xen is {}.{} here: an older Xen cannot read what a newer one writes.",
                    name_, needs.xen_major, needs.xen_minor, xen.xen_major, xen.xen_minor));
  }

  void look_at_cpu(xc::GuestType type) {
    if (!offer_.needs || !offer_.needs->cpu) {
      unknown_ = "its source does not say which CPU features it has seen.";
      return;
    }
    try {
      compare(*offer_.needs->cpu, host_.xen.most_cpu_policy(type));
    } catch (const xc::Error& e) {
      unknown_ = fmt::format("which CPU features this host can give it could not be found out. {}", e.what());
    }
  }

  void compare(const xc::CpuPolicy& guest, const xc::CpuPolicy& most) {
    if (const auto missing = xc::missing_features(guest, most); !missing.empty())
      add(fmt::format("{} has seen CPU features that this host cannot give it: {}.", name_, fmt::join(missing, ", ")));
    const auto compare_limit = [&](const char* what, std::uint32_t seen, std::uint32_t here) {
      if (seen > here)
        add(fmt::format("{} has seen {} of CPUID up to {:#x}, and guests have them up to {:#x} here.", name_, what,
                        seen, here));
    };
    compare_limit("leaves", guest.basic_max, most.basic_max);
    compare_limit("subleaves of leaf 7", guest.feature_max, most.feature_max);
    compare_limit("extended leaves", guest.extended_max, most.extended_max);
  }

  // What Construction will reserve, or what the guest really has, if that is more.
  void look_at_memory(const DomainConfig& config) {
    const auto need = std::max(memory_need(config), offer_.needs ? offer_.needs->memory : xc::KiB{0});
    const auto has = host_.memory.outlook();
    if (need.value <= has.free.value + has.from_dom0.value) return;
    const auto dom0 = has.dom0_may_give ? fmt::format("dom0 could give {} MiB (dom0-min-mem is {} MiB)",
                                                      has.from_dom0.value / 1024, has.dom0_min.value / 1024)
                                        : std::string("dom0 gives none (enable-dom0-ballooning is False)");
    add(fmt::format("Not enough memory for {}: I need {} KiB ({} MiB), but {} MiB are free, and {}.", name_, need.value,
                    (need.value + 1023) / 1024, has.free.value / 1024, dom0));
  }

  void look_at_kind(const DomainConfig& config) {
    attempt([&] { check_type(host_, config); });
    attempt([&] { security_sid(host_.xen, config.security_label, config.name); });
    attempt([&] { host_.pools->id_of(config.pool_name); });
  }

  // As Construction will have them.
  void look_at_devices(DomainConfig config) {
    for (const auto& element : config.device_elements)
      attempt([&] { config.devices.push_back(host_.devices.complete(element, config.devices, config.type)); });
    if (config.nomigrate())
      add("cannot restore non-migratable domain");
    else
      for (const auto& reason : reasons_to_stay(config, "migrated")) add(reason);
    if (!offer_.needs || !offer_.needs->devices_follow) look_for_what_they_need(config);
    attempt([&] { check_programs(host_, config); });
  }

  void look_for_what_they_need(const DomainConfig& config) {
    DeviceOwner owner;
    owner.name = config.name;
    owner.vm_path = "/vm/" + config.uuid.to_string();
    owner.type = config.type;
    for (const auto& device : config.devices)
      attempt([&] {
        for (const auto& reason : host_.devices.missing_for(owner, device)) add(reason);
      });
  }

  [[noreturn]] void refuse() {
    const auto more = reasons_.size() - std::min(reasons_.size(), kMostReasons);
    if (more != 0) {
      reasons_.resize(kMostReasons);
      reasons_.push_back(fmt::format("There are {} more reasons.", more));
    }
    const auto text = fmt::format("{}", fmt::join(reasons_, "\n"));
    XEND_LOG(Warning, "Domain {}, from {}, is not taken: {}", name_, who_, text);
    throw Error(text);
  }

  Host& host_;
  const Message& offer_;
  const std::string who_, name_;
  std::vector<std::string> reasons_;
  std::string unknown_;
};

}  // namespace

DomainConfig preflight(Host& host, const Message& offer, const std::string& who) {
  return Look(host, offer, who).run();
}

}  // namespace xend
