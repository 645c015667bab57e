// How far the saving or moving of a domain has got, for those who ask while it goes on.
#pragma once

#include "xend/helpers/helpers.h"

namespace xend {

struct Transfer {
  enum class Phase {
    kPreparing,   // the destination is asked, or a file opened
    kCopying,     // the guest runs, except in a save that is not live
    kSuspending,  // it was asked to stop
    kStopped,     // what is left is copied
    kSent,        // everything is out: the destination connects devices, or the file is synced
  };
  Phase phase = Phase::kPreparing;
  SaveProgress progress;
};

constexpr const char* to_string(Transfer::Phase phase) {
  constexpr const char* kNames[] = {"preparing", "copying", "suspending", "stopped", "sent"};
  return kNames[static_cast<std::size_t>(phase)];
}

}  // namespace xend
