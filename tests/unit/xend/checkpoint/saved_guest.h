// A small save file, whole: a head as a daemon writes it, and the memory of a guest of a kilobyte or two.
#pragma once

#include <random>
#include <string>

#include "sxp/parser.h"
#include "tests/unit/xend/helpers/image_file.h"
#include "tests/unit/xend/helpers/libxc_records.h"
#include "xend/checkpoint/container.h"
#include "xend/helpers/frame_format.h"

namespace xend::test {

// `image`: the (linux ...) or (hvm ...) in it.
inline std::string saved_head(const std::string& image = "(linux (kernel /boot/vmlinuz) (args 'root=/dev/xvda1'))") {
  return container_head(
      sxp::parse_one("(domain (domid 5) (on_crash restart) (uuid 3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1) (vcpus 2)"
                     " (name web1) (maxmem 512) (memory 256) (image " +
                     image +
                     ") (status 2) (device (vif (bridge xenbr0) (mac 00:16:3e:1f:aa:02) (backend 0)))"
                     " (device (vbd (dev xvda:disk) (uname phy:/dev/vg0/web1) (mode w) (backend 0)))"
                     " (device (vfb (vncpasswd secret) (type vnc) (vncdisplay 1)))"
                     " (device (pci (dev (domain 0x0000) (bus 0x01) (slot 0x02) (func 0x0)))))"));
}

// Memory that does not become smaller, and some that does.
inline std::string some_memory() {
  std::mt19937 random(1);
  std::string memory(2000, 'z');
  for (std::size_t i = 0; i < 1200; ++i) memory[i] = static_cast<char>(random());
  return memory;
}

// The whole file. `type` of the stream: 1 PV, 2 others. `behind`: what stands in the frames behind the memory.
inline std::string saved_guest(const std::string& head = saved_head(), std::uint32_t type = 1,
                               const std::string& behind = "") {
  return head + framed(libxc_stream(3, type, some_memory()) + behind, head_checksum(head));
}

}  // namespace xend::test
