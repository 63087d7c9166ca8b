// Who gets a data key, when several ask a token that is slow, away, or has lost the key.
#include "ledger/store/data_keys.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/store/rewrap.h"
#include "tests/store/patient_vault.h"

namespace varve::store {
namespace {

constexpr std::uint32_t kMonth = 202'611;
constexpr const char* kLabel = "varve/log/2026-11";

class Asking : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(env::initialize());
    std::string pattern = ::testing::TempDir() + "varve-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    files_ = std::move(*env::open_posix(directory_));
    auto maker = keys();
    for (std::uint64_t k = 0; k < 4; ++k) {
      headers_.push_back({});
      headers_[k].ordinal = k;
      headers_[k].month = kMonth;
      const auto key = maker.create(headers_[k]);
      ASSERT_TRUE(key);
      made_.push_back(to_buffer(key->view()));
    }
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] DataKeys keys() { return {*files_, vault_, env::system_random(), "varve/log"}; }
  /// As a caller that repeats the call as long as it gets kBusy.
  Result<PinnedKey> get_in_time(DataKeys& keys, std::uint64_t ordinal) {
    for (;;) {
      auto key = keys.get(headers_[ordinal]);
      if (key || !key.error().message.starts_with("the token is slow")) return key;
    }
  }
  void expect_key(DataKeys& keys, std::uint64_t ordinal) {
    const auto key = get_in_time(keys, ordinal);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(to_buffer(key->view()), made_[ordinal]);
  }
  void keep_remains(std::uint64_t ordinal, std::uint32_t month) {
    ASSERT_TRUE(files_->make_directory(kRemainsFolder));
    ASSERT_TRUE(env::write_durably(*files_, remains_path(ordinal),
                                   encode_remains({month, ordinal, {}, 9, {Buffer(32)}})));
  }

  std::string directory_;
  std::unique_ptr<env::Filesystem> files_;
  testing::PatientVault vault_;
  std::vector<SegmentHeader> headers_;
  std::vector<Buffer> made_;
};

// However slow the token is, and however many read: who is refused finds his key when he comes
// again.
TEST_F(Asking, WhoIsRefusedFindsHisKeyWhenHeComesAgain) {
  auto all = keys();
  vault_.hold();
  std::thread first([&] { expect_key(all, 0); });
  vault_.wait_until_asked(1);
  for (std::uint64_t k = 1; k < 4; ++k) {
    const auto refused = all.get(headers_[k]);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kBusy);
  }
  vault_.let_go();
  first.join();
  vault_.wait_until_answered(4);
  vault_.fails = Code::kBusy;  // what is found now was there
  for (std::uint64_t k = 0; k < 4; ++k) expect_key(all, k);
}

TEST_F(Asking, WhoIsRefusedIsToldWhenHeComesAgainThatTheKeyIsGone) {
  auto all = keys();
  vault_.hold();
  std::thread first([&] { EXPECT_EQ(all.get(headers_[0]).error().code, Code::kNotFound); });
  vault_.wait_until_asked(1);
  vault_.destroyed.insert(kLabel);
  EXPECT_EQ(all.get(headers_[1]).error().code, Code::kBusy);
  vault_.let_go();
  first.join();
  vault_.wait_until_answered(2);
  vault_.fails = Code::kBusy;
  EXPECT_EQ(get_in_time(all, 1).error().code, Code::kNotFound);
  EXPECT_EQ(get_in_time(all, 1).error().code, Code::kBusy) << "told once, then asked again";
}

TEST_F(Asking, AKeyThatIsInMemoryNeverWaitsForTheToken) {
  auto all = keys();
  expect_key(all, 0);
  vault_.hold();
  std::thread other([&] { expect_key(all, 1); });
  vault_.wait_until_asked(2);
  expect_key(all, 0);
  vault_.let_go();
  other.join();
}

TEST_F(Asking, NoErrorIsRememberedWhateverItWas) {
  for (const Code code : testing::kCodes) {
    SCOPED_TRACE(static_cast<int>(code));
    auto all = keys();
    vault_.fails = code;
    EXPECT_EQ(all.get(headers_[0]).error().code, code);
    vault_.fails.reset();
    expect_key(all, 0);
  }
}

TEST_F(Asking, IsLeftInPeaceWhenTheTokenIsAwayAndGoesOnWhenItIsBack) {
  auto all = keys();
  vault_.hold();
  std::thread first([&] { EXPECT_EQ(all.get(headers_[0]).error().code, Code::kBusy); });
  vault_.wait_until_asked(1);
  for (std::uint64_t k = 1; k < 4; ++k) EXPECT_FALSE(all.get(headers_[k]));
  vault_.fails = Code::kBusy;
  vault_.let_go();
  first.join();
  vault_.wait_until_answered(2);  // one of the three; after that nobody asks for the others
  vault_.fails.reset();
  for (std::uint64_t k = 0; k < 4; ++k) {
    auto key = all.get(headers_[k]);
    while (!key && key.error().code == Code::kBusy) key = all.get(headers_[k]);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(to_buffer(key->view()), made_[k]);
  }
}

TEST_F(Asking, EveryOneOfManyEndsWithTheKeyThoughOnlyTwoAreKept) {
  DataKeys all(*files_, vault_, env::system_random(), "varve/log", 2);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t k = 0; k < 400; ++k) {
        const std::uint64_t ordinal = (k + t) % 4;
        auto key = all.get(headers_[ordinal]);
        while (!key && key.error().code == Code::kBusy) key = all.get(headers_[ordinal]);
        ASSERT_TRUE(key) << key.error().message;
        ASSERT_EQ(to_buffer(key->view()), made_[ordinal]);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

// The key of the month's file, then that of the header, each there, gone, exchanged for another of
// its name, or not to be had: what one unwraps is taken, and only when both are settled is the
// answer.
TEST_F(Asking, AsksUnderBothKeysOfAMonthThatWasRotatedBeforeItSettlesAnything) {
  auto old = keys();
  const std::string second = "varve/log/2026-11.2";
  ASSERT_TRUE(
      replace_month_keys(*files_, {{kMonth}, second, {{0, *vault_.wrap(second, made_[0])}}}));
  using State = testing::PatientVault::State;
  const std::vector<State> states = {State::kThere, State::kGone, State::kExchanged, State::kAway};
  for (const State anew : states)
    for (const State first : states) {
      SCOPED_TRACE(static_cast<int>(anew) * 10 + static_cast<int>(first));
      vault_.states[second] = anew;
      vault_.states[kLabel] = first;
      const auto key = unwrap_data_key(*files_, vault_, headers_[0]);
      if (anew == State::kThere || (anew != State::kAway && first == State::kThere)) {
        ASSERT_TRUE(key);
        EXPECT_EQ(to_buffer(key->view()), made_[0]);
        continue;
      }
      ASSERT_FALSE(key);
      const bool settled = anew != State::kAway && first != State::kAway;
      EXPECT_EQ(is_gone(key.error()), settled);
      const bool exchanged = anew == State::kExchanged || first == State::kExchanged;
      if (!settled) continue;
      EXPECT_EQ(key.error().code, exchanged ? Code::kCorrupt : Code::kNotFound);
    }
}

TEST_F(Asking, ADamagedFileOfTheMonthSettlesNothing) {
  ASSERT_TRUE(files_->make_directory(kMonthKeysFolder));
  std::ofstream(directory_ + "/data-keys/2026-11") << "rot";
  for (const auto state :
       {testing::PatientVault::State::kGone, testing::PatientVault::State::kExchanged}) {
    vault_.states[kLabel] = state;
    const auto key = unwrap_data_key(*files_, vault_, headers_[0]);
    ASSERT_FALSE(key);
    EXPECT_NE(key.error().message.find("data-keys/2026-11 is damaged"), std::string::npos);
  }
}

TEST_F(Asking, MakesNoKeyForAMonthThatWasDisposedOf) {
  keep_remains(0, kMonth);
  keep_remains(1, 202'609);
  vault_.wrapped.clear();
  for (const std::uint32_t month : {202'609U, 202'610U, 202'611U, 202'612U}) {
    SCOPED_TRACE(month);
    auto fresh = keys();
    SegmentHeader header;
    header.ordinal = 9;
    header.month = month;
    const bool disposed = month == kMonth || month == 202'609U;
    const auto made = fresh.create(header);
    EXPECT_EQ(made.has_value(), !disposed);
    if (!made) {
      EXPECT_EQ(made.error().code, Code::kWorm);
    }
    const std::string label = first_label("varve/log", {month}) + ".2";
    auto old = keys();
    const auto rotated = rewrap_month(*files_, {month}, old, vault_, label);
    EXPECT_EQ(rotated.has_value(), !disposed);
    if (!rotated) {
      EXPECT_EQ(rotated.error().code, Code::kWorm);
    }
    EXPECT_EQ(vault_.wrapped.contains(label), !disposed);
    EXPECT_EQ(vault_.wrapped.contains(first_label("varve/log", {month})), !disposed);
  }
}

// What is disposed of: the token may have the key for ever, and nobody gets it.
TEST_F(Asking, WhatIsForgottenIsGoneWhateverTheTokenHas) {
  auto all = keys();
  expect_key(all, 0);
  expect_key(all, 1);
  all.forget({0, 2});
  for (const std::uint64_t k : {0, 2}) {
    const auto refused = all.get(headers_[k]);
    ASSERT_FALSE(refused) << k;
    EXPECT_TRUE(is_gone(refused.error())) << k;
  }
  expect_key(all, 1);
  expect_key(all, 3);
}

// Whoever asks the token for one of them just now has gone before, and others are not waited for.
TEST_F(Asking, ForgettingWaitsForTheKeyThatTheTokenIsGivingAndForNoOther) {
  auto all = keys();
  vault_.hold();
  std::thread asker([&] { static_cast<void>(all.get(headers_[0])); });
  vault_.wait_until_asked(1);
  all.forget({1});
  std::atomic<bool> answers = false;
  std::thread token([&] {
    answers = true;
    vault_.let_go();
  });
  all.forget({0});
  EXPECT_TRUE(answers);
  token.join();
  asker.join();
  EXPECT_FALSE(all.get(headers_[0]));
}

}  // namespace
}  // namespace varve::store
