// Opening and recovering. OpenSession succeeds on some tokens that are gone, so what decides
// whether a token is back is that it is found by name, takes the PIN and does the operation.
#include "hsm/connection.h"

#include "ledger/env/posix.h"

namespace varve::hsm {
namespace {

constexpr std::uint64_t kRestartPauseMs = 100;

}  // namespace

Connection::~Connection() {
  if (!module_) return;
  Module& module = **module_;
  const ReaderLock inside(module.inside());
  drop_session(module);
}

Result<std::shared_ptr<Connection>> Connection::another() const {
  ASSIGN_OR_RETURN(Uri token, Uri::parse(token_.text()));
  ASSIGN_OR_RETURN(env::SecretBytes pin, env::SecretBytes::copy_of(pin_.view()));
  return std::make_shared<Connection>(path_, std::move(token), std::move(pin), latch_);
}

Result<void> Connection::open() {
  auto use = ModuleUse::of(path_);
  if (!use) return std::move(use).error();
  module_.emplace(std::move(*use));
  Module& module = **module_;
  const ReaderLock inside(module.inside());
  return log_in(module);
}

Result<void> Connection::log_in(Module& module) {
  generation_ = module.generation();
  ASSIGN_OR_RETURN(session_, Session::open(module, token_, pin_.view(), latch_.get()));
  return {};
}

/// Does nothing while the session is of the module's current generation.
Result<void> Connection::renew_session(Module& module) {
  if (session_ != nullptr && generation_ == module.generation()) return {};
  drop_session(module);
  const auto result = log_in(module);
  if (result || result.error().code == Code::kIo) return result;
  return busy("the token is not there: " + result.error().message);
}

/// A handle from before a restart may be somebody else's now: it is forgotten, not closed.
void Connection::drop_session(const Module& module) {
  if (session_ != nullptr && generation_ != module.generation()) session_->forget();
  session_.reset();
}

void Connection::pause() {
  next_restart_ms_ = env::posix_clock().steady_ms() + kRestartPauseMs;
}

Result<void> Connection::restart(const std::string& why) {
  if (env::posix_clock().steady_ms() < next_restart_ms_) return busy(why);
  const auto result = (*module_)->restart(generation_);
  if (result) return result;
  pause();
  return busy(why + "; starting it again: " + result.error().message);
}

}  // namespace varve::hsm
