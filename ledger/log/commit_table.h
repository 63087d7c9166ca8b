// The commit pipeline as one table. Two groups of appends can be under way at once: the older one
// is with the token, or its checkpoint waits for an fdatasync; the newer one is in the file behind
// it. A state is the stages of the two. The table says which pairs there are, what may be written
// in each, and which step leads where. docs/ARCHITECTURE.md draws the same table, and a test
// compares the two. The committer checks every step against it.
//
//   write    pwrite of a frame of the newer group
//   sync     fdatasync: an older group that is Pending is published and leaves; a newer one that is
//            Writing becomes Durable, and takes an older one that is Unsigned with it
//   ask      the token is asked to sign the newer group, or once more the older one that is Unsigned
//   sign     the token has signed, and the checkpoint is in the file
//   refuse   the token gave no signature: what is durable waits for the next one
//   fault    from anywhere to Faulted, which nothing leaves (I5): only a restart recovers
#pragma once

#include <array>
#include <cstdint>

#include "ledger/base/check.h"

namespace varve::log {

enum class Stage : std::uint8_t {
  kNone,      // there is no such group
  kWriting,   // newer: some of its frames are in the file, and not durable yet
  kDurable,   // newer: all of its frames are durable, were read back, and are in the tree
  kSigning,   // older: the token signs its checkpoint
  kPending,   // older: its checkpoint is in the file, and not durable yet
  kUnsigned,  // older: durable, but the token gave no signature
  kFaulted,   // both: the disk failed, or the stored bytes differ
};

struct CommitState {
  Stage older = Stage::kNone;
  Stage newer = Stage::kNone;
  bool operator==(const CommitState&) const = default;
};

enum class CommitStep : std::uint8_t { kWrite, kSync, kAsk, kSign, kRefuse };
inline constexpr std::size_t kCommitSteps = 5;

/// What a group changes about the keys that sign.
enum class KeyChange : std::uint8_t {
  kNone,
  kRemovalsOnly,  // and nothing else
  kAny,
};

/// Which groups may be written. A checkpoint is verified by the keys that are active before it in
/// the file, so no key event lies between what the token signs and its checkpoint. While a
/// signature is missing, only the removal of a key can help.
enum class Takes : std::uint8_t { kNothing, kAll, kNoKeyEvents, kKeyRemovals };

namespace at {

// W and D: the newer group is Writing or Durable.
inline constexpr CommitState kIdle{};
inline constexpr CommitState kWriting{Stage::kNone, Stage::kWriting};
inline constexpr CommitState kDurable{Stage::kNone, Stage::kDurable};
inline constexpr CommitState kSigning{Stage::kSigning, Stage::kNone};
inline constexpr CommitState kSigningW{Stage::kSigning, Stage::kWriting};
inline constexpr CommitState kSigningD{Stage::kSigning, Stage::kDurable};
inline constexpr CommitState kPending{Stage::kPending, Stage::kNone};
inline constexpr CommitState kPendingW{Stage::kPending, Stage::kWriting};
inline constexpr CommitState kPendingD{Stage::kPending, Stage::kDurable};
inline constexpr CommitState kUnsigned{Stage::kUnsigned, Stage::kNone};
inline constexpr CommitState kUnsignedW{Stage::kUnsigned, Stage::kWriting};
inline constexpr CommitState kFaulted{Stage::kFaulted, Stage::kFaulted};
inline constexpr CommitState kNever{Stage::kNone, Stage::kFaulted};  // none: the step is refused

}  // namespace at

struct CommitRow {
  CommitState at;
  Takes takes = Takes::kNothing;
  std::array<CommitState, kCommitSteps> after;  // by CommitStep
};

namespace at {

using enum Takes;

// clang-format off
inline constexpr std::array kCommitTable = {
    //        at          takes           write       sync       ask       sign       refuse
    CommitRow{kIdle,      kAll,         {{kWriting,   kNever,    kNever,   kNever,    kNever}}},
    CommitRow{kWriting,   kNothing,     {{kNever,     kDurable,  kNever,   kNever,    kNever}}},
    CommitRow{kDurable,   kNothing,     {{kNever,     kNever,    kSigning, kNever,    kNever}}},
    CommitRow{kSigning,   kNoKeyEvents, {{kSigningW,  kNever,    kNever,   kPending,  kUnsigned}}},
    CommitRow{kSigningW,  kNoKeyEvents, {{kSigningW,  kSigningD, kNever,   kPendingW, kUnsignedW}}},
    CommitRow{kSigningD,  kNoKeyEvents, {{kSigningW,  kNever,    kNever,   kPendingD, kUnsigned}}},
    CommitRow{kPending,   kAll,         {{kPendingW,  kIdle,     kNever,   kNever,    kNever}}},
    CommitRow{kPendingW,  kAll,         {{kPendingW,  kDurable,  kNever,   kNever,    kNever}}},
    CommitRow{kPendingD,  kAll,         {{kPendingW,  kDurable,  kNever,   kNever,    kNever}}},
    CommitRow{kUnsigned,  kKeyRemovals, {{kUnsignedW, kNever,    kSigning, kNever,    kNever}}},
    CommitRow{kUnsignedW, kKeyRemovals, {{kUnsignedW, kDurable,  kNever,   kNever,    kNever}}},
    CommitRow{kFaulted,   kNothing,     {{kNever,     kNever,    kNever,   kNever,    kNever}}},
};
// clang-format on

}  // namespace at

/// Requires that there is such a state.
constexpr const CommitRow& row_of(CommitState state) {
  for (const CommitRow& row : at::kCommitTable)
    if (row.at == state) return row;
  check_failed("that pair of groups is in the table", __FILE__, __LINE__);
}

constexpr bool may_step(CommitState state, CommitStep step) {
  return row_of(state).after[static_cast<std::size_t>(step)] != at::kNever;
}

/// Where the step leads. Requires that it may be taken.
constexpr CommitState after(CommitState state, CommitStep step) {
  CHECK(may_step(state, step));  // I5: none may be taken from Faulted
  return row_of(state).after[static_cast<std::size_t>(step)];
}

constexpr bool takes(CommitState state, KeyChange change) {
  switch (row_of(state).takes) {
    case Takes::kNothing:
      return false;
    case Takes::kAll:
      return true;
    case Takes::kNoKeyEvents:
      return change == KeyChange::kNone;
    case Takes::kKeyRemovals:
      return change == KeyChange::kRemovalsOnly;
  }
  return false;
}

}  // namespace varve::log
