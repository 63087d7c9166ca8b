// The states of a commit and which may follow which. The committer moves through them by move_to,
// which checks every step against this table; a test walks all pairs.
//
//                 +--------------------------- more is waiting ---------------------------+
//                 v                                                                       |
//   Idle -> Batching -> Written -> Synced -> Signed -> Published -> Idle                  |
//     ^        |  frame     fdatasync |  HSM     |  checkpoint durable, then visible,     |
//     |        |                      |          |  then acknowledged                     |
//     |        +-> Idle (nothing to   |          +----------------------------------------+
//     |            write)             +-> Unsigned (token gone) -> Signed
//     |                                     ^  |
//     |                                     |  +-> Batching (only key events that let a key leave)
//     |                                     +----- Batching (it was none)
//   any -> Faulted (terminal; only a restart recovers)
//
// While it is Synced, the token signs, and frames of the next group may be written. Its Batching comes
// when they are to be committed.
#pragma once

#include <array>
#include <cstdint>

namespace varve::log {

enum class CommitState : std::uint8_t {
  kIdle,       // everything written is published
  kBatching,   // a group is being admitted
  kWritten,    // its frame is in the file
  kSynced,     // its frame is durable; so is the checkpoint before it, which is now published
  kUnsigned,   // as kSynced, but the token gave no signature; tried again
  kSigned,     // its checkpoint is written, not durable yet
  kPublished,  // its checkpoint is durable and visible
  kFaulted,    // the disk failed or the stored bytes differ: nothing more is written
};
inline constexpr std::size_t kCommitStates = 8;

constexpr bool may_move(CommitState from, CommitState to) {
  using enum CommitState;
  if (to == kFaulted) return true;
  switch (from) {
    case kIdle: return to == kBatching;
    case kBatching:
      return to == kWritten || to == kIdle || to == kSigned || to == kUnsigned;
    case kWritten: return to == kSynced;
    case kSynced: return to == kSigned || to == kUnsigned;
    case kUnsigned: return to == kSigned || to == kBatching;
    case kSigned: return to == kBatching || to == kPublished;
    case kPublished: return to == kIdle;
    case kFaulted: return false;
  }
  return false;
}

}  // namespace varve::log
