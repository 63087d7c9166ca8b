// Waiting, by the machine's own clock.
#include "ledger/env/token_turns.h"

namespace varve::env {
namespace {

Error token_has_other_work() {
  return busy("the token's time is taken by other signatures");
}

}  // namespace

TokenTurns::Turn TokenTurns::for_checkpoint() {
  const MutexLock lock(mutex_);
  ++checkpoints_;
  return {*this, Turn::Kind::kCheckpoint};
}

Result<TokenTurns::Turn> TokenTurns::for_witnesses() {
  const Deadline yields_until(kWitnessYields);
  const Deadline patience(kWitnessPatience);
  const MutexLock lock(mutex_);
  ++witnesses_waiting_;
  bool yields = true;
  bool patient = true;
  while (patient && (other_ || (yields && checkpoints_ != 0))) {
    if (yields)
      yields = changed_.wait_until(mutex_, yields_until);
    else
      patient = changed_.wait_until(mutex_, patience);
  }
  --witnesses_waiting_;
  changed_.notify_all();
  if (!patient) return token_has_other_work();
  other_ = true;
  return Turn(*this, Turn::Kind::kWitnesses);
}

Result<TokenTurns::Turn> TokenTurns::for_receipts() {
  const Deadline patience(kReceiptPatience);
  const MutexLock lock(mutex_);
  for (;;) {
    if (other_ || checkpoints_ != 0 || witnesses_waiting_ != 0) {
      if (!changed_.wait_until(mutex_, patience)) return token_has_other_work();
    } else if (rest_) {
      const std::uint64_t before = receipts_;
      if (!changed_.wait_until(mutex_, *rest_) && receipts_ == before) rest_.reset();
    } else {
      other_ = true;
      ++receipts_;
      return Turn(*this, Turn::Kind::kReceipts);
    }
  }
}

void TokenTurns::end(Turn::Kind kind) {
  const MutexLock lock(mutex_);
  if (kind == Turn::Kind::kCheckpoint) {
    --checkpoints_;
  } else {
    other_ = false;
    if (kind == Turn::Kind::kReceipts) rest_ = Deadline(kRest);
  }
  changed_.notify_all();
}

}  // namespace varve::env
