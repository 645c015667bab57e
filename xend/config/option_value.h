// From the SXP value of a setting to the type of its option: rules and error texts of spec xend-config section 2.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libxc-wrap/types.h"
#include "sxp/value.h"
#include "xend/config/xen_api_server.h"
#include "xend/log.h"

namespace xend {

// One `(NAME VALUE)` of the file.
struct Setting {
  std::string_view name;
  const sxp::Value& value;
  std::vector<std::string>& warnings;
};

// Each sets `option`, or throws Error `invalid xend config NAME: expected TYPE: VALUE`.
void assign(bool& option, const Setting& setting);
void assign(std::string& option, const Setting& setting);
void assign(std::optional<std::string>& option, const Setting& setting);
void assign(unsigned short& option, const Setting& setting);
void assign(unsigned& option, const Setting& setting);
void assign(xc::KiB& option, const Setting& setting);
void assign(xc::MiB& option, const Setting& setting);
void assign(std::chrono::seconds& option, const Setting& setting);

// A name without a slash is one in /etc/xen. Whether it exists is looked at when it is needed.
void assign(std::filesystem::path& option, const Setting& setting);
void assign(std::optional<std::filesystem::path>& option, const Setting& setting);

// An unknown level is a warning and leaves the option alone.
void assign(Level& option, const Setting& setting);

void assign(std::vector<std::string>& option, const Setting& setting);
void assign(std::vector<XenApiListener>& option, const Setting& setting);

}  // namespace xend
