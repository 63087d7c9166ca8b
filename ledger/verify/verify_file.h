// Offline: a proof file, a receipt or a checkpoint, verified with a public key and nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/checkpoint.h"
#include "ledger/rules/key_timeline.h"

namespace varve::verify {

/// Who is trusted: one key under an origin, or a whole verified history that began with one.
struct Trust {
  std::string origin;
  format::VerifierKey key;
  std::optional<rules::KeyTimeline> keys;      // for checkpoints signed by a later key than `key`
  std::optional<format::Checkpoint> newest{};  // under which `keys` were proven
};

/// `why` the note does not verify that is of the log when it had `size` records. kNotFound instead,
/// with what to get, when it is signed by keys alone that `trust` cannot know: it has not been
/// looked at then, and may be as sound as any. An unknown key in the time that `trust` knows is none
/// of the log's.
Error or_unknown_key(Error why, const format::Note& note, TreeSize size, const Trust& trust);

/// Records [first, first + count) are in the tree of this checkpoint.
struct ProvenRange {
  LeafIndex first;
  std::uint64_t count = 0;
  format::Checkpoint in;
  std::vector<Buffer> records = {};  // whole
  std::string note = {};             // that of `in`
  std::string sender = {};           // name of the source of the records, where a receipt says it
};

/// A C2SP tlog-proof. `record`: the leaf's bytes, for a file that does not carry them.
/// `payload`: what the record must hold.
/// Errors: kInvalid  malformed, or something is missing.  kCorrupt  it does not verify.
///         kNotFound  as or_unknown_key.
Result<ProvenRange> verify_proof_file(std::string_view text, const Trust& trust,
                                      std::optional<Bytes> record, std::optional<Bytes> payload);

/// The receipt of a sealed batch; `batch` is the batch as it was sent. Errors: as above.
Result<ProvenRange> verify_batch_receipt(std::string_view json, const Trust& trust, Buffer batch);

/// The receipt of events that the server sealed; `body` is what was sent: one document, or one
/// event a line. kCorrupt also: the receipt makes something else of what was sent than events of one
/// sender, one after the other. Errors: as above.
Result<ProvenRange> verify_events_receipt(std::string_view json, const Trust& trust, Bytes body);

struct VerifiedCheckpoint {
  format::Checkpoint checkpoint;
  std::vector<format::VerifierKey> signers;  // those whose signatures count, at least one
};

/// A checkpoint by itself, of any age. Errors: kInvalid  malformed.  kCorrupt  no key signed it
/// whose signatures count at its size.  kNotFound  as or_unknown_key.
Result<VerifiedCheckpoint> verify_checkpoint(std::string_view note, const Trust& trust);

}  // namespace varve::verify
