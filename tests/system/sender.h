// Senders that append over HTTP as fast as they are answered and remember every promise they got,
// so that it can be held against the server later.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "installation.h"
#include "ledger/format/receipt.h"

namespace varve::system {

/// What was sent under one Idempotency-Key, and the receipt that came back.
struct Promise {
  std::string key;
  std::vector<std::string> events;
  std::string receipt;  // JSON, as it came
};

/// Several threads that post small requests until they are stopped. A failed request is
/// forgotten: nobody promised anything.
class Senders {
 public:
  Senders(const Installation& where, unsigned threads, std::string name);
  ~Senders() { stop(); }
  Senders(const Senders&) = delete;
  Senders& operator=(const Senders&) = delete;

  void stop();
  [[nodiscard]] std::size_t promises() const { return count_; }
  /// After stop().
  [[nodiscard]] const std::vector<Promise>& all() const { return promises_; }
  /// Answers that were neither a promise nor a lost connection, by HTTP status.
  [[nodiscard]] const std::vector<int>& refusals() const { return refusals_; }

 private:
  void send_for_ever(unsigned number);

  const Installation& where_;
  std::string name_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> count_ = 0;
  std::mutex mutex_;  // guards the two lists
  std::vector<Promise> promises_;
  std::vector<int> refusals_;
  std::vector<std::thread> threads_;
};

/// One request. Gives the answer of the server, or the error of the connection.
Result<client::HttpResponse> post_events(client::HttpClient& client, const std::string& key,
                                         const std::vector<std::string>& events);

/// The leaf hashes that the sender computes itself, from the record headers and its own events.
std::vector<Hash> leaves_of(const format::Receipt& receipt, const std::vector<std::string>& events);

/// Verifies the receipt with nothing but keys. Gives what is wrong.
Result<format::Receipt> check_promise(const Promise& promise,
                                      std::span<const format::VerifierKey> known);

}  // namespace varve::system
