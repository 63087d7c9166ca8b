// What one seal of the log covers: the events of several requests as records, the senders' sources in
// ascending order. docs/format/batch.md
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "ledger/base/types.h"
#include "ledger/env/random.h"
#include "ledger/format/seal.h"
#include "ledger/ledger.h"

namespace varve::log {

/// A request that was admitted and waits for its seal.
struct PendingRequest {
  EventRequest request;
  SourceId source;                    // of its sender
  std::vector<AppendDone> done = {};  // the first one brought it, the others repeated it

  void refuse(const Error& why) const {
    for (const AppendDone& each : done) each(why);
  }
};

/// The records of one request's events.
struct RequestRecords {
  PendingRequest* of = nullptr;
  std::uint64_t first_sequence = 0;
  std::vector<Buffer> records;
};

/// The number that the next event of a source has.
using NextEvent = std::function<std::uint64_t(SourceId)>;

/// To a sender whose name gives the number of a source that is another's, or that has a key.
Error has_anothers_source(const format::Sender& sender);
/// By ascending source; those of one source in the order in which its requests came. All or nothing: a
/// request of which an event does not fit a record is refused, and none of its events is kept.
std::vector<RequestRecords> encode_requests(std::span<PendingRequest> requests,
                                            const NextEvent& next_event, env::Random& random);
/// What the seal lists of them.
std::vector<format::SealedRun> runs_of(const std::vector<RequestRecords>& batch);
/// How many of these, from the first on, one seal covers. At least one, of any.
std::size_t fit_one_seal(std::span<const PendingRequest> requests);

}  // namespace varve::log
