// What xc_restore does. The conversation:
//
//   daemon                                       xc_restore FD DOMID STORE_PORT CONSOLE_PORT HVM PAE APIC SUPERPAGES 1
//   (restore (type hvm) (head C) (converter P) (device_state S)) ->
//                                                    C: head_checksum of what stands in front; P:
//                                                    convert-legacy-stream,
//                                                    '' when there is none; S: HVM only, where QEMU's state is written
//                                                    to
//                                       <-       (restored (store_mfn N) (console_mfn N) (read N) (left_out N) (cleared
//                                       N))
//                                                    pages that had no data in the image; of these, those that Xen
//                                                    gave with something else than zeros in them (PVH, HVM)
//   (ok)                                ->
//
//   daemon                                       xc_restore FD verify
//   (verify (type pv) (head C) (converter P)) ->
//                                       <-       (verified (format framed) (bytes N))
//   (ok)                                ->
#pragma once

#include <span>

#include "xend/helpers/conversation.h"

namespace xend {

// `arguments` as main gets them. Throws Failure or xc::Error.
void restore(Conversation& daemon, std::span<char* const> arguments);

}  // namespace xend
