// Index after index, and then the records that their rows name.
#include "ledger/evidence/make.h"

#include <algorithm>
#include <set>
#include <utility>

#include "ledger/format/batch.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/proof.h"
#include "ledger/merkle/tile.h"

namespace varve::evidence {
namespace {

using format::AnswerEvidence;

/// Entries of a log, read in order: each bundle once.
class Entries {
 public:
  Entries(const verify::LogSource& log, TreeSize size) : log_(log), size_(size) {}

  /// A view that lives until the next call. Requires an index below the size.
  Result<Bytes> at(LeafIndex index) {
    const std::uint64_t tile = index.value / merkle::kTileWidth;
    if (!tile_ || *tile_ != tile) {
      tile_.reset();
      const merkle::TileId id{0, tile, merkle::tile_width(0, tile, size_)};
      ASSIGN_OR_RETURN(bundle_, log_.bundle(id));
      ASSIGN_OR_RETURN(entries_, format::split_bundle(bundle_, merkle::kTileWidth));
      if (entries_.size() != id.width)
        return corrupt("a bundle has another number of records than was asked for");
      tile_ = tile;
    }
    return entries_[index.value % merkle::kTileWidth];
  }

 private:
  const verify::LogSource& log_;
  TreeSize size_;
  std::optional<std::uint64_t> tile_;
  Buffer bundle_;
  std::vector<Bytes> entries_;
};

/// Fills in what the index shows. Returns the records that answer.
std::vector<std::uint64_t> show(const index::Index& made, const Asked& asked,
                                AnswerEvidence::Index& out) {
  const format::IndexCommitment& says = made.commitment();
  const AnswerEvidence::Asked& first = asked.conditions.front();
  const auto terms =
      index::asked_terms({says.origin, says.month, says.mode}, first.field, first.values);
  const bool has_unclear = first.field != index::kSourceField;
  std::vector<std::uint64_t> records;
  for (std::size_t k = 0; k < terms.size(); ++k) {
    out.rows.push_back(made.show(terms[k]));
    const bool is_unclear = has_unclear && k + 1 == terms.size();
    const auto& there = out.rows.back().there;
    if (there && !is_unclear)
      records.insert(records.end(), there->records.begin(), there->records.end());
  }
  return records;
}

Error another(const SeenIndexes::At& at) {
  return corrupt("index " + std::to_string(at.says.number) + ", record " +
                 std::to_string(at.record.value) +
                 ", is another than the one that its records make: the log's server committed to "
                 "an index that leaves something out, or adds something");
}

Result<void> add_proof(AnswerEvidence& made, TreeSize size, const verify::LogSource& log) {
  std::set<std::uint64_t> which;
  for (const AnswerEvidence::Index& index : made.indexes)
    which.insert(index.commitment.index.value);
  for (const AnswerEvidence::Entry& event : made.events) which.insert(event.index.value);
  std::vector<LeafIndex> leaves;
  for (const std::uint64_t index : which) leaves.push_back(LeafIndex{index});
  const merkle::TileHashReader hashes(size, log);
  ASSIGN_OR_RETURN(made.proof, merkle::prove_leaves(leaves, size, hashes));
  return {};
}

}  // namespace

void SeenIndexes::see(LeafIndex index, Bytes entry) {
  if (format::is_tombstone(entry)) return;
  const auto record = format::decode_record(entry);
  if (!record) return;  // the audit says what is wrong with it
  if (record->kind == format::Kind::kMonthSecret) {
    if (const auto secret = format::decode_month_secret(record->payload))
      secrets_[secret->month] = *secret;
  }
  if (record->kind != format::Kind::kIndexCommitment) return;
  if (auto says = format::parse_index_commitment(text_of(record->payload)))
    indexes_.push_back({index, to_buffer(entry), std::move(*says)});
}

const format::MonthSecret* SeenIndexes::secret_of(std::uint32_t month) const {
  const auto found = secrets_.find(month);
  return found == secrets_.end() ? nullptr : &found->second;
}

Result<std::optional<index::Index>> remake(const SeenIndexes& seen, const SeenIndexes::At& at,
                                           const verify::LogSource& log, TreeSize size) {
  const format::IndexCommitment& says = at.says;
  const format::MonthSecret* const secret = seen.secret_of(says.month);
  if (secret == nullptr) return std::optional<index::Index>{};
  index::IndexBuilder builder({says.origin, says.month, says.mode});
  Entries entries(log, size);
  bool lacks_some = false;
  for (LeafIndex i = says.first; i < says.end; ++i.value) {
    ASSIGN_OR_RETURN(const Bytes entry, entries.at(i));
    if (format::is_tombstone(entry)) {
      lacks_some = true;
      continue;
    }
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entry));
    builder.add(i, record);
  }
  if (lacks_some && builder.events() < says.events) return std::optional<index::Index>{};
  if (builder.events() == 0) return another(at);
  index::Index made =
      index::Index::make(std::move(builder), *secret, says.number, says.first, says.end);
  if (made.commitment() == says) return std::optional(std::move(made));
  return another(at);
}

Result<AnswerEvidence> make_evidence(const Asked& asked, const SeenIndexes& seen,
                                     const format::SignedCheckpoint& in,
                                     const verify::LogSource& log) {
  const TreeSize size = in.checkpoint.size;
  AnswerEvidence made{asked.conditions, asked.from_us, asked.until_us, {}, {}, {}, in.note};
  std::set<std::uint64_t> hits;
  for (const SeenIndexes::At& at : seen.all()) {
    AnswerEvidence::Index shown{{at.record, at.bytes}, AnswerEvidence::Opened::kOutside, {}};
    if (!is_outside(asked, at.says)) {
      ASSIGN_OR_RETURN(const auto index, remake(seen, at, log, size));
      shown.opened = index ? AnswerEvidence::Opened::kShown : AnswerEvidence::Opened::kGone;
      if (index)
        for (const std::uint64_t record : show(*index, asked, shown)) hits.insert(record);
    }
    made.indexes.push_back(std::move(shown));
  }
  std::size_t bytes = 0;
  Entries entries(log, size);
  for (const std::uint64_t hit : hits) {
    ASSIGN_OR_RETURN(const Bytes entry, entries.at(LeafIndex{hit}));
    bytes += entry.size();
    if (bytes > format::kEvidenceMax / 2)
      return invalid("the events that answer are too many for one file: ask for a shorter period");
    made.events.push_back({LeafIndex{hit}, to_buffer(entry)});
  }
  RETURN_IF_ERROR(add_proof(made, size, log));
  return made;
}

}  // namespace varve::evidence
