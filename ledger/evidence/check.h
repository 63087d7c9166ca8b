// Offline: what evidence shows, verified with the log's public key and nothing else. docs/format/evidence.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/events/view.h"
#include "ledger/evidence/asked.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/verify/verify_file.h"

namespace varve::evidence {

/// An event that answers.
struct ProvenEvent {
  LeafIndex record;
  std::size_t event = 0;  // among those of its record, counted from 0
  std::size_t of = 1;     // so many
  search::Origin origin;
  events::View view;
};

/// Records [first, end).
struct Range {
  LeafIndex first;
  LeafIndex end;
};

/// Of these nothing can be said.
struct Gone {
  Range records;
  LeafIndex disposal;  // the record by which their month was disposed of
};

struct ProvenAnswer {
  Asked asked;
  std::vector<ProvenEvent> events;  // that answer: in the records of `complete` no other does ...
  std::vector<std::uint64_t>
      may_answer;               // ... but, maybe, one of these records, which may say more than was
                                // understood. Ascending
  std::uint64_t shown = 0;      // records that are in it whole, whether they answer or not
  std::vector<Range> complete;  // of indexes that show their rows, or are outside of the period; in
                                // order, and those that follow each other are one
  std::vector<Gone> gone;
  std::uint64_t indexes = 0;    // of `complete`
  std::uint64_t opened = 0;     // of those: that show their rows
  std::uint64_t until_us = 0;   // when the newest of all indexes was made, by the server's clock
  std::uint32_t extractor = 0;  // the version of the rules by which events were read
  bool is_draft = false;        // by an index of a key period: only a draft log has these
  format::SignedCheckpoint in;
};

/// Complete it is under the commitments that it names, which the log wrote: whether they are those of the
/// records, whoever reads all records can tell (varve-audit index).
/// Errors: kInvalid  malformed, or of another log.  kCorrupt  it does not verify: says where and why.
///         kNotFound  as verify::or_unknown_key; or it is of a version of the rules that this program has not.
Result<ProvenAnswer> verify_evidence(std::string_view text, const verify::Trust& trust);

}  // namespace varve::evidence
