// What the log commits to when it has indexed some of its records: the text of a control record of kind 8.
// It has no signature of its own: the checkpoint over it shows that the log wrote it. docs/format/index.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/retention.h"

namespace varve::format {

// Exactly these lines, each with its newline; numbers are decimal:
//   varve index v1
//   origin <origin>
//   number <of the log's indexes, from 0>
//   month <month, or key period of a draft log>   of all events in it
//   extractor <version>        of the rules by which events were read
//   first <index>              its records: [first, end)
//   end <index>
//   events <records of senders among them>        1 or more
//   earliest <us since 1970>   no event in it is from before this,
//   latest <us since 1970>     and none from after this
//   rows <number>
//   root <64 hex digits>       of the tree of its rows
//   key <64 hex digits>        public key of the function that its rows are named by
struct IndexCommitment {
  std::string origin;
  std::uint64_t number = 0;
  std::uint32_t month = 0;
  Mode mode = Mode::kLocked;
  std::uint32_t extractor = 0;
  LeafIndex first;
  LeafIndex end;
  std::uint64_t events = 0;
  std::uint64_t earliest_us = 0;
  std::uint64_t latest_us = 0;
  std::uint64_t rows = 0;
  Hash root;
  Hash key;
  bool operator==(const IndexCommitment&) const = default;
};

std::string index_commitment_text(const IndexCommitment& commitment);
/// Errors: kInvalid  not exactly such a text.
Result<IndexCommitment> parse_index_commitment(std::string_view text);

}  // namespace varve::format
