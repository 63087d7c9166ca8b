// From events to spooled batches, waiting while there is no room.
#include "tools/collect/intake.h"

namespace varve::collect {

Intake::Intake(Sealer& sealer, Spool& spool, WaitForRoom wait, Say say)
    : sealer_(sealer), spool_(spool), wait_(std::move(wait)), say_(std::move(say)) {}

bool Intake::add(std::string_view media_type, Bytes payload, const std::string& where) {
  const Result<void> added = sealer_.add(media_type, payload);
  if (added)
    bytes_ += payload.size();
  else
    refuse(where, added.error().message);
  return added.has_value();
}

void Intake::refuse(const std::string& where, const std::string& why) {
  ++count_.refused;
  say_("refused " + where + ": " + why);
}

Result<void> Intake::flush(std::vector<Position> positions) {
  if (sealer_.empty()) return {};
  ASSIGN_OR_RETURN(const Sealed sealed, sealer_.seal());
  Result<void> committed = spool_.commit(sealed, positions);
  while (!committed && committed.error().code == Code::kFull && wait_(committed.error()))
    committed = spool_.commit(sealed, positions);
  if (!committed) return committed;
  count_.events += sealed.events;
  count_.batches += 1;
  count_.bytes += bytes_;
  bytes_ = 0;
  return {};
}

Result<void> Intake::remember(const std::vector<Position>& positions) {
  CHECK(empty());
  return spool_.remember(positions);
}

}  // namespace varve::collect
