// One exchange with a witness, without the network: what is sent to it, and what its answer means.
// Source: c2sp.org/tlog-witness, add-checkpoint. docs/operating/witnesses.md lists the answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/cosignature.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/merkle/proof.h"
#include "tools/client/http.h"

namespace varve::api {

inline constexpr std::size_t kWitnessAnswerMax = 64u << 10;  // bytes; 16 ML-DSA-44 lines fit

/// The body of add-checkpoint. `old`: what the witness cosigned last; `proof`: from there to the checkpoint.
std::string add_checkpoint_body(TreeSize old, const merkle::Proof& proof, std::string_view note);

/// What was asked of a witness, and what is known of the log meanwhile.
struct WitnessQuestion {
  const format::SignedCheckpoint& checkpoint;
  TreeSize old;
  TreeSize newest;                            // of the log, when the answer came
  std::span<const format::CosignerKey> keys;  // of the witnesses at this address
};

struct WitnessAnswer {
  enum class Means : std::uint8_t {
    kCosigned,     // each key either has a cosignature, or did not give one
    kOther,        // the witness stands at another size: ask again from there
    kFailed,       // no cosignature now; ask later
    kContradicts,  // the witness has seen a history that this log does not have
  };
  Means means = Means::kFailed;
  std::vector<std::optional<format::Cosignature>>
      cosignatures;                            // kCosigned: one for each key, not all null
  TreeSize size;                               // kOther, and kContradicts where it is known
  std::optional<std::uint64_t> retry_after_s;  // kFailed: where the witness says it
  std::string why;  // all but kOther; kCosigned: what is wrong nevertheless, or empty
};

/// Never fails: whatever comes has a meaning. Verifies what claims to be a cosignature.
WitnessAnswer judge_answer(const client::HttpResponse& response, const WitnessQuestion& asked);

}  // namespace varve::api
