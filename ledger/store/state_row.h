// The ledger's state at the catalogue's position, as the catalogue keeps it: a row that a start
// reads instead of every record before. docs/format/derived.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/rules/indexed.h"
#include "ledger/rules/key_timeline.h"
#include "ledger/rules/source_chain.h"
#include "ledger/rules/witnessed.h"

namespace varve::store {

/// Where the log itself stands: as a source that seals on others' behalf, and its control records.
struct OwnChain : rules::ChainEnd {
  std::uint64_t next_control = 0;
};

struct SourceRow {
  SourceId id;
  rules::ChainEnd end;
  LeafIndex last_event;
  std::uint64_t last_sealed_us = 0;
  std::string name;
  std::string vkey;  // empty: a sender, for which the log seals
};

struct StateRow {
  OwnChain own;
  std::vector<rules::KeyEventAt> key_events;  // in the log's order
  std::vector<SourceRow> sources;             // by ascending id
  LeafIndex grants_index;                     // of the newest record of grants; 0: there is none
  std::string grants;                         // its text
  rules::Indexed indexed;
  rules::WitnessedSeen witnessed;
  Buffer retention;  // rules::Retention, encoded
};

Buffer encode_state(const StateRow& row);
/// Errors: kCorrupt  damaged: says what to do.
Result<StateRow> decode_state(Bytes encoded);

}  // namespace varve::store
