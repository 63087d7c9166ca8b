// Vectors of trust bundles, and of evidence that answers, about a month that is gone, too.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "ledger/format/disposal.h"
#include "ledger/merkle/proof.h"
#include "ledger/verify/trust_bundle.h"
#include "tests/directories.h"
#include "tests/evidence/indexed_log.h"
#include "tests/verify/log_answers.h"
#include "vectors.h"

namespace varve::evidence {
namespace {

using format::AnswerEvidence;

constexpr std::string_view kWard =  // whose log the examples of evidence and of a bundle are of
    "audit.example.org/ward+cb65b66b+ARQpdpv0G59NTxaTXUFd6JPLwElMyO8Z1l4PC/9elhsb";

/// The text between ```name and ``` on a page.
std::string example(const std::string& page, const std::string& name) {
  std::ifstream in(source_file("docs/format/" + page));
  std::stringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  const std::string opening = "```" + name + "\n";
  const std::size_t begin = all.find(opening) + opening.size();
  return all.substr(begin, all.find("```", begin) - begin);
}

Case of_ward(std::string name, std::string fault, const std::string& text) {
  return {
      std::move(name), std::move(fault), {{"vkey", text_field(kWard)}, {"file", text_field(text)}}};
}

format::VerifierKey key_in(const format::Json& one) {
  return format::parse_vkey(one.text("vkey").value()).value();
}

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

}  // namespace

VectorFile bundles() {
  const std::string good = example("bundle.md", "json bundle");
  VectorFile file{"bundle", "bundle.md", {}, [](const format::Json& one) {
                    return why(verify::open_bundle(one.text("file").value(), key_in(one)));
                  }};
  file.cases = {
      of_ward("of a log with one record", "", good),
      of_ward("another byte of the record", "claim", with(good, "AQMAAAAA", "AQMAAAAB")),
      of_ward("another signature", "claim", with(good, "y2W2a1+f", "y2W2a1+g")),
      of_ward("no key signs now", "claim",
              with(good, "\"active\":[\"" + std::string(kWard) + "\"]", "\"active\":[]")),
      of_ward("a key event is missing", "claim",
              good.substr(0, good.find("\"events\":[")) + "\"events\":[]}\n"),
      of_ward("another format", "form", with(good, "bundle v1", "bundle v2")),
  };
  return file;
}

VectorFile answers() {
  const std::string good = example("evidence.md", "evidence");
  const std::size_t event = good.find("\nevent ") + 1;
  VectorFile file{"evidence", "evidence.md", {}, [](const format::Json& one) {
                    return why(verify_evidence(one.text("file").value(),
                                               {key_in(one).name, key_in(one), {}, {}}));
                  }};
  file.cases = {
      of_ward("who read the record of Patient/7", "", good),
      of_ward("another value is asked for", "claim", with(good, "UGF0aWVudC83", "UGF0aWVudC84")),
      of_ward("an event is left out", "claim",
              std::string(good).erase(event, good.find('\n', event) + 1 - event)),
      of_ward("a row names another record", "claim", with(good, "Js+I= 4\n", "Js+I= 5\n")),
      of_ward("a row is said to be elsewhere", "claim", with(good, "there 3 ", "there 2 ")),
      of_ward("another proof of a token", "claim", with(good, "term dtpW", "term etpW")),
      of_ward("another neighbour", "claim", with(good, "neighbour 0/Yp", "neighbour 0/Yq")),
      of_ward("another hash of the proof", "claim", with(good, "1rWQ", "2rWQ")),
      of_ward("another signature of the log", "claim", with(good, "y2W2axbA", "y2W2axbB")),
      of_ward("another first line", "form", with(good, " v1\n", " v2\n")),
      of_ward("a line that nobody knows", "form", with(good, "\nproof ", "\nhint x\nproof ")),
  };
  for (Case& more : answers_of_what_is_gone()) file.cases.push_back(std::move(more));
  return file;
}

}  // namespace varve::evidence
