// A pair of ends of a terminal: what is written to the master is typed on it, what is read from there is what it shows.
#pragma once

#include <string>

#include "xend/helpers/descriptor.h"

namespace xend {

class PseudoTerminal {
 public:
  // Raw, and not blocking at the master's side. Throws std::system_error.
  PseudoTerminal();

  int master() const { return master_.get(); }
  const std::string& path() const { return path_; }  // of the other end

  // The other end stays open here, so that the terminal is not at its end while nobody looks at it.
  int slave() const { return slave_.get(); }
  void close_slave() { slave_.close(); }

 private:
  Descriptor master_, slave_;
  std::string path_;
};

}  // namespace xend
