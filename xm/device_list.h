// What block-list, network-list and pci-list share: their words, and the devices as xend tells them (spec xm-cli 2.6).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sxp/value.h"
#include "xm/command.h"
#include "xm/session.h"

namespace xm {

// A device of a domain: what its front end has in xenstore.
struct ListedDevice {
  std::int64_t id = 0;
  sxp::Value nodes;  // ((backend-id 0) (state 4) ...)

  // A node that is missing or no number is -1, of `handle` 0.
  std::int64_t number(std::string_view node) const;
  // A node that is missing is "??".
  std::string text(std::string_view node) const;
};

// The domain that the words of a list command name; says on stdout what is wrong with them, and throws Exit.
std::string listed_domain(const Call& call);

// The devices of one class, as xend answers: (ID ((key value) ...)) each. Throws what Session::call does.
sxp::List device_sxps(Session& xend, const std::string& domain, const std::string& type);
std::vector<ListedDevice> parse_devices(const sxp::List& devices);

// Every device in its long form.
void print_long(const sxp::List& devices);

}  // namespace xm
