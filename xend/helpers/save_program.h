// What xc_save does. The conversation:
//
//   daemon                                              xc_save FD DOMID 0 0 FLAGS        FLAGS: 1 live, 4 hvm, pvh
//   (save (framed 1) (head C) (rate_mbit 0) (device_model 0)          C: head_checksum of what stands in front
//    (pages N) (max_downtime MS) (max_rounds N) (timeout S))  ->      of live rounds; 0: no such limit
//                                              <-       (progress ...) now and then: see SaveProgress in helpers.h
//                                              <-       (suspend)                         once
//   (suspended), or (abort)                    ->
//                                              <-       (log_dirty 1), later 0            HVM only
//   (ok), or (abort)                           ->
//                                              <-       (device_state)                    HVM only, when all memory is
//                                              out
//   (device_state (path P)), or (abort)        ->       P: a file with QEMU's state
//                                              <-       (saved (read N) (written N) (rounds N))
//   (ok)                                       ->
//
// (abort) may come at any time, and ends the save with an error. Until (ok) a guest that was told to suspend is in the
// hands of both: the daemon resumes it when this program fails, and this program does when the daemon is gone.
#pragma once

#include <span>

#include "xend/helpers/conversation.h"

namespace xend {

// `arguments` as main gets them. Throws Failure or xc::Error.
void save(Conversation& daemon, std::span<char* const> arguments);

}  // namespace xend
