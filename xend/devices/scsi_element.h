// The element of one of a guest's SCSI adapters, (vscsi (feature-host 0) (dev (state 1) (devid 0) (p-dev 2:0:0:0)
// (p-devname sda) (v-dev 0:0:0:0)) ...) (spec protocols 7.5), read strictly and printed. Knows nothing of xenstore or
// of the host.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sxp/value.h"

namespace xend {

// HOST:CHANNEL:TARGET:LUN.
struct ScsiAddress {
  unsigned host = 0, channel = 0, target = 0, lun = 0;

  // Nothing for a text that is none, or with numbers beyond what the kernel's SCSI targets count.
  static std::optional<ScsiAddress> parse(std::string_view text);
  std::string text() const;
  std::string port() const;  // without the lun

  friend bool operator==(const ScsiAddress&, const ScsiAddress&) = default;
};

// One device, as dom0 and as the guest have it.
struct ScsiLun {
  ScsiAddress physical, in_guest;
  std::string name;  // of dom0's, as sda; may be empty
};

struct ScsiAdapter {
  bool whole = false;  // all that an adapter of dom0 has (feature-host)
  std::vector<ScsiLun> luns;
};

// All luns of an adapter have the same host in the guest; none is there twice, on either side. Throws Error.
ScsiAdapter parse_scsi(const sxp::Value& element);

sxp::Value scsi_element(const ScsiAdapter& adapter);

}  // namespace xend
