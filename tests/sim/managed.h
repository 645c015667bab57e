// A host with a managed domain: its file, and the methods that clients call.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "rpc/fault.h"
#include "tests/sim/life.h"
#include "xend/api/dispatcher.h"

namespace sim {

inline constexpr char kUuid[] = "3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1";

class Managed : public Life {
 protected:
  rpc::Value call(const std::string& method, rpc::Array params) {
    return xend::dispatch(*host.host, "xend.domain." + method, params, {});
  }
  std::string fault(const std::string& method, rpc::Array params) {
    return error_of([&] { call(method, std::move(params)); });
  }
  std::string define(const std::string& more = "", const std::string& name = "TestGuest") {
    const auto config =
        sxp::parse_one("(vm (name " + name + ") (uuid " + kUuid +
                       ") (memory 64) (vcpus 2) (image (linux (kernel /proc/version) (type pvh))) " + more + ")");
    return fault("new", {rpc::from_sxp(config)});
  }
  std::filesystem::path kept() { return host.folder / "managed" / kUuid; }
  std::string file() {
    std::ostringstream text;
    text << std::ifstream(kept() / "config.sxp").rdbuf();
    return text.str();
  }
  bool has_image() { return std::filesystem::exists(kept() / "checkpoint.chk"); }
  sxp::Value listed() { return rpc::to_sxp(xend::dispatch(*host.host, "xend.domain", {"TestGuest", true}, {})); }
};

}  // namespace sim
