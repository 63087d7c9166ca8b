// From events to spooled batches, waiting while there is no room.
#include "tools/collect/intake.h"

#include <utility>

#include "ledger/format/record.h"
#include "ledger/merkle/tree.h"
#include "tools/collect/refusal.h"

namespace varve::collect {

Intake::Intake(Sealer& sealer, Spool& spool, WaitForRoom wait, Say say)
    : sealer_(sealer), spool_(spool), wait_(std::move(wait)), say_(std::move(say)) {}

void Intake::add(std::string_view media_type, Bytes payload, const std::string& where) {
  if (sealer_.add(media_type, payload))
    bytes_ += payload.size();
  else
    refuse_event(where, payload.size(), merkle::sha256(payload));
}

void Intake::refuse_event(const std::string& where, std::uint64_t size, const Hash& sha256) {
  refuse(where, "an event of " + std::to_string(size) + " bytes; a record holds less than " +
                    std::to_string(format::kRecordMax) +
                    ": the log gets its place, size and SHA-256 instead");
  const std::string text = refusal_text(where, size, sha256);
  CHECK(sealer_.add(format::kRefusedEventMediaType,
                    bytes_of(text)));  // a path is far smaller than a record
  ++too_large_;
}

void Intake::refuse(const std::string& where, const std::string& why) {
  ++count_.refused;
  say_("refused " + where + ": " + why);
}

Result<void> Intake::flush(const std::vector<Position>& positions) {
  if (sealer_.empty()) return {};
  ASSIGN_OR_RETURN(Sealed sealed, sealer_.seal());
  sealed.refused = std::exchange(too_large_, 0);
  RETURN_IF_ERROR(commit(sealed, positions));
  count_.events += sealed.events;
  count_.batches += 1;
  count_.bytes += bytes_;
  bytes_ = 0;
  return {};
}

Result<void> Intake::commit(const Sealed& sealed, const std::vector<Position>& positions) {
  Result<void> committed = spool_.commit(sealed, positions);
  while (!committed && committed.error().code == Code::kFull && wait_(committed.error()))
    committed = spool_.commit(sealed, positions);
  return committed;
}

Result<void> Intake::beat(const format::Heartbeat& heartbeat) {
  CHECK(empty());
  const std::string text = format::heartbeat_text(heartbeat);
  CHECK(sealer_.add(format::Kind::kHeartbeat, format::media_type_of(format::Kind::kHeartbeat),
                    bytes_of(text)));
  ASSIGN_OR_RETURN(const Sealed sealed, sealer_.seal());
  return commit(sealed, {});
}

Result<void> Intake::remember(const std::vector<Position>& positions) {
  CHECK(empty());
  Result<void> remembered = spool_.remember(positions);
  while (!remembered && remembered.error().code == Code::kFull && wait_(remembered.error()))
    remembered = spool_.remember(positions);
  return remembered;
}

}  // namespace varve::collect
