// The thread, and what it found last.
#include "api/outbound/key_set_url.h"

#include <algorithm>
#include <chrono>

namespace varve::api {

KeySetUrl::KeySetUrl(KeySetUrlOptions options, Journal& journal)
    : options_(std::move(options)), journal_(journal), thread_([this] { run(); }) {}

KeySetUrl::~KeySetUrl() {
  cancelled_ = true;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

std::uint64_t KeySetUrl::next_ms() const {
  const std::uint64_t interval_ms = options_.interval_s * 1'000;
  return began_ms_ + (missed_ || failed_ ? std::min(kFetchEvery_ms, interval_ms) : interval_ms);
}

void KeySetUrl::run() {
  for (;;) {
    {
      const MutexLock lock(mutex_);
      began_ms_ = options_.clock->steady_ms();
      missed_ = false;
    }
    take(get(options_.peer, options_.bounds, cancelled_));
    const MutexLock lock(mutex_);
    for (;;) {
      const std::uint64_t now_ms = options_.clock->steady_ms();
      if (stopping_) return;
      if (now_ms >= next_ms()) break;
      wake_.wait_until(mutex_, Deadline(std::chrono::milliseconds(next_ms() - now_ms)));
    }
  }
}

void KeySetUrl::take(const Result<std::string>& text) {
  auto keys = text ? KeySet::parse(*text) : text.error();
  const MutexLock lock(mutex_);
  failed_ = !keys;
  if (stopping_) return;
  if (!keys) {
    ++status_.failures;
    const std::string& why = keys.error().message;
    return say("keys_not_fetched", text ? options_.peer.url + ": " + why : why);
  }
  good_ms_ = options_.clock->steady_ms();
  status_.keys = keys->size();
  status_.read_s = options_.clock->now_us() / 1'000'000;
  said_.clear();
  if (keys_ && text_ == *text) return;
  journal_.write(Level::kInfo, "keys_fetched",
                 {{"message", options_.peer.url}, {"keys", std::uint64_t{keys->size()}}});
  text_ = *text;
  keys_ = std::make_shared<const KeySet>(std::move(*keys));
}

void KeySetUrl::say(std::string_view event, const std::string& message) {
  if (said_ == message) return;
  said_ = message;
  journal_.write(Level::kWarning, event, {{"message", message}});
}

SharedKeySet KeySetUrl::current() {
  const MutexLock lock(mutex_);
  if (!keys_ || options_.clock->steady_ms() - good_ms_ <= options_.age_max_s * 1'000) return keys_;
  status_.keys = 0;
  keys_ = nullptr;
  journal_.error("keys_too_old", options_.peer.url + ": no keys were fetched for " +
                                     std::to_string(options_.age_max_s) +
                                     " seconds, so no token of this issuer is taken: see the line "
                                     "keys_not_fetched");
  return nullptr;
}

void KeySetUrl::missed() {
  const MutexLock lock(mutex_);
  missed_ = true;
  wake_.notify_all();
}

KeySourceStatus KeySetUrl::status() {
  const MutexLock lock(mutex_);
  return status_;
}

}  // namespace varve::api
