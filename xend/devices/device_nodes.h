// Where a device is in xenstore and how its nodes are written and removed (spec domain-lifecycle 9.1, modern-xen 15):
// the frontend's directory, owned by the guest, the backend's, owned by dom0, and xend's own index below the VM path.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libxc-wrap/store.h"
#include "xend/devices/devices.h"

namespace xend {

// Xen's states of the two ends of a device (xen/io/xenbus.h); kUnknown also for a node that is missing or holds
// nonsense.
enum class XenbusState {
  kUnknown = 0,
  kInitialising = 1,
  kInitWait = 2,
  kInitialised = 3,
  kConnected = 4,
  kClosing = 5,
  kClosed = 6,
  kReconfiguring = 7,
  kReconfigured = 8,
};

struct DevicePaths {
  // `store_class` is the class's directory, "vbd" for type "tap". `vm_path` may be empty when it is not known.
  // `back_class`: the backend's, where that is another one, as "qdisk" for a disk that QEMU serves.
  DevicePaths(xc::DomId guest, const std::string& vm_path, std::string device_type, std::string_view store_class,
              unsigned device_id, std::string_view back_class = {});

  xc::DomId domid;
  std::string vm;  // VM
  std::string type;
  std::string store_type, back_type;
  unsigned id;
  std::string front;     // /local/domain/N/device/CLASS/ID
  std::string back;      // /local/domain/0/backend/CLASS/N/ID
  std::string back_dir;  // /local/domain/0/backend/CLASS/N
  std::string index;     // VM/device/TYPE/ID; empty when the VM path is not known
  std::string counter;   // /local/domain/N/device-misc/CLASS/nextDeviceID
  std::string errors;    // where the backend's driver leaves its last words

  std::string name() const;          // "51712 (vbd)", as messages have it
  std::string driver_entry() const;  // "vbd-5-51712", as the kernel has it
  std::string xenbus() const;        // "backend/vbd/5/51712", relative to dom0's directory, as scripts have it
};

using Keys = std::vector<std::pair<std::string, std::string>>;

// The keys that one class adds to the common ones.
struct DeviceKeys {
  Keys front, back;
  bool counted = false;  // ids are counted: nextDeviceID follows them
};

// Writes the nodes of one device: directories with their permissions, common keys, `keys`, the index. `store` is a
// transaction. `taken` are index paths that would mean the same device; when one exists, throws Error
// `Device LABEL is already connected.`. Leftovers of an older device at the same place go away.
void write_nodes(xc::Store& store, const DeviceOwner& owner, const DevicePaths& paths, const DeviceKeys& keys,
                 const std::vector<std::string>& taken, const std::string& label);

// Removes a node, and the directories above it that are empty then, up to but not including `top`.
void remove_and_tidy(xc::Store& store, std::string path, const std::string& top);

// Removes frontend, backend, index and what the driver complained, and directories that are empty then. `store` is a
// transaction.
void remove_nodes(xc::Store& store, const DevicePaths& paths);

// Removes the folder of a domain's backends of one class when there is nothing in it.
void remove_empty_backends(xc::Store& store, std::string_view back_class, xc::DomId domid);

// The state written at DIR/state. Only a single digit in Xen's range is believed: the guest writes the frontend's.
XenbusState read_state(xc::Store& store, const std::string& dir);

// A number in decimal digits as xenstore has ids; nothing for other text.
std::optional<unsigned> parse_id(std::string_view text);

// The value of a node that a guest may have written: "" when there is none or it is longer than any word that counts.
std::string read_word(xc::Store& store, const std::string& path);

// The value of a node of dom0's; "" when there is none.
std::string read_or_empty(xc::Store& store, const std::string& path);

}  // namespace xend
