// Opening and recovering. OpenSession succeeds on some tokens that are gone, so what decides
// whether a token is back is that it is found by name, takes the PIN and does the operation.
#include "hsm/connection.h"

#include "ledger/env/posix.h"

namespace varve::hsm {
namespace {

constexpr std::uint64_t kRecoveryPauseMs = 100;

}  // namespace

Connection::~Connection() {
  if (module_) close_session();
}

Result<void> Connection::open() {
  auto use = ModuleUse::of(path_);
  if (!use) return std::move(use).error();
  module_.emplace(std::move(*use));
  return log_in();
}

Result<void> Connection::log_in() {
  generation_ = (*module_)->generation();
  const auto inside = (*module_)->enter();
  ASSIGN_OR_RETURN(session_, Session::open(**module_, token_, pin_.view()));
  return {};
}

void Connection::close_session() {
  const auto inside = (*module_)->enter();
  session_.reset();
}

void Connection::pause() {
  next_recovery_ms_ = env::posix_clock().steady_ms() + kRecoveryPauseMs;
}

Result<void> Connection::recover(const std::string& why) {
  if (env::posix_clock().steady_ms() < next_recovery_ms_) return busy(why);
  close_session();
  auto result = (*module_)->restart(generation_);
  if (result) result = log_in();
  if (result || result.error().code == Code::kIo) return result;
  pause();
  return busy("token lost (" + why + ") and not back: " + result.error().message);
}

}  // namespace varve::hsm
