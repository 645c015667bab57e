// Many pieces of blocking code in one thread, one at a time, in an order that the caller chooses: what lets the real
// daemons' code run on a simulated clock, the same way for the same seed.
#pragma once

#include <boost/context/fiber.hpp>
#include <functional>
#include <list>
#include <memory>

namespace sim {

// Thrown out of whatever a fiber is doing when its process is killed. Not a std::exception: code that handles failures
// must not survive this one.
struct Killed {};

class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Lets it run until it rests or ends. Not from inside a fiber.
  void resume();
  bool ended() const { return ended_; }

  // From inside: lets others run. Throws Killed when kill() was called meanwhile.
  void rest();
  // From outside: it ends at once, without doing anything more; from inside it ends at its next rest().
  void kill();
  bool killed() const { return killed_; }

 private:
  void switch_exceptions();

  std::function<void()> body_;
  boost::context::fiber own_, others_;
  bool ended_ = false, killed_ = false, inside_ = false;
  // The exceptions being handled belong to the thread, as the compiler sees it; here they are each fiber's own.
  struct Handled {
    void* caught = nullptr;
    unsigned uncaught = 0;
  } handled_;
};

}  // namespace sim
