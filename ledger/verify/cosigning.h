// What a witness makes of a checkpoint that a key of its log has signed: the checks of c2sp.org/tlog-witness
// that come after the signature, and whether the log has contradicted itself.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/base/types.h"
#include "ledger/format/add_checkpoint.h"
#include "ledger/format/contradiction.h"
#include "ledger/format/signed_checkpoint.h"

namespace varve::verify {

enum class CosigningVerdict : std::uint8_t {
  kCosign,
  kConflict,   // the proof begins from another tree than the one that was cosigned last
  kNotProven,  // the proof does not lead there, or the root is not one of that size
};

struct CosigningJudgement {
  CosigningVerdict verdict = CosigningVerdict::kNotProven;
  /// The log has signed two trees of one size, or a tree that begins with another one than was cosigned,
  /// which the request's own proof shows. A proof that leads nowhere shows nothing: everybody can send one
  /// with somebody else's checkpoint.
  std::optional<format::Contradiction> contradiction = {};
};

/// `kept`: what was cosigned last. `now`: the checkpoint of the request, with the signatures of its log.
/// Both were verified, and are of one log; request.old is not larger than its size.
/// `beginning`: the root of now's first records, as many as `kept` has, as somebody says. A proof from a power of two
/// does not hold that root, but shows whether it is this one.
CosigningJudgement judge_cosigning(const std::optional<format::SignedCheckpoint>& kept,
                                   const format::AddCheckpoint& request,
                                   const format::SignedCheckpoint& now,
                                   const std::optional<Hash>& beginning = std::nullopt);

}  // namespace varve::verify
