// A logged-in session that is opened again when the token loses it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "hsm/session.h"
#include "ledger/base/mutex.h"
#include "ledger/env/secret.h"

namespace varve::hsm {

/// Used by one thread at a time. Finalises the module with the last connection that uses it.
class Connection {
 public:
  /// `latch` may be null.
  Connection(std::string module, Uri token, env::SecretBytes pin, std::shared_ptr<PinLatch> latch)
      : path_(std::move(module)),
        token_(std::move(token)),
        pin_(std::move(pin)),
        latch_(std::move(latch)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// One like it, not open. Errors: kBusy  no guarded memory is left. Thread: any.
  [[nodiscard]] Result<std::shared_ptr<Connection>> another() const;

  /// Loads the module, finds the token, logs in. Errors: as Session::open; kIo  no such module.
  Result<void> open();

  /// Runs `operation` on the session. When the token has been lost: finalises and initialises the
  /// module, finds the token by its name, logs in, and runs it once more.
  /// Errors: of the operation; kBusy  the token is still gone; kIo  it refuses the PIN now.
  template <class T, class Operation>
  Result<T> run(const Operation& operation) {
    auto result = run_once<T>(operation);
    if (result || result.error().code != Code::kBusy) return result;
    RETURN_IF_ERROR(restart(result.error().message));
    result = run_once<T>(operation);
    if (!result && result.error().code == Code::kBusy) pause();
    return result;
  }

 private:
  template <class T, class Operation>
  Result<T> run_once(const Operation& operation) {
    Module& module = **module_;
    const ReaderLock inside(module.inside());
    RETURN_IF_ERROR(renew_session(module));
    return operation(*session_);
  }

  Result<void> log_in(Module& module) REQUIRES_SHARED(module.inside());
  Result<void> renew_session(Module& module) REQUIRES_SHARED(module.inside());
  void drop_session(const Module& module) REQUIRES_SHARED(module.inside());
  Result<void> restart(const std::string& why);
  void pause();

  const std::string path_;
  const Uri token_;
  const env::SecretBytes pin_;
  const std::shared_ptr<PinLatch> latch_;
  std::optional<ModuleUse> module_;
  std::uint64_t generation_ = 0;  // of the module, when the session was opened
  std::unique_ptr<Session> session_;
  std::uint64_t next_restart_ms_ = 0;  // not before: a token that is gone is not hammered
};

}  // namespace varve::hsm
