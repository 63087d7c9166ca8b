// Each step in its order: the commitments, the rows, the records, the proof that they are the log's.
#include "ledger/evidence/check.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "ledger/events/extract.h"
#include "ledger/format/disposal.h"
#include "ledger/format/note.h"
#include "ledger/format/record.h"
#include "ledger/index/index.h"
#include "ledger/merkle/proof.h"

namespace varve::evidence {
namespace {

using format::AnswerEvidence;
using std::to_string;

Error in_index(std::uint64_t number, Error why) {
  return Error{why.code, "index " + to_string(number) + ": " + why.message};
}

Error in_record(LeafIndex index, Error why) {
  return Error{why.code, "record " + to_string(index.value) + ": " + why.message};
}

Result<format::IndexCommitment> commitment_in(const AnswerEvidence::Entry& entry,
                                              const std::string& origin) {
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entry.record));
  if (record.kind != format::Kind::kIndexCommitment || record.source != format::kLogItself)
    return corrupt("it is no index that the log committed to");
  ASSIGN_OR_RETURN(format::IndexCommitment index,
                   format::parse_index_commitment(text_of(record.payload)));
  if (index.origin != origin) return corrupt("it is of the log " + index.origin);
  if (entry.index < index.end) return corrupt("it is of records that come after it");
  return index;
}

/// An approved one is a note, one by policy its text alone.
bool disposes_of(std::string_view payload, const format::IndexCommitment& index) {
  const auto note = format::parse_note(payload);
  const auto disposal =
      format::parse_disposal(note ? std::string_view(note->text) : payload, index.mode);
  return disposal && disposal->origin == index.origin &&
         std::ranges::any_of(disposal->months, [&index](const format::MonthRange& month) {
           return month.month == index.month && month.first <= index.first &&
                  index.end <= month.end;
         });
}

class Check {
 public:
  Check(AnswerEvidence evidence, std::string origin)
      : evidence_(std::move(evidence)), origin_(std::move(origin)) {}

  Result<ProvenAnswer> run(format::SignedCheckpoint in) {
    out_.asked = {evidence_.asked, evidence_.from_us, evidence_.until_us};
    ASSIGN_OR_RETURN(question_, question_of(out_.asked));
    if (evidence_.indexes.empty()) return corrupt("it names no index: nothing is complete");
    for (std::size_t k = 0; k < evidence_.indexes.size(); ++k)
      if (auto taken = take_index(evidence_.indexes[k]); !taken)
        return in_index(k, std::move(taken).error());
    RETURN_IF_ERROR(expect_all_hits());
    for (const AnswerEvidence::Entry& event : evidence_.events)
      if (auto taken = take_event(event); !taken)
        return in_record(event.index, std::move(taken).error());
    RETURN_IF_ERROR(expect_in_log(in.checkpoint));
    out_.shown = evidence_.events.size();
    out_.may_answer.assign(may_answer_.begin(), may_answer_.end());
    out_.in = std::move(in);
    return std::move(out_);
  }

 private:
  Result<void> take_index(const AnswerEvidence::Index& shown) {
    ASSIGN_OR_RETURN(const format::IndexCommitment index, commitment_in(shown.commitment, origin_));
    RETURN_IF_ERROR(expect_next(index));
    ++next_number_;
    end_ = index.end;
    const bool is_draft = index.mode == format::Mode::kDraft;
    if (next_number_ != 1 && is_draft != out_.is_draft)
      return corrupt(
          "it is of a draft log, or those before it are, and not both: a log is of one mode");
    out_.is_draft = is_draft;
    out_.until_us = format::decode_record(shown.commitment.record)->time_us;
    if (shown.opened == AnswerEvidence::Opened::kGone) return take_gone(index, *shown.disposal);
    ++out_.indexes;
    add_complete({index.first, index.end});
    if (shown.opened == AnswerEvidence::Opened::kShown) return open_rows(index, shown.rows);
    if (is_outside(out_.asked, index)) return {};
    return corrupt("it is left out, though its events may be from the period that is asked for");
  }

  void add_complete(const Range& range) {
    if (!out_.complete.empty() && out_.complete.back().end == range.first)
      out_.complete.back().end = range.end;
    else
      out_.complete.push_back(range);
  }

  /// No index is left out, and no record is in two.
  Result<void> expect_next(const format::IndexCommitment& index) const {
    if (index.number != next_number_)
      return corrupt("it is index " + to_string(index.number) + ": one is left out");
    if (index.first < end_) return corrupt("it begins before the one before it ends");
    return {};
  }

  /// The record that disposes of its month, whole.
  Result<void> take_gone(const format::IndexCommitment& index,
                         const AnswerEvidence::Entry& disposal) {
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(disposal.record));
    const bool is_disposal =
        record.kind == format::Kind::kDisposal && record.source == format::kLogItself;
    if (!is_disposal || !disposes_of(text_of(record.payload), index))
      return corrupt("it is called gone, and record " + to_string(disposal.index.value) +
                     " does not dispose of its month");
    out_.gone.push_back({{index.first, index.end}, disposal.index});
    return {};
  }

  Result<void> open_rows(const format::IndexCommitment& index,
                         const std::vector<format::ShownRow>& rows) {
    if (index.extractor != events::kExtractorVersion)
      return not_found("its events were read by version " + to_string(index.extractor) +
                       " of the rules, and this program has version " +
                       to_string(events::kExtractorVersion) + ": verify it with one that has");
    out_.extractor = index.extractor;
    ++out_.opened;
    const AnswerEvidence::Asked& first = out_.asked.conditions.front();
    const auto terms = index::asked_terms({origin_, index.number}, first.field, first.values);
    if (rows.size() != terms.size())
      return corrupt("it shows " + to_string(rows.size()) + " rows, and " +
                     to_string(terms.size()) + " are asked for");
    for (std::size_t k = 0; k < terms.values.size(); ++k) {
      ASSIGN_OR_RETURN(const auto records, index::open_row(index, terms.values[k], rows[k]));
      hits_.insert(records.begin(), records.end());
    }
    if (terms.unclear) {
      ASSIGN_OR_RETURN(const auto records, index::open_row(index, *terms.unclear, rows.back()));
      may_answer_.insert(records.begin(), records.end());
    }
    return {};
  }

  [[nodiscard]] Result<void> expect_all_hits() const {
    std::set<std::uint64_t> given;
    for (const AnswerEvidence::Entry& event : evidence_.events) {
      if (!given.empty() && *given.rbegin() >= event.index.value)
        return corrupt("its events are not in order");
      given.insert(event.index.value);
    }
    for (const std::uint64_t hit : hits_)
      if (!given.contains(hit))
        return corrupt("record " + to_string(hit) + " answers, says an index, and is left out");
    for (const std::uint64_t record : given)
      if (!hits_.contains(record))
        return corrupt("record " + to_string(record) + " is there, and in no row of an index");
    return {};
  }

  /// Whether the event has what the rows are of.
  [[nodiscard]] bool has_first(const events::View& view, const search::Origin& origin) const {
    if (question_.conditions.empty() || out_.asked.conditions.front().field == index::kSourceField)
      return origin.source == *question_.source;
    const search::Condition& first = question_.conditions.front();
    return std::ranges::any_of(
        search::values_of(view, first.field),
        [&first](const std::string& value) { return first.any_of.has(value); });
  }

  Result<void> take_event(const AnswerEvidence::Entry& entry) {
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entry.record));
    if (record.kind != format::Kind::kEvent) return corrupt("it is no event of a sender");
    const search::Origin origin{record.source, record.time_us};
    const events::Extraction said = search::extraction_of(record);
    bool has = said.events.empty() && has_first({}, origin);
    bool may = search::judge_unread(question_, said, origin) == search::Verdict::kMaybe;
    for (std::size_t k = 0; k < said.events.size(); ++k) {
      if (!has_first(said.events[k], origin)) continue;
      has = true;
      const auto one = search::judge(question_, said, said.events[k], origin);
      may = may || one == search::Verdict::kMaybe;
      if (one == search::Verdict::kYes)
        out_.events.push_back({entry.index, k, said.events.size(), origin, said.events[k]});
    }
    if (!has) return corrupt("it does not say what the row of the index is of");
    if (may) may_answer_.insert(entry.index.value);
    return {};
  }

  [[nodiscard]] Result<void> expect_in_log(const format::Checkpoint& tree) const {
    std::map<std::uint64_t, Hash> leaves;
    bool is_one = true;  // whatever says what a record is says the same of it
    for (const AnswerEvidence::Entry* entry : format::records_of(evidence_)) {
      const Hash leaf = merkle::leaf_hash(entry->record);
      is_one = leaves.emplace(entry->index.value, leaf).first->second == leaf && is_one;
    }
    if (!is_one) return corrupt("two records stand in one place");
    std::vector<merkle::PlacedLeaf> placed;
    for (const auto& [index, leaf] : leaves) placed.push_back({LeafIndex{index}, leaf});
    const auto in_tree = merkle::verify_leaves(placed, tree.size, evidence_.proof, tree.root);
    if (in_tree) return {};
    return corrupt("the records are not proven to be in the log: " + in_tree.error().message);
  }

  const AnswerEvidence evidence_;
  const std::string origin_;
  search::Question question_;
  std::uint64_t next_number_ = 0;
  LeafIndex end_;  // of the index before
  std::set<std::uint64_t> hits_;
  std::set<std::uint64_t> may_answer_;
  ProvenAnswer out_;
};

}  // namespace

Result<ProvenAnswer> verify_evidence(std::string_view text, const verify::Trust& trust) {
  ASSIGN_OR_RETURN(AnswerEvidence evidence, format::parse_evidence(text));
  ASSIGN_OR_RETURN(verify::VerifiedCheckpoint under,
                   verify::verify_checkpoint(evidence.checkpoint, trust));
  std::string note = evidence.checkpoint;
  return Check(std::move(evidence), trust.origin)
      .run({std::move(under.checkpoint), std::move(note)});
}

}  // namespace varve::evidence
