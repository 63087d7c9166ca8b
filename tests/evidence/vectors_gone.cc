// Vectors of evidence about months of which one is gone.
#include <algorithm>

#include "ledger/format/disposal.h"
#include "ledger/merkle/proof.h"
#include "tests/evidence/indexed_log.h"
#include "tests/verify/log_answers.h"
#include "vectors.h"

namespace varve::evidence {
namespace {

using format::AnswerEvidence;

/// Two indexes whose month one record disposes of, and a third with the event that answers.
struct Disposed {
  IndexedLog log;
  AnswerEvidence evidence;

  Disposed() {
    for (const char* patient : {"7", "8"}) {
      log.event(payload_of({patient}));
      log.commit();
    }
    const std::uint64_t gone = log.log.records.size();
    const format::MonthRange month{IndexedLog::kMonth, LeafIndex{0}, LeafIndex{log.end}};
    log.log.control(
        format::Kind::kDisposal,
        format::disposal_text({log.log.origin, {}, {}, {month}, {}, true}, format::Mode::kLocked));
    const std::uint64_t kept = log.event(payload_of({"7"}));
    log.commit();
    evidence = log.answer(asked("patient", {"Patient/7"})).value();
    for (AnswerEvidence::Index& index : std::span{evidence.indexes}.first(2)) {
      index.opened = AnswerEvidence::Opened::kGone;
      index.rows.clear();
      index.disposal = {LeafIndex{gone}, log.log.records[gone]};
    }
    std::erase_if(evidence.events, [&](const auto& event) { return event.index.value != kept; });
    prove();
  }
  void prove() {
    std::vector<LeafIndex> which;
    for (const auto* entry : format::records_of(evidence)) which.push_back(entry->index);
    std::ranges::sort(which);
    which.erase(std::ranges::unique(which).begin(), which.end());
    const TreeSize size{log.log.records.size()};
    evidence.proof =
        merkle::prove_leaves(which, size, verify::LeafReader(log.log, size.value)).value();
  }
  [[nodiscard]] Case named(std::string name, std::string fault) const {
    return {std::move(name),
            std::move(fault),
            {{"vkey", text_field(format::format_vkey(log.log.first.verifier))},
             {"file", text_field(format::format_evidence(evidence))}}};
  }
};

}  // namespace

std::vector<Case> answers_of_what_is_gone() {
  Disposed one;
  std::vector<Case> cases = {one.named("two indexes are gone by one disposal", "")};
  format::AnswerEvidence::Entry& second = *one.evidence.indexes[1].disposal;
  const Buffer bytes = second.record;
  format::Record other = format::decode_record(bytes).value();
  ++other.time_us;
  second.record = format::encode_record(other).value();
  cases.push_back(one.named("two indexes are gone by two records in one place", "claim"));
  return cases;
}

}  // namespace varve::evidence
