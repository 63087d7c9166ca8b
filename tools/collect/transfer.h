// A sender on a thread of its own, so that reading and sending overlap.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "ledger/base/result.h"
#include "tools/client/http.h"
#include "tools/collect/log_keys.h"
#include "tools/collect/sender.h"
#include "tools/collect/session.h"
#include "tools/collect/terminal.h"

namespace varve::collect {

/// Thread: one owner; the sender runs from start() to finish(), stop() or destruction.
class Transfer {
 public:
  /// Errors: those of connect() and LogKeys::load.
  static Result<std::unique_ptr<Transfer>> start(Session& session, std::uint64_t patience_ms,
                                                 Terminal& terminal);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Whether the sender is still at work; an error of its own ends it.
  [[nodiscard]] bool running() const { return !ended_; }
  /// WaitForRoom of an intake: waits a moment for the sender. False: it will make no room.
  bool wait_for_room(const Error& why);

  /// Everything was read: waits until it is sent, or a stop is requested. Errors: of Sender::run.
  Result<void> finish();
  /// Ends after the request that is under way.
  Result<void> stop();
  [[nodiscard]] SendCount sent() const { return sender_->sent(); }

 private:
  Transfer(Session& session, client::HttpClient log, LogKeys keys, Terminal& terminal);
  void run();
  void show_progress();

  Session& session_;
  client::HttpClient log_;
  LogKeys keys_;
  Terminal& terminal_;
  std::optional<Sender> sender_;
  std::thread thread_;
  Result<void> outcome_;  // of the thread; read after it is joined
  std::atomic<bool> ended_ = false;
  bool said_full_ = false;
};

}  // namespace varve::collect
