// A log with events of patients, and indexes that its server commits to: true ones, or another's.
#pragma once

#include <string>
#include <vector>

#include "ledger/evidence/check.h"
#include "ledger/evidence/make.h"
#include "ledger/format/month_secret.h"
#include "ledger/index/index.h"
#include "tests/verify/log_builder.h"

namespace varve::evidence {

/// "read" of each patient by an actor; without a patient it says so little that it may be any.
inline std::string payload_of(const std::vector<std::string>& patients,
                              const std::string& actor = "alice") {
  std::string entities;
  for (const std::string& patient : patients) {
    if (!entities.empty()) entities += ",";
    entities += R"({"what":{"reference":"Patient/)" + patient + R"("}})";
  }
  const std::string entity = patients.empty()
                                 ? R"("text":{"div":"<div>of somebody</div>"},"unknown":1)"
                                 : R"("entity":[)" + entities + "]";
  return R"({"resourceType":"AuditEvent","recorded":"2023-11-14T22:13:20Z","action":"R",)"
         R"("agent":[{"who":{"identifier":{"value":")" +
         actor + R"("}},"requestor":true}],)" + entity + "}";
}

class IndexedLog {
 public:
  static constexpr std::uint32_t kMonth = 202'601;
  static constexpr std::uint64_t kBeginsUs = 1'767'225'600'000'000;  // as every log's clock does

  enum class Begins {
    kWithASecret,
    kWithItsMonth,  // as an audit demands it
    kAsADraft,
  };

  explicit IndexedLog(Begins begins = Begins::kWithASecret)
      : mode(begins == Begins::kAsADraft ? format::Mode::kDraft : format::Mode::kLocked),
        secret{begins == Begins::kAsADraft ? 29'453'760 : kMonth,
               merkle::sha256(bytes_of("secret"))} {
    if (begins == Begins::kWithItsMonth)
      log.control(format::Kind::kClock,
                  format::clock_text({log.origin, 0, kBeginsUs, kBeginsUs, 0, {}, {}}));
    log.secret_batch(secret.month);
    log.register_source(ward);
  }

  /// Returns the record's index.
  std::uint64_t event(const std::string& payload) {
    log.batch_of(ward, {payload});
    return log.records.size() - 2;  // the seal is behind it
  }
  /// What the records since the last index make.
  [[nodiscard]] index::Index made() const { return made_of(log.records); }
  /// The same, as if the records were these.
  [[nodiscard]] index::Index made_of(const std::vector<Buffer>& records) const {
    index::IndexBuilder builder({log.origin, indexes}, {secret.month, mode});
    for (std::uint64_t i = end; i < records.size(); ++i)
      builder.add(LeafIndex{i}, format::decode_record(records[i]).value());
    return index::Index::make(std::move(builder), secret, LeafIndex{end}, LeafIndex{records.size()})
        .value();
  }
  void commit(const format::IndexCommitment& says) {
    log.control(format::Kind::kIndexCommitment, format::index_commitment_text(says));
    end = says.end.value;
    ++indexes;
  }
  void commit() { commit(made().commitment()); }

  [[nodiscard]] SeenIndexes seen() const {
    SeenIndexes seen;
    for (std::uint64_t i = 0; i < log.records.size(); ++i) seen.see(LeafIndex{i}, log.records[i]);
    return seen;
  }
  /// As an audit would have it: a month begins with the log, and the disposal of it, if there is one.
  [[nodiscard]] rules::Retention retention() const {
    rules::Retention out;
    out.apply(
        rules::ClockAct{{LeafIndex{0}, {}}, {log.origin, 0, kBeginsUs, kBeginsUs, 0, {}, {}}, {}});
    return out;
  }
  [[nodiscard]] Result<format::AnswerEvidence> answer(const Asked& asked) const {
    const std::string note = log.checkpoint(log.records.size());
    const verify::VerifiedCheckpoint in =
        verify::verify_checkpoint(note, {log.origin, log.first.verifier, {}, {}}).value();
    const SeenIndexes seen = this->seen();
    const rules::Retention retention = this->retention();
    const format::SignedCheckpoint signed_in{in.checkpoint, note};
    const verify::MemorySource source(log.files());
    return make_evidence(asked, {seen, retention, signed_in, source});
  }
  [[nodiscard]] Result<ProvenAnswer> verify(const std::string& text) const {
    return verify_evidence(text, {log.origin, log.first.verifier, {}, {}});
  }
  [[nodiscard]] Result<ProvenAnswer> verify(const format::AnswerEvidence& evidence) const {
    return verify(format::format_evidence(evidence));
  }

  verify::LogBuilder log;
  verify::SigningKey ward = verify::SigningKey::make("ward", "ward");
  format::Mode mode;
  format::MonthSecret secret;  // as the builder has it
  std::uint64_t indexes = 0;
  std::uint64_t end = 0;  // of the last index
};

inline Asked asked(const std::string& field, const std::vector<std::string>& values) {
  return {{{field, values}}, {}, {}};
}

}  // namespace varve::evidence
