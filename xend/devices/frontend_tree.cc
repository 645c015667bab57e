#include "xend/devices/frontend_tree.h"

#include <cerrno>

#include "libxc-wrap/error.h"

namespace xend {
namespace {

constexpr std::size_t kMostNodes = 512;  // a vif with 16 queues has about 100
constexpr std::size_t kLongestValue = 1024;
constexpr unsigned kDeepest = 3;

sxp::List subtree(xc::Store& store, const std::string& path, unsigned depth, std::size_t& nodes) {
  sxp::List items;
  if (depth > kDeepest) return items;
  for (const std::string& name : store.list(path)) {
    if (++nodes > kMostNodes) break;
    const std::string child = path + "/" + name;
    if (sxp::List below = subtree(store, child, depth + 1, nodes); !below.empty()) {
      items.push_back(sxp::Value::list({name, std::move(below)}));
      continue;
    }
    try {
      if (const auto value = store.read(child, kLongestValue)) items.push_back(sxp::Value::list({name, *value}));
    } catch (const xc::Error& e) {
      if (e.error() != E2BIG) throw;
    }
  }
  return items;
}

}  // namespace

sxp::List frontend_tree(xc::Store& store, const std::string& path) {
  std::size_t nodes = 0;
  return subtree(store, path, 1, nodes);
}

}  // namespace xend
