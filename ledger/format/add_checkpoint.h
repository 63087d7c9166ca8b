// What a log sends to a witness: how much the witness has cosigned, as far as the log knows, a consistency
// proof from there, and the checkpoint. docs/format/cosignature.md
// Source: c2sp.org/tlog-witness
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/checkpoint.h"
#include "ledger/merkle/proof.h"

namespace varve::format {

inline constexpr std::size_t kAddCheckpointMax = 128u << 10;  // bytes
inline constexpr std::size_t kAddCheckpointProofMax = 63;     // hashes

struct AddCheckpoint {
  TreeSize old;         // of the tree that the proof begins from
  merkle::Proof proof;  // consistency; empty from the empty tree
  std::string note;     // signed note, verbatim
};

/// Verifies nothing. Errors: kInvalid  any other spelling, or a note that parse_note refuses.
Result<AddCheckpoint> parse_add_checkpoint(std::string_view body);

/// The first three lines of a checkpoint's text. Logs of others may have more lines, and spaces in their
/// origins: a witness cosigns them with the rest. Errors: kInvalid  not such a text, or one of more than
/// kAnyCheckpointTextMax bytes.
inline constexpr std::size_t kAnyCheckpointTextMax = 16u << 10;
Result<Checkpoint> parse_any_checkpoint_text(std::string_view text);

}  // namespace varve::format
