// Writes the entries of a verified mirror as a server would have written them: in segments of one
// month each, by the log's own clock records, a few megabytes a frame.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/format/tombstone.h"
#include "ledger/ledger.h"
#include "ledger/merkle/tree.h"
#include "ledger/rules/retention.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/segment_writer.h"

namespace varve::upkeep {

/// What was destroyed gets segments of its own, under keys that nobody has, and its remains.
///
/// Records that are kept may lie in any segment. So where none is open they wait for the first
/// record that goes: a segment of theirs alone would need a key of its month, and a month that was
/// disposed of gets none again.
/// Memory: a frame, and the kept records between two that go.
class RestoredStore {
 public:
  /// `retention` is that of the whole log, and must outlive this. `newest_us` is when the log
  /// appended last, by what its own records say.
  RestoredStore(const LogOptions& options, const Environment& environment,
                const rules::Retention& retention, std::uint64_t newest_us);

  /// The next entry. Errors: as of the token and the disk.
  Result<void> add(LeafIndex index, Bytes entry);
  /// The last segment is left for recovery to verify and to seal.
  Result<void> finish(TreeSize size, const std::string& note);

  [[nodiscard]] std::uint64_t segments() const { return next_ordinal_; }

 private:
  [[nodiscard]] std::uint64_t created_us() const;
  [[nodiscard]] std::uint32_t present_month() const;
  [[nodiscard]] std::uint32_t month_of(LeafIndex index) const;
  Result<void> add(Bytes entry, const std::optional<format::Tombstone>& grave, bool is_kept,
                   std::uint32_t month);
  Result<void> put(Bytes entry, bool is_tombstone);
  Result<void> open_segment(const std::optional<format::Tombstone>& grave, std::uint32_t month);
  Result<env::SecretBytes> key_of(store::SegmentHeader& header, std::uint32_t month);
  Result<void> write_remains(const store::SegmentHeader& header);
  Result<void> flush();
  Result<void> seal();

  const LogOptions& options_;
  Environment env_;
  const rules::Retention& retention_;
  const std::uint64_t newest_us_;
  store::DataKeys data_keys_;
  merkle::Frontier tree_;     // of what is in frames
  std::vector<Hash> leaves_;  // of what is not yet
  Buffer body_;
  std::uint32_t count_ = 0;
  std::vector<Buffer> waiting_;  // kept records, while no segment is open
  std::unique_ptr<store::SegmentWriter> segment_;
  std::uint32_t month_ = 0;                 // of its records, by the clock
  std::optional<format::Tombstone> grave_;  // what its events share, if they were destroyed
  std::vector<Buffer> remains_;             // of it, then
  // By month: what its tombstones share. Of a month that has some, what comes behind them goes too.
  std::map<std::uint32_t, format::Tombstone> destroyed_;
  std::vector<store::FrameRef> frames_;
  Hash chain_;
  std::uint64_t next_ordinal_ = 0;
};

}  // namespace varve::upkeep
