// Vectors of what the log says of itself: its keys, how long it keeps its records, and its renewal under another hash
// function. What is true are the examples of the pages.
#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/format/disposal.h"
#include "ledger/format/hold.h"
#include "ledger/format/renewal.h"
#include "ledger/rules/key_history.h"
#include "tests/format/documented_log.h"
#include "tests/format/documented_renewal.h"
#include "tests/format/retention_examples.h"
#include "vectors.h"

namespace varve::evidence {
namespace {

using format::DocumentedLog;
using Texts = std::vector<std::string>;

std::string texts_field(const Texts& texts) {
  std::string out = "[";
  for (const std::string& text : texts)
    out.append(out.size() > 1 ? "," : "").append(text_field(text));
  return out + "]";
}

std::string vkey_field(const format::TestKey& key) {
  return text_field(format::format_vkey(key.verifier()));
}

/// Whether these are the first key events of a log that began with the key.
std::string is_history(const format::Json& one) {
  const auto key = format::parse_vkey(one.text("vkey").value()).value();
  auto history = rules::KeyHistory::trusting(key.name, key);
  const Texts notes = one.texts("notes").value();
  for (const std::string& note : notes)
    if (const auto applied = history.apply(note); !applied) return why(applied);
  return "";
}

/// What the text says, whoever signed it.
std::string says(const std::string& kind, std::string_view text) {
  constexpr auto kMode = format::Mode::kLocked;
  if (kind == "policy") return why(format::parse_policy(text));
  if (kind == "clock") return why(format::parse_clock(text));
  if (kind == "hold") return why(format::parse_hold(text, kMode));
  if (kind == "hold-text") return why(format::parse_hold_text(text));
  if (kind == "notice") return why(format::parse_notice(text, kMode));
  if (kind == "disposal") return why(format::parse_disposal(text, kMode));
  return why(format::parse_disposed(text, kMode));
}

/// Whether the payload is of its kind; where that is a signed note, by the key too.
std::string is_of_retention(const format::Json& one) {
  const auto key = format::parse_vkey(one.text("vkey").value()).value();
  const std::string kind = one.text("kind").value();
  const std::string payload = one.text("payload").value();
  if (kind != "policy" && kind != "hold" && kind != "disposal") return says(kind, payload);
  const auto note = format::parse_note(payload);
  if (!note) return why(note);
  const auto by = format::verify_note(*note, {&key, 1});
  return by ? says(kind, note->text) : why(by);
}

/// Whether it binds just these records.
std::string renews(const format::Json& one) {
  const auto key = format::parse_vkey(one.text("vkey").value()).value();
  const auto note = format::parse_note(one.text("note").value());
  if (!note) return why(note);
  if (const auto by = format::verify_note(*note, {&key, 1}); !by) return why(by);
  const auto claimed = format::parse_renewal(note->text);
  if (!claimed) return why(claimed);
  format::RenewalBuilder builder(key.name, *claimed->function);
  const Texts records = one.texts("records").value();
  for (const std::string& record : records) builder.add(decode_base64(record).value());
  return builder.renewal() == *claimed ? "" : "it is of other records";
}

}  // namespace

VectorFile key_histories() {
  const DocumentedLog log;
  const auto of = [&](std::string name, std::string fault, const Texts& notes) {
    return Case{std::move(name),
                std::move(fault),
                {{"vkey", vkey_field(log.log_key)}, {"notes", texts_field(notes)}}};
  };
  const Texts all = {log.key_event, log.rotation, log.witness_key, log.approvers, log.revocation};
  Texts fewer_approve = all;
  fewer_approve[4] = with(all[4], "— bob", "— bot");
  Texts other_size = all;
  other_size[4] = with(all[4], "last-size 5", "last-size 4");
  VectorFile file{"control", "control.md", {}, is_history};
  file.cases = {
      of("the creation", "", {all[0]}),
      of("a rotation, a witness key, approvers, a revocation", "", all),
      of("no witness key between", "", {all[0], all[1], all[3]}),
      of("no creation first", "claim", {all[1]}),
      of("the creation twice", "claim", {all[0], all[0]}),
      of("a rotation twice", "claim", {all[0], all[1], all[1]}),
      of("a witness key that a stranger signed, too", "", {all[0], all[2]}),
      of("a revocation that one of two approved of", "claim", fewer_approve),
      of("a revocation of another size than was signed", "claim", other_size),
      of("another key than was signed", "claim",
         {with(all[0], format::format_vkey(log.log_key.verifier()),
               format::format_vkey(log.next_key.verifier()))}),
      of("an action that is none", "form", {with(all[0], "action create", "action make")}),
      of("a line more", "form", {with(all[0], "action create\n", "action create\nmore\n")}),
  };
  return file;
}

VectorFile retention_records() {
  const DocumentedLog log;
  const format::RetentionExamples examples(log);
  const auto of = [&](std::string name, std::string fault, const std::string& kind,
                      const std::string& payload) {
    const bool is_of_people = kind == "hold" || kind == "disposal";
    return Case{std::move(name),
                std::move(fault),
                {{"vkey", vkey_field(is_of_people ? log.ann_key : log.log_key)},
                 {"kind", text_field(kind)},
                 {"payload", text_field(payload)}}};
  };
  VectorFile file{"retention", "retention.md", {}, is_of_retention};
  std::map<std::string, std::string> texts;
  for (const format::Example& example : examples.all) {
    texts[example.name] = example.text;
    const std::string kind = example.name.substr(0, example.name.find(' '));
    file.cases.push_back(of(example.name + " of the page", "", kind, example.text));
  }
  const auto changed = [&](std::string name, std::string fault, const std::string& example,
                           std::string_view from, std::string_view to) {
    file.cases.push_back(of(std::move(name), std::move(fault), example.substr(0, example.find(' ')),
                            with(texts.at(example), from, to)));
  };
  changed("a policy of another period than was signed", "claim", "policy first", "2192", "2193");
  changed("a hold of other months than were signed", "claim", "hold place", "2027-01", "2027-02");
  changed("a disposal of another root than was signed", "claim", "disposal", "elg/", "elg+");
  changed("a policy with a period of no days", "claim", "policy first", "period 2192", "period 0");
  changed("a clock that says its number otherwise", "form", "clock", "number 0", "number 00");
  changed("a clock whose evidence is of no record", "form", "clock evidence", " 2000017", "");
  changed("a notice of months out of order", "form", "notice", "month 2026-11 0 81234",
          "month 2026-12 81234 90000\nmonth 2026-11 0 81234");
  changed("an end of a key that is none", "form", "disposed", "token away", "token gone");
  changed("a hold text with a line more", "form", "hold-text", "reason", "note x\nreason");
  return file;
}

VectorFile renewals() {
  const DocumentedLog log;
  const format::DocumentedRenewal renewal(log);
  const auto of = [&](std::string name, std::string fault, const std::vector<Buffer>& records,
                      const std::string& note) {
    Texts encoded;
    for (const Buffer& record : records) encoded.push_back(base64(record));
    return Case{std::move(name),
                std::move(fault),
                {{"vkey", vkey_field(log.log_key)},
                 {"records", texts_field(encoded)},
                 {"note", text_field(note)}}};
  };
  const std::vector<Buffer> fewer(log.records.begin(), log.records.end() - 1);
  std::vector<Buffer> other = log.records;
  other[2].back() ^= std::byte{1};
  VectorFile file{"renewal", "renewal.md", {}, renews};
  file.cases = {
      of("of the five records of the page, under SHA3-256", "", log.records, renewal.note),
      of("of a record fewer", "claim", fewer, renewal.note),
      of("a bit of a record is another", "claim", other, renewal.note),
      of("another size than was signed", "claim", log.records,
         with(renewal.note, "size 5", "size 4")),
      of("another hash function than was signed", "claim", log.records,
         with(renewal.note, "sha3-256", "sha512-256")),
  };
  return file;
}

}  // namespace varve::evidence
