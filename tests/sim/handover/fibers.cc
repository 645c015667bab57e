#include "tests/sim/handover/fibers.h"

#include <cxxabi.h>

#include <boost/context/pooled_fixedsize_stack.hpp>
#include <exception>
#include <utility>

namespace sim {

namespace {

boost::context::pooled_fixedsize_stack& stacks() {
  static boost::context::pooled_fixedsize_stack pool(256 * 1024);
  return pool;
}

}  // namespace

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)) {
  own_ = boost::context::fiber(std::allocator_arg, stacks(), [this](boost::context::fiber&& others) {
    others_ = std::move(others);
    try {
      if (!killed_) body_();
    } catch (const Killed&) {
      // As it should.
    }
    ended_ = true;
    return std::move(others_);
  });
}

Fiber::~Fiber() {
  kill();
}

// The layout is the C++ ABI's (Itanium C++ ABI, 2.2.2).
void Fiber::switch_exceptions() {
  auto* now = reinterpret_cast<Handled*>(abi::__cxa_get_globals());
  std::swap(*now, handled_);
}

void Fiber::resume() {
  if (ended_) return;
  switch_exceptions();
  inside_ = true;
  own_ = std::move(own_).resume();
  inside_ = false;
  switch_exceptions();
}

void Fiber::rest() {
  if (!killed_) others_ = std::move(others_).resume();
  if (killed_) throw Killed();
}

void Fiber::kill() {
  killed_ = true;
  if (!inside_) resume();
}

}  // namespace sim
