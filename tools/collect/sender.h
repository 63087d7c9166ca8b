// Sends what is spooled, in order, until the log's receipt for it is checked and stored.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "ledger/base/result.h"
#include "ledger/env/clock.h"
#include "ledger/format/batch.h"
#include "ledger/verify/history.h"
#include "tools/client/http.h"
#include "tools/collect/intake.h"
#include "tools/collect/log_keys.h"
#include "tools/collect/send_policy.h"
#include "tools/collect/spool.h"

namespace varve::collect {

struct SendCount {
  std::uint64_t batches = 0;
  std::uint64_t events = 0;
  std::uint64_t retries = 0;
  std::uint64_t receipt_us = 0;  // when the newest receipt came, since 1970; 0: none yet
  bool is_paused = false;        // until an operator mends what was said
};

/// What the sender needs; all of it outlives the sender.
struct SenderParts {
  env::Filesystem& files;
  Spool& spool;
  /// Opens a client, which reads the credential and the certificate authorities from their files.
  std::function<Result<client::HttpClient>()> connect;
  LogKeys& keys;
  env::Clock& clock;
  env::Random& random;
  Say say;
  std::uint64_t patience_ms = 0;  // give up after that long without progress; 0: never
  /// What an operator can mend while this runs (a refused credential, an expired certificate, a
  /// source that is not registered) does not end it: it is said, and tried again.
  bool waits_to_be_mended = false;
};

/// Thread: one calls run(); stop(), no_more() and sent() from any.
class Sender {
 public:
  explicit Sender(SenderParts parts) : parts_(std::move(parts)) {}

  /// Sends until the spool is empty and no_more() was said, or until stop(). After stop() it still
  /// sends what is spooled, for two seconds, and ends with the first request that fails. What is
  /// not sent then stays in the spool.
  /// Errors: kBusy     out of patience.
  ///         kWorm     the log holds other content under this batch's number.
  ///         kCorrupt  a receipt does not hold, or is of another history than the one before it (it
  ///                   is kept as evidence in receipts/<batch>.json.refused, beside the other), a
  ///                   spooled batch is damaged, or the log lost what it acknowledged.
  ///         kInvalid, kNotFound, kIo  as the log says, unless it waits_to_be_mended.
  Result<void> run();

  void stop();
  void no_more();
  [[nodiscard]] SendCount sent() const;

 private:
  Result<void> send(std::uint64_t sequence);
  Result<void> accept(const format::SealedBatch& batch, const std::string& json);
  Result<client::HttpResponse> post(Bytes batch);
  Result<client::HttpResponse> get(const std::string& path);
  Result<client::HttpClient*> client();
  Result<format::Receipt> verify(const format::SealedBatch& batch, const std::string& json);
  Result<format::Receipt> verify_now(const format::SealedBatch& batch, const std::string& json);
  Result<std::string> prove_history(const format::SealedBatch& batch, const format::Receipt& next);
  Result<std::string> fetch_consistency(std::uint64_t batch, const format::Receipt& next);
  Result<void> recall(std::uint64_t batch);
  Result<void> resend(std::uint64_t batch);
  Result<void> keep_as_evidence(const std::string& path, const std::string& json, Error why);
  Result<void> expected_instead(std::uint64_t sequence, std::uint64_t expected);
  Result<void> retry_later(const Error& why, std::uint64_t at_least_ms);
  void wait_to_be_mended(const Error& why);
  void pause(std::uint64_t ms) const;
  [[nodiscard]] bool ends() const;

  SenderParts parts_;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::uint64_t> stop_by_ms_ = 0;  // steady; set before stopped_
  bool gave_up_ = false;                       // something failed after stop(), or was waited for
  std::atomic<bool> no_more_ = false;
  std::optional<client::HttpClient> log_;
  std::optional<verify::Promise> held_;  // the newest receipt's
  bool recalled_ = false;                // ... was looked for on the disk
  std::atomic<bool> mending_ = false;    // it was said that sending pauses
  std::uint32_t failures_ = 0;           // in a row
  std::uint64_t last_progress_ms_ = 0;   // steady
  std::atomic<std::uint64_t> batches_ = 0;
  std::atomic<std::uint64_t> events_ = 0;
  std::atomic<std::uint64_t> retries_ = 0;
  std::atomic<std::uint64_t> receipt_us_ = 0;
};

}  // namespace varve::collect
