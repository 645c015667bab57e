// A host with guests that live on it: what the tests of their lives begin with.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "sxp/parser.h"
#include "tests/sim/sim_host.h"
#include "xend/domain/lifecycle.h"

namespace sim {

class Life : public testing::Test {
 protected:
  // Its text; "" when there was none.
  template <typename Action>
  static std::string error_of(Action&& action) {
    try {
      action();
    } catch (const std::exception& e) {
      return e.what();
    }
    return "";
  }
  std::shared_ptr<xend::Domain> guest(const std::string& name = "TestGuest") { return host.host->domains.get(name); }
  std::string create(const std::string& config) {
    return error_of([&] { xend::create_domain(*host.host, sxp::parse_one(config)); });
  }
  // As if it had been started so many seconds ago: restarts are refused in the first minute.
  void started_ago(double seconds) { started_ago("TestGuest", seconds); }
  void started_ago(const std::string& name, double seconds) {
    guest(name)->update([&](xend::DomainState& s) { s.start_time -= seconds; });
  }
  std::string path(const std::string& name) { return (host.folder / name).string(); }

  SimHost host;
};

}  // namespace sim
