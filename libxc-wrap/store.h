// Xenstore as the daemon uses it, as a small interface: LibxenStore (libxenstore.h) is the real one, tests bring a
// fake.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libxc-wrap/error.h"
#include "libxc-wrap/types.h"

namespace xc {

using Deadline = std::chrono::steady_clock::time_point;

struct Permissions {
  enum Access { kNone, kRead, kWrite, kBoth };
  DomId owner = 0;
  Access others = kNone;
  struct Grant {
    DomId domid;
    Access access;
  };
  std::vector<Grant> grants;
};

// A node changed. `path` is the path that changed (below the path watched) or the special path watched.
struct WatchEvent {
  std::string path;
  std::string token;
};

// Events of a set of paths, on a connection of its own. Used by one thread; wake() may come from any.
class Watch {
 public:
  virtual ~Watch() = default;
  // Adds a path ("@introduceDomain", "@releaseDomain" or a node); it fires once immediately.
  virtual void add(const std::string& path, const std::string& token) = 0;
  virtual void remove(const std::string& path, const std::string& token) = 0;
  // The next event; nothing when the deadline has passed or wake() was called.
  virtual std::optional<WatchEvent> wait(Deadline deadline) = 0;
  // Makes a wait() that is going on, or the next one, return nothing at once.
  virtual void wake() = 0;
};

// Every call throws xc::Error (call(): "xs_write PATH"). Safe to call from several threads at once.
class Store {
 public:
  virtual ~Store() = default;

  // Nothing when there is no such node. Values of guests are hostile: `limit` bytes at most are returned, a longer
  // value is an error (E2BIG).
  virtual std::optional<std::string> read(const std::string& path, std::size_t limit = 4096) = 0;
  virtual void write(const std::string& path, const std::string& value) = 0;  // makes missing parents
  virtual void make_dir(const std::string& path) = 0;
  virtual void remove(const std::string& path) = 0;                    // with all below it; none there is fine
  virtual std::vector<std::string> list(const std::string& path) = 0;  // names of children; empty when none
  virtual void set_permissions(const std::string& path, const Permissions& permissions) = 0;

  // Runs `steps` in one transaction; all of it again when somebody else interfered. Nothing of it stays when it throws.
  virtual void transaction(const std::function<void(Store&)>& steps) = 0;

  virtual void introduce_domain(DomId domid, Frame frame, Port port) = 0;
  virtual void resume_domain(DomId domid) = 0;  // forget that it was shut down, so that @releaseDomain fires again

  virtual std::unique_ptr<Watch> watch() = 0;
};

}  // namespace xc
