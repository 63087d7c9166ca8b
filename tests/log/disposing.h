// A log whose January approvers may let go, and a token that may lose its key meanwhile.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ledger/format/tombstone.h"
#include "tests/log/approvers.h"
#include "tests/log/two_months.h"

namespace varve::testing {

inline constexpr std::uint32_t kFirstMonth = 202'601;
inline constexpr std::uint64_t kJanuaryBegins = 1'767'300'000'000'000;  // 2026-01-01
inline constexpr std::uint64_t kFebruaryBegins = kJanuaryBegins + 32 * format::kDayUs;
inline constexpr std::uint64_t kMarchBegins = kFebruaryBegins + 32 * format::kDayUs;

/// A token in memory that may lose a key while a log runs.
class SoftToken final : public env::KekCustody {
 public:
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override {
    const std::lock_guard lock(mutex_);
    if (away) return busy("the token is gone");
    labels_.insert(std::string{label});
    return vault_.wrap(label, data_key);
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override {
    const std::lock_guard lock(mutex_);
    if (away) return busy("the token is gone");
    if (!labels_.contains(std::string{label})) return not_found("no such key");
    return vault_.unwrap(label, wrapped);
  }
  Result<std::vector<std::string>> kek_labels() override {
    const std::lock_guard lock(mutex_);
    if (away || lists_nothing) return busy("the token is gone");
    return std::vector<std::string>(labels_.begin(), labels_.end());
  }
  Result<void> destroy_kek(std::string_view label) override {
    const std::lock_guard lock(mutex_);
    if (labels_.erase(std::string{label}) == 0) return not_found("no such key");
    return {};
  }
  [[nodiscard]] bool has(const std::string& label) {
    const std::lock_guard lock(mutex_);
    return labels_.contains(label);
  }
  std::atomic<bool> away = false;
  std::atomic<bool> lists_nothing = false;  // it gives keys, and does not answer what it holds

 private:
  std::mutex mutex_;
  std::set<std::string> labels_;
  SoftVault vault_;
};

class Disposing : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.clock = &clock_;
    world_.other_vault = &token_;
    world_.holders = {{"pkcs11:token=one", &token_}};
    world_.options.first_policy.period = 30;
    world_.notice = [this](std::string_view event, const std::string&) {
      const std::lock_guard lock(mutex_);
      told_.insert(std::string{event});
    };
    clock_.now = kJanuaryBegins;
    ASSERT_TRUE(world_.open());
    people_.name();
    append("january", 5);
    ASSERT_TRUE(world_.reopen());
    append("january", 5);  // which is a repetition: a segment of January stays empty
    clock_.now = kFebruaryBegins;
    append("february", 3);
    clock_.now = kMarchBegins;
    append("march", 1);
    for (std::uint64_t i = 0; i < world_.size().value; ++i) records_.push_back(record({i}));
  }

  void append(const std::string& word, std::size_t count) {
    std::vector<std::string> payloads;
    for (std::size_t k = 0; k < count; ++k)
      payloads.push_back("{\"" + word + "\":" + std::to_string(k) + "}");
    const auto done = world_.append_events(payloads, word);
    ASSERT_TRUE(done) << done.error().message;
  }
  [[nodiscard]] Buffer record(LeafIndex i) const {
    auto read = world_.log->records(i, 1);
    for (int k = 0; !read && read.error().code == Code::kBusy && k < 1'000; ++k)
      read = world_.log->records(i, 1);  // its key has gone just now
    EXPECT_TRUE(read) << read.error().message;
    return read ? read->front() : Buffer{};
  }
  /// January is noticed, and the notice has its age.
  void notice_january() {
    const auto noticed = people_.give(people_.notice({kFirstMonth}));
    ASSERT_TRUE(noticed) << noticed.error().message;
    pass(8);
  }
  void pass(std::uint64_t days) {
    clock_.now = clock_.now + days * format::kDayUs;
    append("day " + std::to_string(clock_.now), 1);
  }
  void dispose_of_january() {
    notice_january();
    const auto disposed = people_.send(people_.disposal(), {&people_.ann, &people_.bob});
    ASSERT_TRUE(disposed) << disposed.error().message;
  }
  void expect_refused(const format::Disposal& disposal, const std::vector<const SoftKey*>& by,
                      const std::string& why) {
    const TreeSize before = world_.size();
    const auto refused = people_.send(disposal, by);
    ASSERT_FALSE(refused) << why;
    EXPECT_NE(refused.error().message.find(why), std::string::npos) << refused.error().message;
    EXPECT_EQ(world_.size(), before);
    EXPECT_TRUE(token_.has(kJanuaryKey));
  }
  [[nodiscard]] const rules::Month& january() {
    view_ = world_.log->view();
    return *view_.retention->find_month(kFirstMonth);
  }
  /// Until the ledger says what became of January.
  void wait_until_said(std::size_t times = 1) {
    while (said().size() < times) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  /// What `disposed` records say.
  [[nodiscard]] std::vector<std::string> said() const {
    std::vector<std::string> texts;
    for (std::uint64_t i = records_.size(); i < world_.size().value; ++i) {
      const Buffer bytes = record({i});
      if (format::is_tombstone(bytes)) continue;
      const auto read = format::decode_record(bytes);
      if (read && read->kind == format::Kind::kDisposed) texts.emplace_back(text_of(read->payload));
    }
    return texts;
  }
  /// Nothing that goes with January can be read, and all else is what it was.
  void expect_january_gone() {
    EXPECT_FALSE(token_.has(kJanuaryKey));
    const LeafIndex end = view_end();
    for (std::uint64_t i = 0; i < records_.size(); ++i) {
      SCOPED_TRACE(i);
      const auto was = format::decode_record(records_[i]);
      const bool goes = i < end.value && format::row_of(was->kind).fate == format::Fate::kGoes;
      const Buffer now = record({i});
      EXPECT_EQ(format::is_tombstone(now), goes);
      if (!goes) {
        EXPECT_EQ(now, records_[i]);
      }
    }
  }
  [[nodiscard]] std::size_t files_of_january() const {
    std::size_t files = 0;
    const auto segments = store::segments_of_month(*world_.files, kFirstMonth);
    EXPECT_TRUE(segments);
    for (const auto& header : *segments)
      files +=
          std::filesystem::exists(world_.directory + "/" + store::segment_path(header.ordinal));
    return files;
  }
  /// As a server left it that kept files: January's key is gone, as the log says, and its segments have
  /// remains of format 1. Closes the log.
  void keep_files_as_before() {
    world_.holders.clear();
    ASSERT_TRUE(world_.reopen());
    dispose_of_january();
    format::Disposed disposed{world_.options.origin, january().disposal->leaf, kFirstMonth};
    const auto segments = store::segments_of_month(*world_.files, kFirstMonth);
    ASSERT_TRUE(segments);
    for (const auto& header : *segments) disposed.segments.push_back(header.ordinal);
    disposed.tokens = {{format::KeyEnd::kDestroyed, "pkcs11:token=one"}};
    const auto told = world_.append_control(format::Kind::kDisposed,
                                            format::disposed_text(disposed, format::Mode::kLocked));
    ASSERT_TRUE(told) << told.error().message;
    world_.log.reset();
    store::DataKeys keys(*world_.files, token_, env::system_random(), "varve/test");
    for (const auto& header : *segments)
      ASSERT_TRUE(store::write_remains(*world_.files, header, *keys.get(header), kMarchBegins));
    ASSERT_TRUE(token_.destroy_kek(kJanuaryKey));
    world_.holders = {{"pkcs11:token=one", &token_}};
  }
  [[nodiscard]] LeafIndex view_end() {
    const rules::Month& month = january();
    return view_.retention->range_of(month)->end;
  }
  void expect_intact() {
    world_.log.reset();
    const auto report = audit_store(world_.options, world_.environment());
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
  }
  void wait_until_told(const std::string& event) {
    while (!was_told(event)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  void forget_what_was_told() {
    const std::lock_guard lock(mutex_);
    told_.clear();
  }
  [[nodiscard]] bool was_told(const std::string& event) {
    const std::lock_guard lock(mutex_);
    return told_.contains(event);
  }

  std::mutex mutex_;
  std::set<std::string> told_;
  SetClock clock_;
  SoftToken token_;
  SoftToken second_;  // of the two tests that need it
  World world_;
  TwoApprovers people_{world_};
  std::vector<Buffer> records_;
  LedgerView view_;
};

}  // namespace varve::testing
