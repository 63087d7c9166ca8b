// Every source as the chain that its seals make: who it is, what its next batch must be. What may
// come next is ledger/rules' to say; here it becomes a finding.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/codec.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/control.h"
#include "ledger/format/note.h"
#include "ledger/format/record.h"
#include "ledger/format/seal.h"
#include "ledger/merkle/tree.h"
#include "ledger/rules/source_chain.h"
#include "ledger/rules/source_event.h"

namespace varve::verify {

/// Events that were read and are not sealed yet. Memory does not grow with the log.
struct WaitingEvents {
  rules::OpenBatch batch;
  LeafIndex first;
  merkle::Frontier leaves;
};

/// A source as the records tell of it.
struct Chain {
  std::string name;
  std::optional<format::VerifierKey> key;  // none: a sender, or the log itself
  rules::ChainEnd end;
  LeafIndex last_event;                           // of its newest event, where there is one,
  std::uint64_t last_sealed_us = 0;               // and when that was sealed
  std::optional<rules::HeartbeatAt> heartbeat{};  // its newest event, where that is one
};

/// Why a source event may not stand there. Requires a breach.
std::string sentence_of(const rules::JudgedSourceEvent& judged);

class SourceChains {
 public:
  explicit SourceChains(std::string origin);

  /// The next record of the log is an event, or another one that a seal covers.
  /// Errors: kCorrupt  it does not continue its source.
  Result<void> event(const format::Record& record, LeafIndex index, const Hash& leaf);
  /// ... the tombstone of an event. Errors: kCorrupt  other events stand before it unsealed.
  Result<void> destroyed_event(LeafIndex index, const Hash& leaf);
  /// ... a seal. `bytes` is its whole record. Errors: kCorrupt, kInvalid.
  Result<format::Seal> seal(Bytes bytes, LeafIndex index, const Hash& leaf);
  /// ... a source registered, or its key rotated. Errors: kCorrupt, kInvalid.
  Result<void> source_event(std::string_view note);
  /// ... a sender registered, for which the log seals. Errors: kCorrupt, kInvalid.
  Result<void> sender(std::string_view text);
  /// ... something else, or the end. Errors: kCorrupt  events before it were never sealed.
  Result<void> expect_no_open_batch() const;

  /// By ascending id; the log itself is the first.
  [[nodiscard]] const std::map<SourceId, Chain>& chains() const { return chains_; }
  [[nodiscard]] std::uint64_t batches() const { return batches_; }
  /// "ward-7/printer", "client/ehr", "the log itself", or the id of a source that was never registered.
  [[nodiscard]] std::string name_of(SourceId id) const;

  void encode(ByteWriter& out) const;
  /// Errors: kCorrupt  damaged.
  Result<void> decode(ByteReader& in);

 private:
  [[nodiscard]] std::optional<rules::KnownSource> known_source(SourceId id) const;
  [[nodiscard]] rules::RegisteredAs registered() const;
  [[nodiscard]] Result<void> continues(const format::Seal& seal) const;
  [[nodiscard]] Result<void> covers(const format::Seal& seal) const;
  [[nodiscard]] std::string difference(const std::vector<format::SealedRun>& sealed) const;
  [[nodiscard]] Result<void> is_signed(const format::Seal& seal) const;
  Result<void> decode_open(ByteReader& in);

  std::string origin_;
  std::map<SourceId, Chain> chains_;
  bool names_senders_ = false;  // one of these is a sender's
  WaitingEvents open_;
  std::uint64_t batches_ = 0;
};

}  // namespace varve::verify
