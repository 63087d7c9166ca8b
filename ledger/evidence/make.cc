// Index after index, and then the records that their rows name.
#include "ledger/evidence/make.h"

#include <algorithm>
#include <set>
#include <utility>

#include "ledger/events/extract.h"
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
  const auto terms = index::asked_terms({says.origin, says.number}, first.field, first.values);
  std::vector<std::uint64_t> records;
  for (const index::TermInput& term : terms.values) {
    const auto& there = out.rows.emplace_back(made.show(term)).there;
    if (there) records.insert(records.end(), there->records.begin(), there->records.end());
  }
  if (terms.unclear) out.rows.push_back(made.show(*terms.unclear));
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
  for (const AnswerEvidence::Entry* entry : format::records_of(made))
    which.insert(entry->index.value);
  std::vector<LeafIndex> leaves;
  for (const std::uint64_t index : which) leaves.push_back(LeafIndex{index});
  const merkle::TileHashReader hashes(size, log);
  ASSIGN_OR_RETURN(made.proof, merkle::prove_leaves(leaves, size, hashes));
  return {};
}

/// The records of an index, read again and added to it.
class Reading {
 public:
  Reading(const Audited& audited, const format::IndexCommitment& says)
      : audited_(audited),
        says_(says),
        builder_({says.origin, says.number}, {says.month, says.mode}) {}

  Result<void> read() {
    Entries entries(audited_.log, audited_.in.checkpoint.size);
    for (LeafIndex i = says_.first; i < says_.end; ++i.value) {
      ASSIGN_OR_RETURN(const Bytes entry, entries.at(i));
      RETURN_IF_ERROR(take(i, entry));
    }
    return expect_as_audited();
  }
  [[nodiscard]] bool lacks_some() const { return lacks_some_; }
  [[nodiscard]] const index::IndexBuilder& builder() const { return builder_; }
  index::IndexBuilder take_builder() { return std::move(builder_); }

 private:
  Result<void> take(LeafIndex i, Bytes entry) {
    if (format::is_tombstone(entry)) {
      ASSIGN_OR_RETURN(const format::Tombstone tombstone, format::decode_tombstone(entry));
      if (!audited_.seen.is_gone(i)) return gives_another(i);
      leaves_.push_back(tombstone.leaf);
      lacks_some_ = true;
      return {};
    }
    leaves_.push_back(merkle::leaf_hash(entry));
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entry));
    builder_.add(i, record);
    return {};
  }

  /// Whoever gives records may give others the second time.
  [[nodiscard]] Result<void> expect_as_audited() const {
    const format::Checkpoint& tree = audited_.in.checkpoint;
    const merkle::TileHashReader hashes(tree.size, audited_.log);
    ASSIGN_OR_RETURN(const merkle::Proof proof,
                     merkle::prove_range(says_.first, leaves_.size(), tree.size, hashes));
    const auto same = merkle::verify_range(leaves_, says_.first, tree.size, proof, tree.root);
    return same ? Result<void>() : gives_another(says_.first);
  }
  [[nodiscard]] static Error gives_another(LeafIndex i) {
    return corrupt("from record " + std::to_string(i.value) +
                   " on the log gives other records than it gave before, when they were audited");
  }

  const Audited& audited_;
  const format::IndexCommitment& says_;
  index::IndexBuilder builder_;
  std::vector<Hash> leaves_;
  bool lacks_some_ = false;
};

/// Fills in the record that disposes of its month.
Result<void> close(const Audited& audited, const format::IndexCommitment& says,
                   AnswerEvidence::Index& out) {
  const rules::Month* const month = audited.retention.month_of(says.first);
  const auto* const disposal = month != nullptr && month->disposal
                                   ? audited.seen.disposal_in(month->disposal->index)
                                   : nullptr;
  if (disposal == nullptr)
    return not_found("index " + std::to_string(says.number) +
                     " cannot be opened: events in it were lost, and no record disposes of them");
  out.opened = AnswerEvidence::Opened::kGone;
  out.disposal = *disposal;
  return {};
}

}  // namespace

void SeenIndexes::see(LeafIndex index, Bytes entry) {
  if (format::is_tombstone(entry)) {
    const bool goes_on = !gone_.empty() && gone_.rbegin()->second == index.value;
    (goes_on ? gone_.rbegin()->second : gone_[index.value]) = index.value + 1;
    return;
  }
  const auto record = format::decode_record(entry);
  if (!record) return;  // the audit says what is wrong with it
  if (record->kind == format::Kind::kMonthSecret) {
    if (const auto secret = format::decode_month_secret(record->payload))
      secrets_[secret->month] = *secret;
  }
  if (record->kind == format::Kind::kDisposal) disposals_.push_back({index, to_buffer(entry)});
  if (record->kind != format::Kind::kIndexCommitment) return;
  if (auto says = format::parse_index_commitment(text_of(record->payload)))
    indexes_.push_back({index, to_buffer(entry), std::move(*says)});
}

const format::MonthSecret* SeenIndexes::secret_of(std::uint32_t month) const {
  const auto found = secrets_.find(month);
  return found == secrets_.end() ? nullptr : &found->second;
}

bool SeenIndexes::is_gone(LeafIndex index) const {
  const auto behind = gone_.upper_bound(index.value);
  return behind != gone_.begin() && index.value < std::prev(behind)->second;
}

const AnswerEvidence::Entry* SeenIndexes::disposal_in(LeafIndex record) const {
  const auto found = std::ranges::find(disposals_, record, &AnswerEvidence::Entry::index);
  return found == disposals_.end() ? nullptr : &*found;
}

Result<std::optional<index::Index>> remake(const Audited& audited, const SeenIndexes::At& at) {
  const format::IndexCommitment& says = at.says;
  if (says.extractor != events::kExtractorVersion)
    return not_found("index " + std::to_string(says.number) + " was made by version " +
                     std::to_string(says.extractor) +
                     " of the rules, and this program has version " +
                     std::to_string(events::kExtractorVersion) + ": use one that has");
  Reading reading(audited, says);
  RETURN_IF_ERROR(reading.read());
  const std::uint64_t events = reading.builder().events();
  const format::MonthSecret* const secret = audited.seen.secret_of(says.month);
  if (reading.lacks_some() && (secret == nullptr || events < says.events))
    return std::optional<index::Index>{};
  if (secret == nullptr || events == 0) return another(at);
  ASSIGN_OR_RETURN(index::Index made,
                   index::Index::make(reading.take_builder(), *secret, says.first, says.end));
  if (made.commitment() == says) return std::optional(std::move(made));
  return another(at);
}

Result<AnswerEvidence> make_evidence(const Asked& asked, const Audited& audited) {
  AnswerEvidence made{asked.conditions, asked.from_us, asked.until_us, {}, {}, {}, audited.in.note};
  std::set<std::uint64_t> hits;
  for (const SeenIndexes::At& at : audited.seen.all()) {
    AnswerEvidence::Index shown{{at.record, at.bytes}, AnswerEvidence::Opened::kOutside, {}};
    if (!is_outside(asked, at.says)) {
      ASSIGN_OR_RETURN(const auto index, remake(audited, at));
      if (!index) RETURN_IF_ERROR(close(audited, at.says, shown));
      if (index) {
        shown.opened = AnswerEvidence::Opened::kShown;
        for (const std::uint64_t record : show(*index, asked, shown)) hits.insert(record);
      }
    }
    made.indexes.push_back(std::move(shown));
  }
  std::size_t bytes = 0;
  const TreeSize size = audited.in.checkpoint.size;
  Entries entries(audited.log, size);
  for (const std::uint64_t hit : hits) {
    ASSIGN_OR_RETURN(const Bytes entry, entries.at(LeafIndex{hit}));
    bytes += entry.size();
    if (bytes > format::kEvidenceMax / 2)
      return invalid("the events that answer are too many for one file: ask for a shorter period");
    made.events.push_back({LeafIndex{hit}, to_buffer(entry)});
  }
  RETURN_IF_ERROR(add_proof(made, size, audited.log));
  return made;
}

}  // namespace varve::evidence
