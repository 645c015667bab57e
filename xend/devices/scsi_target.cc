#include "xend/devices/scsi_target.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "rpc/file_descriptor.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

namespace fs = std::filesystem;

// Adapters of pscsi are numbered by who makes them; targetcli counts from 0.
constexpr unsigned kHba = 4096;
constexpr char kModprobe[] = "/sbin/modprobe";
constexpr std::chrono::seconds kToLoad{30};

void make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
    throw std::system_error(errno, std::generic_category(), path);
}

// One write: that is what the kernel acts upon.
void write_attribute(const std::string& path, const std::string& value) {
  const rpc::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!file || ::write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size()))
    throw std::system_error(errno, std::generic_category(), path);
}

// The numbers of a port, and of the initiator that stands for all guests, as SAS addresses of the kernel's target.
std::string naa(const char* vendor, const ScsiAddress& a) {
  return fmt::format("naa.{}{:03x}{:02x}{:02x}{:02x}", vendor, a.host, a.channel, a.target, 0);
}

}  // namespace

ScsiTarget::ScsiTarget(const ScsiFolders& folders, const ScsiAddress& device)
    : folders_(folders),
      device_(device),
      hba_(fmt::format("{}/core/pscsi_{}", folders.target, kHba)),
      backstore_(fmt::format("{}/{}.{}.{}.{}", hba_, device.host, device.channel, device.target, device.lun)),
      port_(fmt::format("{}/xen-pvscsi/{}", folders.target, naa("5001405", device))),
      group_(port_ + "/tpgt_1"),
      lun_(fmt::format("{}/lun/lun_{}", group_, device.lun)) {}

void ScsiTarget::make(ScriptRunner& programs) const {
  if (!fs::exists(fmt::format("{}/{}", folders_.devices, device_.text())))
    throw Error(fmt::format("This host has no SCSI device {}: lsscsi, or ls {}, shows those that it has.",
                            device_.text(), folders_.devices));
  if (fs::exists(lun_)) throw Error(fmt::format("The SCSI device {} is given to a guest already.", device_.text()));
  load_modules(programs);
  try {
    make_backstore();
    make_port();
  } catch (const std::system_error& e) {
    remove();
    const std::string disk_name = disk();
    throw Error(
        fmt::format("The SCSI device {} cannot be given to a guest: {}.{}", device_.text(), e.what(),
                    disk_name.empty() ? "" : fmt::format("\nIs /dev/{} in use here, mounted perhaps?", disk_name)));
  }
}

void ScsiTarget::load_modules(ScriptRunner& programs) const {
  const std::string fabric = folders_.target + "/xen-pvscsi";
  if (fs::exists(fabric)) return;
  programs.run({kModprobe, {"-a", "xen-scsiback", "target_core_pscsi"}, {}, -1}, kToLoad);
  if (::mkdir(fabric.c_str(), 0755) != 0 && errno != EEXIST)
    throw Error(
        fmt::format("Backend device not found.\nThe kernel of this host has no back end for SCSI devices "
                    "(xen-scsiback, target_core_pscsi): {}: {}",
                    fabric, std::generic_category().message(errno)));
}

void ScsiTarget::make_backstore() const {
  make_folder(hba_);
  make_folder(backstore_);
  write_attribute(backstore_ + "/control",
                  fmt::format("scsi_host_id={},scsi_channel_id={},scsi_target_id={},scsi_lun_id={}\n", device_.host,
                              device_.channel, device_.target, device_.lun));
  if (const std::string name = disk(); !name.empty())
    write_attribute(backstore_ + "/udev_path", fmt::format("/dev/{}\n", name));
  write_attribute(backstore_ + "/enable", "1\n");
}

void ScsiTarget::make_port() const {
  make_folder(port_);
  make_folder(group_);
  write_attribute(group_ + "/param/alias", device_.port() + "\n");
  try {
    write_attribute(group_ + "/nexus", naa("5001406", device_) + "\n");
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::file_exists) throw;  // another lun of this port has made it
  }
  make_folder(lun_);
  if (::symlink(backstore_.c_str(), (lun_ + "/device").c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), lun_);
}

void ScsiTarget::remove() const noexcept {
  std::error_code error;
  fs::remove(lun_ + "/device", error);
  fs::remove(lun_, error);
  // The last lun of a port takes it along.
  if (fs::exists(group_, error) && fs::is_empty(group_ + "/lun", error)) {
    try {
      write_attribute(group_ + "/nexus", "NULL\n");
    } catch (const std::system_error&) {
      // It had none.
    }
    fs::remove(group_, error);
    fs::remove(port_, error);
  }
  fs::remove(backstore_, error);
  if (fs::exists(backstore_))
    XEND_LOG(Error, "The SCSI device {} is still taken by the kernel's target: {}: {}", device_.text(), backstore_,
             error.message());
  fs::remove(hba_, error);
}

// "" for a device that is no disk: a tape, a changer.
std::string ScsiTarget::disk() const {
  std::error_code error;
  fs::directory_iterator names(fmt::format("{}/{}/block", folders_.devices, device_.text()), error);
  return error || names == fs::directory_iterator() ? "" : names->path().filename().string();
}

}  // namespace xend
