// Offline: that a source which seals left nothing out between two of its events, verified with the
// log's public key and nothing else. docs/format/gap-certificate.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/heartbeat.h"
#include "ledger/format/note.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/verify/verify_file.h"

namespace varve::verify {

/// A heartbeat that the source sealed alone.
struct SealedHeartbeat {
  std::uint64_t sequence = 0;  // its number among the source's events
  std::uint64_t time_us = 0;   // by the source's clock, as all times here
  format::Heartbeat says;
};

/// Events [first, first + count) of the source: each is under one of these seals, and no other is.
struct ProvenEvents {
  std::string source;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t batches = 0;
  std::uint64_t first_sealed_us = 0;  // the first batch
  std::uint64_t last_sealed_us = 0;   // the last one
  LeafIndex last_seal;
  std::vector<format::VerifierKey> keys;    // the source's, in the order in which it had them
  std::vector<SealedHeartbeat> heartbeats;  // those that the certificate has, ascending
  format::SignedCheckpoint in;
};

/// Errors: kInvalid  malformed, or of another log than the one that is trusted.
///         kCorrupt  it does not verify; the message names the record and why.
///         kNotFound  as or_unknown_key.
/// Cost:   one signature and log2 of the tree's size hashes a seal.
Result<ProvenEvents> verify_gap_certificate(std::string_view text, const Trust& trust);

}  // namespace varve::verify
