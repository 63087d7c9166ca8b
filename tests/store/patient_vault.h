// A key vault that a test can hold in the middle of a call, and make answer whatever it likes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "ledger/env/signer.h"
#include "ledger/merkle/tree.h"

namespace varve::testing {

inline constexpr std::array kCodes{Code::kInvalid, Code::kNotFound,   Code::kWorm, Code::kCorrupt,
                                   Code::kIo,      Code::kOutOfOrder, Code::kBusy, Code::kFull};

/// Wraps by adding eight bytes of the label's hash. Thread: any; `destroyed`, `fails` and `states`
/// are set while no call is under way, or it is held.
class PatientVault final : public env::KeyVault {
 public:
  enum class State { kThere, kGone, kExchanged, kAway };

  Result<Buffer> wrap(std::string_view label, Bytes data_key) override {
    const std::lock_guard lock(mutex_);
    wrapped.insert(std::string(label));
    Buffer out = to_buffer(merkle::sha256(bytes_of(label)).view().first(8));
    append(out, data_key);
    return out;
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped_key) override {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    auto answer = answer_to(std::string(label), wrapped_key);
    ++answered_;
    changed_.notify_all();
    return answer;
  }

  /// Calls do not return until let_go().
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void wait_until_asked(int times) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, kPatience, [&] { return asked_ >= times; }));
  }
  void wait_until_answered(int times) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, kPatience, [&] { return answered_ >= times; }));
  }
  [[nodiscard]] int asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  std::set<std::string> wrapped;        // labels under which a key was made
  std::set<std::string> destroyed;      // labels
  std::map<std::string, State> states;  // of labels; else kThere
  std::optional<Code> fails;            // what every call answers

 private:
  static constexpr std::chrono::minutes kPatience{2};

  Result<env::SecretBytes> answer_to(const std::string& label, Bytes wrapped_key) {
    if (fails) return Error{*fails, "the token was told to fail"};
    const State state = states.contains(label) ? states.at(label) : State::kThere;
    if (state == State::kAway) return busy("the token is away");
    if (destroyed.contains(label) || state == State::kGone) return not_found("no such key");
    if (state == State::kExchanged) return corrupt("it is another key of that name");
    const Hash tag = merkle::sha256(bytes_of(label));
    if (!std::ranges::equal(wrapped_key.first(8), tag.view().first(8))) return corrupt("altered");
    return env::SecretBytes::copy_of(wrapped_key.subspan(8));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  int asked_ = 0;
  int answered_ = 0;
};

}  // namespace varve::testing
