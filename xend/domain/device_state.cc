#include "xend/domain/device_state.h"

#include <filesystem>

namespace xend {

DeviceState::DeviceState(const std::string& folder, const char* direction, xc::DomId domid)
    : path_(folder + "/qemu-" + direction + "." + std::to_string(domid)) {
  std::filesystem::create_directories(folder);
  std::filesystem::remove(path_);
}

DeviceState::~DeviceState() {
  std::error_code missing;  // nobody may have got as far as making it
  std::filesystem::remove(path_, missing);
}

}  // namespace xend
