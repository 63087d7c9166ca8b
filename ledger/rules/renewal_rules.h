// Which renewal may stand in a log. As source_chain.h, this decides and does not word. That its
// root is the one of the log's tree is decided where the tree is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/note.h"
#include "ledger/format/renewal.h"

namespace varve::rules {

enum class RenewalBreach : std::uint8_t {
  kOtherLog,
  kOfTheFuture,  // of more records than are before it
  kUnsigned,     // by none of the keys that were active then
};

/// A renewal, and why it may not stand there. Nothing: it may.
struct JudgedRenewal {
  format::Note note;
  format::Renewal renewal;
  std::optional<RenewalBreach> breach{};
  std::string why{};  // which signature is missing or wrong, where that is the breach
};

/// The renewal in record `index`, where `active` were the keys that signed.
/// Errors: kInvalid  it is no renewal at all.
Result<JudgedRenewal> judge_renewal(std::string_view note, std::string_view origin, LeafIndex index,
                                    std::span<const format::VerifierKey> active);

}  // namespace varve::rules
