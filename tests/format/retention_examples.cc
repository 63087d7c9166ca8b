// Builds the examples of retention's records from fixed keys and values.
#include "tests/format/retention_examples.h"

#include "ledger/base/text.h"
#include "ledger/format/cosigned_time.h"
#include "ledger/format/month_secret.h"
#include "ledger/format/record.h"
#include "ledger/merkle/tree.h"
#include "tests/format/test_cosigner.h"

namespace varve::format {
namespace {

constexpr std::uint64_t kBeganUs = 1'795'256'101'000'000;  // 2026-11-21T10:15:01Z
constexpr std::uint64_t kDueUs = kBeganUs + 2'205 * kDayUs;

std::string hex_of(const Hash& hash) {
  return hex(hash.view());
}

/// The leaf of a control record of this payload, in an example: its place there does not matter.
Hash leaf_of(Kind kind, std::string_view media_type, std::string_view payload) {
  Record record{kind, SourceId{0}, 1, kBeganUs, {}, media_type, bytes_of(payload)};
  record.salt.fill(std::byte{0xb1});
  return merkle::leaf_hash(*encode_record(record));
}

std::string line(std::string_view label, std::string_view value) {
  return std::string(label) + " " + std::string(value) + "\n";
}

std::string head_of(std::string_view what, std::string_view origin) {
  return "varve " + std::string(what) + " v1\n" + line("origin", origin);
}

std::string hold_text_of(const std::string& origin) {
  return line("varve hold text v1\norigin", origin) + line("id", "2028-cv-117") +
         line("salt", hex_of(merkle::sha256(bytes_of("salt")))) +
         line("case", "Doe v. Example Hospital, 2:28-cv-117") +
         line("reason", "Preservation order of 2028-03-02: accesses to one patient's chart") +
         line("contact", "Legal department, +1 555 0100");
}

}  // namespace

RetentionExamples::RetentionExamples(const DocumentedLog& log) {
  add_policies(log);
  add_clocks(log);
  add_holds(log);
  add_disposal(log);
  month_secret = encode_month_secret({202'611, merkle::sha256(bytes_of("secret"))});
}

void RetentionExamples::add_policies(const DocumentedLog& log) {
  first.origin = log.origin;
  first.quorum = 1;
  first.sources = {{"tsa.example.org", merkle::sha256(bytes_of("tsa"))}};
  first.key = log.log_key.verifier();
  const std::string first_note = signed_note(policy_text(first), {&log.log_key});
  first_leaf_ = leaf_of(Kind::kPolicy, "application/vnd.varve.policy", first_note);
  second = first;
  second.number = 1;
  second.previous = first_leaf_;
  second.period = 3'653;
  second.automatic = true;
  all.push_back({"policy first", first_note});
  all.push_back({"policy second",
                 signed_note(policy_text(second), {&log.log_key, &log.ann_key, &log.bob_key})});
  third = second;
  third.number = 2;
  third.previous = leaf_of(Kind::kPolicy, "application/vnd.varve.policy", all.back().text);
  third.quorum = 2;
  for (const auto& [name, seed] :
       {std::pair{"north.example.org/w", 41}, std::pair{"south.example.org/w", 42}})
    third.sources.push_back(
        {name, cosigner_hash(TestCosigner(name, seed).key()), SourceType::kWitness});
  all.push_back({"policy witnesses",
                 signed_note(policy_text(third), {&log.log_key, &log.ann_key, &log.bob_key})});
}

void RetentionExamples::add_clocks(const DocumentedLog& log) {
  began = {log.origin, 0, kBeganUs, kBeganUs, 0};
  later = {log.origin, 2'300, kDueUs, kDueUs - 2'000'000, 2'205 * kDayUs};
  later.evidence = Evidence{
      TreeSize{2'000'000}, kDueUs - 90'000'000, kDueUs - 92'000'000, {LeafIndex{2'000'017}}};
  all.push_back({"clock", clock_text(began), false});
  all.push_back({"clock evidence", clock_text(later), false});
  const std::string text = clock_text(began);
  Record record{Kind::kClock,  SourceId{0}, 2, kBeganUs, {}, "application/vnd.varve.clock",
                bytes_of(text)};
  record.salt.fill(std::byte{0xb2});
  clock_record = *encode_record(record);
}

void RetentionExamples::add_holds(const DocumentedLog& log) {
  const std::string text = hold_text_of(log.origin);
  const std::string head = head_of("hold", log.origin);
  const std::string place =
      signed_note(head + "action place\nid 2028-cv-117\nscope months 2026-11 2027-01\n" +
                      line("text", hex_of(merkle::sha256(bytes_of(text)))),
                  {&log.ann_key});
  const Hash placed = leaf_of(Kind::kHold, "application/vnd.varve.hold", place);
  all.push_back({"hold place", place});
  all.push_back({"hold-text", text, false});
  all.push_back({"hold release", signed_note(head + "action release\nid 2028-cv-117\n" +
                                                 line("placed", hex_of(placed)),
                                             {&log.ann_key, &log.bob_key})});
}

void RetentionExamples::add_disposal(const DocumentedLog& log) {
  const std::string policy = line("policy", hex_of(first_leaf_));
  const std::string month = "month 2026-11 0 81234\n";
  const std::string notice = head_of("notice", log.origin) + policy + month;
  const Hash noticed = leaf_of(Kind::kNotice, "application/vnd.varve.notice", notice);
  const std::string disposal = signed_note(
      head_of("disposal", log.origin) + policy + line("notice", hex_of(noticed)) + month +
          line("root", base64(merkle::root_of(log.leaves).view())) + "by approvers\n",
      {&log.ann_key, &log.bob_key});
  const Hash disposed = leaf_of(Kind::kDisposal, "application/vnd.varve.disposal", disposal);
  all.push_back({"notice", notice, false});
  all.push_back({"disposal", disposal});
  all.push_back({"disposed",
                 head_of("disposed", log.origin) + line("disposal", hex_of(disposed)) +
                     "month 2026-11\nsegments 0 9\nfiles removed\n"
                     "token destroyed pkcs11:serial=1;token=varve\n"
                     "token away pkcs11:serial=2;token=spare\ncomplete no\n",
                 false});
}

}  // namespace varve::format
