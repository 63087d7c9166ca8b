// One sender's way to the log: who it is, its share, and its batches, one after the other. A batch that
// the log cannot take now is tried again, and meanwhile nothing more is read from its sender.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/listeners/batch.h"
#include "api/net/bell.h"
#include "api/net/listening.h"

namespace varve::api {

/// On its connection's thread.
class Appending {
 public:
  /// `peer` and `address` as a connection has them.
  Appending(const Executor& executor, Listening& listening, std::string peer,
            std::optional<Address> address);

  /// What the sender has shown in the handshake; null: nothing.
  void show(std::shared_ptr<const PeerCertificate> certificate) {
    caller_.certificate = std::move(certificate);
  }
  /// Whether the sender may append, now. Whoever may not is counted, and written into the journal.
  bool identify();
  /// Whether identify() said no.
  [[nodiscard]] bool barred() const { return barred_; }

  /// Says how many bytes are in memory on behalf of the sender. False: there is no room in its share;
  /// then what it said before still counts.
  bool hold(std::uint64_t bytes);

  /// Ends once the batch is appended, or is refused for ever, or, after give_up(), cannot be appended
  /// now. Counts its messages. A second try never stores it twice. A batch without messages is appended
  /// at once.
  Awaitable<Fate> append(std::shared_ptr<const MessageBatch> batch);
  /// The server stops.
  void give_up();
  /// The sender is gone and was told nothing: it sends again whatever still waits for a rate, which is left out then.
  void abandon();

  /// Counts messages that were not taken, and writes the reason into the journal.
  void refuse(std::string_view reason);

 private:
  std::optional<Refusal> ask_access();
  Awaitable<Fate> try_until_taken(std::shared_ptr<const MessageBatch> batch);
  Awaitable<bool> wait_for_rate(std::uint64_t bytes);
  Awaitable<void> wait_for_share(std::uint64_t bytes);
  void complain(std::string_view event, std::string_view message);
  void record(int status, std::uint64_t bytes);
  Hash next_key();

  Listening& listening_;
  Caller caller_;
  Bell again_;
  bool barred_ = false;
  bool given_up_ = false;
  bool abandoned_ = false;
  std::uint64_t charged_ = 0;  // bytes of the batch under way that its rates were charged already
  Buffer name_;                // of this connection in keys: random
  std::uint64_t batches_ = 0;  // that have a key
  std::chrono::steady_clock::time_point began_;
};

}  // namespace varve::api
