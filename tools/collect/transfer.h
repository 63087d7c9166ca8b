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

inline constexpr std::uint64_t kLastRequestMs = 5'000;

struct TransferOptions {
  std::uint64_t patience_ms = 0;    // SenderParts
  bool waits_to_be_mended = false;  // SenderParts
};

/// Thread: one owner; the sender runs from start() to outcome() or destruction.
class Transfer {
 public:
  /// Errors: those of connect(), unless the sender waits for what can be mended, and LogKeys::load.
  static Result<std::unique_ptr<Transfer>> start(Session& session, TransferOptions options,
                                                 Terminal& terminal);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Whether the sender is still at work; an error of its own ends it.
  [[nodiscard]] bool running() const { return !ended_; }
  /// WaitForRoom of an intake: waits a moment for the sender. False: it will make no room.
  bool wait_for_room(const Error& why);

  /// Everything was read: waits until it is sent, or a stop is requested.
  void await_sent();
  /// Tells the sender to end, and waits for the request that is under way, kLastRequestMs at most.
  /// Returns whether it has ended; else the request is broken off.
  bool stop();
  /// Waits for it to end, after stop() a moment. Longer only where the system is looking for the
  /// log's name. Errors: of Sender::run.
  Result<void> outcome();
  [[nodiscard]] SendCount sent() const { return sender_->sent(); }

 private:
  Transfer(Session& session, LogKeys keys, Terminal& terminal);
  void run();
  void show_progress();

  Session& session_;
  LogKeys keys_;
  Terminal& terminal_;
  std::optional<Sender> sender_;
  std::thread thread_;
  Result<void> outcome_;  // of the thread; read after it is joined
  std::atomic<bool> ended_ = false;
  std::atomic<bool> cancelled_ = false;  // requests of the sender
  bool said_full_ = false;
};

}  // namespace varve::collect
