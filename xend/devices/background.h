// Work that nobody waits for, in threads of its own.
#pragma once

#include <functional>
#include <future>
#include <mutex>
#include <vector>

namespace xend {

class Background {
 public:
  Background() = default;
  ~Background() { finish(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // `work` does not throw.
  void begin(std::function<void()> work);

  // Waits until all that has been begun is done; the destructor does, too.
  void finish();

 private:
  std::mutex mutex_;
  std::vector<std::future<void>> pending_;
};

}  // namespace xend
