// The options in force: replaced as a whole by a reload, while operations that began before go on with theirs.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "xend/config/options.h"

namespace xend {

class CurrentOptions {
 public:
  explicit CurrentOptions(Options options) { set(std::move(options)); }

  std::shared_ptr<const Options> get() const {
    const std::lock_guard lock(mutex_);
    return options_;
  }

  void set(Options options) {
    auto fresh = std::make_shared<const Options>(std::move(options));
    const std::lock_guard lock(mutex_);
    options_ = std::move(fresh);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Options> options_;
};

}  // namespace xend
