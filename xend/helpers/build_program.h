// What xc_build does. The conversation:
//
//   daemon                                                                             xc_build DOMID
//   (build (type pvh) (kernel PATH) (ramdisk PATH) (cmdline S) (features S)
//          (temporary_kernel 0) (memory MIB) (maximum MIB) (vcpus N) (store_port N)
//          (console_port N) (firmware PATH) (apic 1) (online_vcpus N))                          ->   the last three:
//          HVM
//                                          <-  (built (store_mfn N) (console_mfn N) (protocol S) (notes (KEY VALUE)
//                                          ...))
//   (ok)                                   ->
//
//   daemon                                                                             xc_build notes
//   (notes (kernel PATH))                  ->
//                                          <-  (notes (KEY VALUE) ...)
//   (ok)                                   ->
#pragma once

#include <span>

#include "xend/helpers/conversation.h"

namespace xend {

// `arguments` as main gets them. Throws Failure or xc::Error.
void build(Conversation& daemon, std::span<char* const> arguments);

}  // namespace xend
