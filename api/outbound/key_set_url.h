// A key set that an issuer publishes under an address, fetched on a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "api/access/journal.h"
#include "api/access/key_set.h"
#include "api/outbound/requests.h"
#include "ledger/base/mutex.h"
#include "ledger/env/posix.h"

namespace varve::api {

struct KeySetUrlOptions {
  Peer peer;
  std::uint64_t interval_s = 3'600;  // from one fetch to the next
  std::uint64_t age_max_s = 86'400;  // how long keys are used after they were fetched last
  OutboundBounds bounds = {};
  env::Clock* clock = &env::posix_clock();
};

/// Fetches at once, after each interval, and, when a token names an unknown key or a fetch failed, a
/// minute after the last fetch began. The newest good set is used until it is too old, whatever fails.
class KeySetUrl : public KeySource {
 public:
  static constexpr std::uint64_t kFetchEvery_ms = 60'000;  // at most

  /// Starts the thread. `journal` and the clock outlive it.
  KeySetUrl(KeySetUrlOptions options, Journal& journal);
  /// Ends a fetch that is under way.
  ~KeySetUrl() override;
  KeySetUrl(const KeySetUrl&) = delete;
  KeySetUrl& operator=(const KeySetUrl&) = delete;

  SharedKeySet current() override;
  void missed() override;
  [[nodiscard]] KeySourceStatus status() override;

 private:
  void run();
  void take(const Result<std::string>& text) EXCLUDES(mutex_);
  /// Says each thing once until something else was said.
  void say(std::string_view event, const std::string& message) REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t next_ms() const REQUIRES(mutex_);

  const KeySetUrlOptions options_;
  Journal& journal_;
  std::atomic<bool> cancelled_ = false;
  Mutex mutex_;
  CondVar wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool missed_ GUARDED_BY(mutex_) = false;         // since the last fetch began
  bool failed_ GUARDED_BY(mutex_) = false;         // the last fetch
  std::uint64_t began_ms_ GUARDED_BY(mutex_) = 0;  // the last fetch
  std::uint64_t good_ms_ GUARDED_BY(mutex_) = 0;   // the end of the last one that did not fail
  std::string text_ GUARDED_BY(mutex_);            // of keys_
  SharedKeySet keys_ GUARDED_BY(mutex_);
  std::string said_ GUARDED_BY(mutex_);
  KeySourceStatus status_ GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all the others
};

}  // namespace varve::api
