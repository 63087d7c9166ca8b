// The log that the tests attack.
#include "good_log.h"

namespace varve::verify {
namespace {

Result<Intact> run(LogCheck& check, const std::string& since) {
  RETURN_IF_ERROR(check.begin());
  if (!since.empty()) RETURN_IF_ERROR(check.must_extend(since));
  while (!check.done()) RETURN_IF_ERROR(check.step());
  return check.finish();
}

}  // namespace

Outcome audit(const Files& files, const format::VerifierKey& first, const std::string& since,
              Bytes saved) {
  const MemorySource source(files);
  LogCheck check(first, source, kNowUs);
  if (!saved.empty()) CHECK(check.resume(saved).has_value());
  auto result = run(check, since);
  if (result) return {std::move(*result), {}, {}};
  CHECK(check.finding().has_value() == (result.error().code == Code::kCorrupt));
  return {{}, check.finding(), result.error().message};
}

Outcome audit(const LogBuilder& log) {
  return audit(log.files(), log.first.verifier);
}

const SigningKey& ward() {
  static const SigningKey key = SigningKey::make("ward-7/printer", "ward key");
  return key;
}

const SigningKey& ward_next() {
  static const SigningKey key = SigningKey::make("ward-7/printer", "ward key 2");
  return key;
}

const SigningKey& lab() {
  static const SigningKey key = SigningKey::make("lab", "lab key");
  return key;
}

const format::Sender& ehr() {
  static const format::Sender sender{format::SenderKind::kClient, "EHR@ward-7"};
  return sender;
}

const format::Sender& relay() {
  static const format::Sender sender{format::SenderKind::kListener, "relay"};
  return sender;
}

SourceId id_of(const format::Sender& sender) {
  const auto id = format::source_id(format::source_name(sender));
  CHECK(id.has_value());
  return *id;
}

SourceId id_of(const SigningKey& source) {
  const auto id = format::source_id(source.verifier.name);
  CHECK(id.has_value());
  return *id;
}

LogBuilder good_log() {
  LogBuilder log;
  log.register_source(ward());
  log.register_source(lab());
  log.batch(ward(), 3);
  log.batch(lab(), 1);
  log.server_batch(4);
  log.batch(ward(), 2);
  log.rotate_key(SigningKey::make(log.origin, "second key"));
  log.batch(lab(), 5);
  log.rotate_source(ward(), ward_next());
  log.server_batch(1);
  log.batch(ward_next(), 4);
  log.retire_key(log.first);
  log.batch(lab(), 1);
  return log;
}

LogBuilder sender_log() {
  LogBuilder log = good_log();
  log.register_sender(ehr());
  log.register_sender(relay());
  log.sender_batch({{ehr(), 2}, {relay(), 3}});
  log.sender_batch({{ehr(), 1}});
  return log;
}

std::size_t find_record(const LogBuilder& log, format::Kind kind, SourceId source,
                        std::uint64_t sequence) {
  for (std::size_t i = 0; i < log.records.size(); ++i) {
    const auto record = format::decode_record(log.records[i]);
    if (record && record->kind == kind && record->source == source && record->sequence == sequence)
      return i;
  }
  check_failed("the log has that record", __FILE__, __LINE__);
}

}  // namespace varve::verify
