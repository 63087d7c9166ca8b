// A C2SP checkpoint: origin, size and root of a tree, as the text of a signed note.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/note.h"

namespace varve::format {

/// Extension lines are refused: Varve writes none, and a monitor could not audit them.
struct Checkpoint {
  std::string origin;
  TreeSize size;
  Hash root;
  bool operator==(const Checkpoint&) const = default;
};

/// The three lines that are signed.
std::string checkpoint_text(const Checkpoint& checkpoint);
/// Errors: kInvalid  not such a text.
Result<Checkpoint> parse_checkpoint_text(std::string_view text);

/// Parses `note`, verifies it as verify_note does, and parses its text.
/// Errors: kInvalid  malformed, or another origin.  kCorrupt  signatures, as verify_note.
Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin,
                                   std::span<const VerifierKey> known);

}  // namespace varve::format
