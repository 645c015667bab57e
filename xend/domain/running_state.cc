#include "xend/domain/running_state.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/atomic_file.h"
#include "xend/domain/domain_sxp.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace fs = std::filesystem;

namespace {

constexpr char kAnnounced[] = ".announced";

void make_private_folder(const std::string& folder) {
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
}

// (running (domid N) (vm_path P) ... (devices (TYPE ID ELEMENT) ...) (domain ...))
sxp::Value to_sxp(const DomainState& d) {
  const auto pair = [](const char* key, sxp::Value value) { return sxp::Value::list({key, std::move(value)}); };
  sxp::List devices{"devices"};
  for (const auto& device : d.config.devices)
    devices.push_back(sxp::Value::list({device.type, device.id, device.config}));
  return sxp::Value::list(
      {"running", pair("domid", *d.domid), pair("vm_path", d.vm_path), pair("protocol", d.protocol),
       pair("store_frame", d.store_frame), pair("console_frame", d.console_frame), pair("store_port", d.store_port),
       pair("console_port", d.console_port), pair("start_time", d.start_time), pair("restart_count", d.restart_count),
       pair("paused_by_admin", d.paused_by_admin ? 1 : 0), pair("preserved", d.preserved ? 1 : 0),
       pair("being_made", d.being_made ? 1 : 0), pair("device_model_pid", d.device_model.pid),
       pair("device_model_started_at", d.device_model.started_at), pair("config_name", d.config.name), devices,
       domain_sxp(d, std::nullopt, {.devices = false, .vcpu_avail = true})});
}

template <typename Number>
Number number(const sxp::Value& v, const char* key) {
  const auto text = sxp::child_text(v, key).value_or("");
  Number n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error(fmt::format("({} {}) is not a number", key, text));
  return n;
}

DomainState from_sxp(const sxp::Value& v) {
  const auto* domain = sxp::child(v, "domain");
  if (!domain) throw Error("there is no (domain ...) in it");
  DomainState d;
  d.config = DomainConfig::parse(*domain);
  d.config.name = sxp::child_text(v, "config_name").value_or(d.config.name);
  d.name = d.config.name;  // an operation that had renamed it is over: the daemon that did it is gone
  d.domid = number<xc::DomId>(v, "domid");
  d.vm_path = sxp::child_text(v, "vm_path").value_or("");
  d.protocol = sxp::child_text(v, "protocol").value_or("");
  d.store_frame = number<xc::Frame>(v, "store_frame");
  d.console_frame = number<xc::Frame>(v, "console_frame");
  d.store_port = number<xc::Port>(v, "store_port");
  d.console_port = number<xc::Port>(v, "console_port");
  d.start_time = number<double>(v, "start_time");
  d.restart_count = number<unsigned>(v, "restart_count");
  d.paused_by_admin = number<int>(v, "paused_by_admin") != 0;
  d.preserved = number<int>(v, "preserved") != 0;
  d.being_made = number<int>(v, "being_made") != 0;
  if (sxp::child(v, "device_model_pid"))  // notes of the first release have none
    d.device_model = {number<int>(v, "device_model_pid"), number<std::uint64_t>(v, "device_model_started_at")};
  if (const auto* devices = sxp::child(v, "devices"))
    for (const auto& item : sxp::children(*devices)) {
      if (!item.is_list() || item.as_list().size() != 3) throw Error("a device of it is not (TYPE ID ELEMENT)");
      const auto id = sxp::Value::list({"device", sxp::Value::list({"id", item.as_list()[1].text()})});
      d.config.devices.push_back({item.as_list()[0].text(), number<unsigned>(id, "id"), item.as_list()[2]});
    }
  return d;
}

}  // namespace

Announcement::Announcement(const std::string& folder, const xc::Uuid& uuid)
    : path_(folder + "/" + uuid.to_string() + kAnnounced) {
  make_private_folder(folder);
  AtomicFile(path_).commit();
}

Announcement::~Announcement() {
  std::error_code ignored;  // the next daemon finds no domain that belongs to it
  fs::remove(path_, ignored);
}

RunningState::RunningState(std::string folder) : folder_(std::move(folder)) {}

std::string RunningState::path_of(xc::DomId domid) const {
  return folder_ + "/" + std::to_string(domid) + ".sxp";
}

void RunningState::remember(const DomainState& domain) {
  make_private_folder(folder_);
  AtomicFile file(path_of(*domain.domid));
  file.write(sxp::pretty(to_sxp(domain), 78));
  file.commit();
}

void RunningState::remember_now(const Domain& domain) {
  const std::lock_guard lock(mutex_);
  remember(domain.state());
}

void RunningState::forget(xc::DomId domid) noexcept {
  std::error_code ignored;  // it may never have been written
  fs::remove(path_of(domid), ignored);
}

Announcement RunningState::announce(const xc::Uuid& uuid) const {
  return Announcement(folder_, uuid);
}

std::vector<xc::Uuid> RunningState::take_announced() const {
  std::vector<xc::Uuid> announced;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    if (entry.path().extension() != kAnnounced) continue;
    if (const auto uuid = xc::Uuid::parse(entry.path().stem().string())) announced.push_back(*uuid);
    fs::remove(entry.path(), none);
  }
  return announced;
}

std::vector<DomainState> RunningState::load() const {
  std::vector<DomainState> domains;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    if (entry.path().extension() != ".sxp") continue;
    try {
      std::ifstream in(entry.path());
      std::stringstream text;
      text << in.rdbuf();
      domains.push_back(from_sxp(sxp::parse_one(text.str())));
    } catch (const std::exception& e) {
      XEND_LOG(Warning, "{} is damaged and not used: {}", entry.path().string(), e.what());
    }
  }
  return domains;
}

}  // namespace xend
