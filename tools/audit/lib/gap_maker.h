// Makes gap certificates from what an audit of the whole log walks past.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/gap_certificate.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/verify/log_source.h"

namespace varve::audit {

/// Events of one source that a certificate is to be about, by their numbers, both included.
struct GapRange {
  std::string source;
  std::uint64_t from = 0;
  std::uint64_t to = UINT64_MAX;
};

/// Keeps the seals whose batches reach into the range. Memory: some 250 bytes a batch.
class GapMaker {
 public:
  /// Errors: kInvalid  it is no source's name, or the range ends before it begins.
  static Result<GapMaker> of(GapRange range);

  /// The next entry of the log, from its first one on.
  void see(LeafIndex index, Bytes entry);
  /// The audit found the log intact under `in`, whose tiles `source` has. Requires a seal in the range.
  /// Errors: kInvalid  there are more than one file holds.  As `source`.
  Result<format::GapCertificate> make(const format::SignedCheckpoint& in,
                                      const verify::LogSource& source) &&;

 private:
  GapMaker(GapRange range, SourceId id) : range_(std::move(range)), id_(id) {}
  void see_seal(LeafIndex index, Bytes bytes);

  GapRange range_;
  SourceId id_;
  Buffer heard_;  // the newest heartbeat since the last seal
  std::vector<format::GapCertificate::Entry> source_events_;
  std::vector<format::GapCertificate::Entry> seals_;
  std::vector<Buffer> heartbeats_;
  std::uint64_t last_event_ = 0;  // of the newest of these seals
  bool is_too_long_ = false;      // there are more than one file holds
};

}  // namespace varve::audit
