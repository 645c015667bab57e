#include "xm/session.h"

#include <tinyxml2.h>

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

namespace xm {
namespace {

// The Xen-API way of answering an unknown method, which xend uses for every server (spec protocols 3.3).
bool is_unknown_method(const rpc::Value& result) {
  const rpc::Value* status = result.member("Status");
  const rpc::Value* error = result.member("ErrorDescription");
  return status != nullptr && *status == rpc::Value("Failure") && error != nullptr && error->is_array() &&
         !error->as_array().empty() && error->as_array().front() == rpc::Value("MESSAGE_METHOD_UNKNOWN");
}

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

// The first <server> of the client's configuration; "" when there is none.
std::string configured_uri() {
  constexpr std::uintmax_t kLargestFile = 1024 * 1024;
  const std::string path = environment("XM_CONFIG_FILE", XEN_CONFIG_DIR "/xm-config.xml");
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return "";
  tinyxml2::XMLDocument document;
  if (std::filesystem::file_size(path, error) > kLargestFile ||
      document.LoadFile(path.c_str()) != tinyxml2::XML_SUCCESS) {
    fmt::print(stderr, "Ignoring invalid configuration file {}.\n", path);
    return "";
  }
  const tinyxml2::XMLElement* root = document.RootElement();
  const tinyxml2::XMLElement* server = root != nullptr ? root->FirstChildElement("server") : nullptr;
  if (server == nullptr) return "";
  const auto attribute = [&](const char* name) {
    const char* value = server->Attribute(name);
    return std::string(value != nullptr ? value : "");
  };
  if (const std::string type = attribute("type"); type != "LegacyXMLRPC") {
    fmt::print(stderr, "Invalid server type {}; using LegacyXMLRPC.\n", type);
    if (type == "Xen-API") return "";  // its URI is for another kind of call
  }
  return attribute("uri");
}

}  // namespace

std::string server_uri() {
  const std::string configured = configured_uri();
  return configured.empty() ? environment("XM_SERVER", "httpu:///var/run/xend/xmlrpc.sock") : configured;
}

rpc::Value Session::call(const std::string& name, const rpc::Array& params) {
  if (!client_) client_ = std::make_unique<rpc::Client>(uri_);
  rpc::Value result = client_->call(name, params);
  if (is_unknown_method(result)) {
    throw rpc::Fault(rpc::FaultCode::kGeneric, fmt::format("method \"{}\" is not supported", name));
  }
  return result;
}

}  // namespace xm
