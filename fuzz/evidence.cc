// Evidence: what is parsed formats to exactly the same bytes.
#include "ledger/format/evidence.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto evidence = format::parse_evidence(text_of(in));
  if (!evidence) return false;
  CHECK(format::format_evidence(*evidence) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  format::AnswerEvidence made;
  made.asked = {{"patient", {"urn:mrn|7", "Patient/7"}}, {"actor", {"alice"}}};
  made.checkpoint = checkpoint_note();
  const std::string empty = format::format_evidence(made);
  made.from_us = 1;
  made.until_us = 2;
  format::ShownRow there;
  there.there = {{}, {4, 9}};
  there.path.resize(3);
  format::ShownRow absent;
  absent.place = 6;
  absent.neighbours.resize(2);
  using Opened = format::AnswerEvidence::Opened;
  const format::AnswerEvidence::Entry record{LeafIndex{4}, event_record(0)};
  made.indexes = {{record, Opened::kShown, {there, absent}},
                  {record, Opened::kOutside, {}},
                  {record, Opened::kGone, {}, record}};
  made.events = {record};
  made.proof.resize(2);
  return {buffer_of(empty), buffer_of(format::format_evidence(made))};
}

}  // namespace varve::fuzz
