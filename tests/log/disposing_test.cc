// A month that approvers let go: from the record of that on nothing of it can be read, its keys are
// destroyed, and the ledger says what became of them. Whatever is refused leaves no record.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ledger/format/hold.h"
#include "ledger/format/tombstone.h"
#include "ledger/store/remains.h"
#include "tests/log/approvers.h"
#include "tests/log/two_months.h"

namespace varve {
namespace {

using format::Disposal;
using format::Kind;
using testing::SetClock;
using testing::TwoApprovers;
using testing::World;

constexpr std::uint32_t kFirstMonth = 202'601;
constexpr std::uint64_t kJanuaryBegins = 1'767'300'000'000'000;  // 2026-01-01
constexpr std::uint64_t kFebruaryBegins = kJanuaryBegins + 32 * format::kDayUs;
constexpr std::uint64_t kMarchBegins = kFebruaryBegins + 32 * format::kDayUs;

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
  testing::SoftVault vault_;
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
  void expect_refused(const Disposal& disposal, const std::vector<const testing::SoftKey*>& by,
                      const std::string& why) {
    const TreeSize before = world_.size();
    const auto refused = people_.send(disposal, by);
    ASSERT_FALSE(refused) << why;
    EXPECT_NE(refused.error().message.find(why), std::string::npos) << refused.error().message;
    EXPECT_EQ(world_.size(), before);
    EXPECT_TRUE(token_.has(testing::kJanuaryKey));
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
      if (read && read->kind == Kind::kDisposed) texts.emplace_back(text_of(read->payload));
    }
    return texts;
  }
  /// Nothing that goes with January can be read, and all else is what it was.
  void expect_january_gone() {
    EXPECT_FALSE(token_.has(testing::kJanuaryKey));
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
  [[nodiscard]] LeafIndex view_end() {
    const rules::Month& month = january();
    return view_.retention->range_of(month)->end;
  }
  void expect_intact() {
    world_.log.reset();
    const auto report = testing::audit_store(world_.options, world_.environment());
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
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

TEST_F(Disposing, DestroysTheKeysBehindTheRecordAndSaysSo) {
  dispose_of_january();
  wait_until_said();
  expect_january_gone();
  ASSERT_EQ(said().size(), 1U);
  EXPECT_NE(said().front().find("\ntoken destroyed pkcs11:token=one\ncomplete no\n"),
            std::string::npos)
      << said().front();
  EXPECT_TRUE(january().keys_are_gone());
  for (const bool rebuilt : {false, true}) {
    SCOPED_TRACE(rebuilt);
    expect_intact();
    for (const char* folder : {"tree", "leaves", "appends", "catalogue"})
      if (rebuilt) std::filesystem::remove_all(std::filesystem::path(world_.directory) / folder);
    ASSERT_TRUE(world_.open());
    EXPECT_TRUE(january().disposal);
    EXPECT_TRUE(january().keys_are_gone());
    expect_january_gone();
    append("after " + std::to_string(rebuilt), 1);
  }
  EXPECT_EQ(said().size(), 1U) << "a start says nothing again";
  EXPECT_EQ(view_.retention->notices().size(), 1U);
}

TEST_F(Disposing, TakesANoticeOfItsAgeTheApprovalsAndThisHistory) {
  using Keys = std::vector<const testing::SoftKey*>;
  const Keys both{&people_.ann, &people_.bob};
  ASSERT_TRUE(people_.give(people_.notice({kFirstMonth})));
  const Disposal good = people_.disposal();
  expect_refused(good, both, "R26: the notice is too young");
  pass(8);
  expect_refused(good, {&people_.ann}, "R28: ");
  expect_refused(good, {&people_.ann, &world_.first_key}, "R28: ");
  Disposal other = good;
  other.root.bytes[0] ^= std::byte{1};
  expect_refused(other, both, "of another tree than the log's");
  other = good;
  other.notice.bytes[0] ^= std::byte{1};
  expect_refused(other, both, "R26: ");
  other = good;
  other.origin = "audit.example.org/other";
  expect_refused(other, both, "of another log");
  other = good;
  other.months.front().end.value -= 1;
  expect_refused(other, both, "another tree");
  other = good;
  other.by_policy = true;
  const auto by_policy =
      world_.append_control(Kind::kDisposal, format::disposal_text(other, format::Mode::kLocked));
  ASSERT_FALSE(by_policy);
  EXPECT_NE(by_policy.error().message.find("R28: "), std::string::npos);
  ASSERT_TRUE(people_.send(good, both));
  wait_until_said();
  const auto again = people_.send(good, both);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("R22: "), std::string::npos) << again.error().message;
}

TEST_F(Disposing, IsNotNoticedBeforeItIsDueNorWithAnotherEnd) {
  const TreeSize before = world_.size();
  format::Notice wrong = people_.notice({kFirstMonth});
  wrong.months.front().end.value -= 1;
  format::Notice other_policy = people_.notice({kFirstMonth});
  other_policy.policy = {};
  for (const auto& [notice, why] : {std::pair(people_.notice({202'602}), "R23: "),
                                    std::pair(people_.notice({202'603}), "R21: "),
                                    std::pair(wrong, "R21: "), std::pair(other_policy, "R25: ")}) {
    const auto refused = people_.give(notice);
    ASSERT_FALSE(refused) << why;
    EXPECT_NE(refused.error().message.find(why), std::string::npos) << refused.error().message;
  }
  EXPECT_EQ(world_.size(), before);
}

// Nobody disposes in a moment between two holds: one that came behind the notice takes a new notice.
TEST_F(Disposing, IsStoppedByAHoldUntilThereIsAnotherNotice) {
  notice_january();
  const Disposal good = people_.disposal();
  format::HoldText text{world_.options.origin, "case-1", {}, "Doe v. Example", "order", "legal"};
  const std::string why = format::hold_text_text(text);
  format::Hold hold{world_.options.origin, format::HoldAction::kPlace, "case-1", {}};
  hold.text = merkle::sha256(bytes_of(why));
  const auto send = [&](const std::string& note, const std::string& with) {
    std::promise<Result<Appended>> promise;
    world_.log->append_hold(note, with,
                            [&](Result<Appended> done) { promise.set_value(std::move(done)); });
    return promise.get_future().get();
  };
  const std::string says = format::hold_note_text(hold, format::Mode::kLocked);
  ASSERT_TRUE(send(TwoApprovers::signed_by(says, {&people_.ann}), why));
  expect_refused(good, {&people_.ann, &people_.bob}, "R24: ");
  format::Hold release{world_.options.origin, format::HoldAction::kRelease, "case-1"};
  release.placed = world_.log->view().retention->holds().at("case-1").placed.leaf;
  const std::string releases = format::hold_note_text(release, format::Mode::kLocked);
  const auto released = send(TwoApprovers::signed_by(releases, {&people_.ann, &people_.bob}), "");
  ASSERT_TRUE(released) << released.error().message;
  expect_refused(good, {&people_.ann, &people_.bob}, "R27: ");
  dispose_of_january();
  wait_until_said();
  expect_january_gone();
}

// The process ended between the record and the keys: the next one goes on, and until then it is read.
TEST_F(Disposing, GoesOnWithTheNextStart) {
  world_.holders.clear();
  ASSERT_TRUE(world_.reopen());
  dispose_of_january();
  EXPECT_TRUE(token_.has(testing::kJanuaryKey));
  EXPECT_FALSE(format::is_tombstone(record({records_.size() - 1})));
  world_.holders = {{"pkcs11:token=one", &token_}};
  ASSERT_TRUE(world_.reopen());
  wait_until_said();
  expect_january_gone();
  expect_intact();
}

TEST_F(Disposing, NamesATokenThatIsAwayAndAsksItAgain) {
  ASSERT_TRUE(second_.wrap(testing::kJanuaryKey, to_buffer(bytes_of("key"))));
  second_.lists_nothing = true;
  world_.holders.push_back({"pkcs11:token=two", &second_});
  ASSERT_TRUE(world_.reopen());
  dispose_of_january();
  wait_until_said();
  expect_january_gone();
  EXPECT_NE(said().back().find("token destroyed pkcs11:token=one\ntoken away pkcs11:token=two\n"),
            std::string::npos)
      << said().back();
  EXPECT_FALSE(january().keys_are_gone());
  EXPECT_TRUE(second_.has(testing::kJanuaryKey));
  second_.lists_nothing = false;
  ASSERT_TRUE(world_.reopen());
  wait_until_said(2);
  EXPECT_FALSE(second_.has(testing::kJanuaryKey));
  EXPECT_NE(
      said().back().find("token destroyed pkcs11:token=one\ntoken destroyed pkcs11:token=two\n"),
      std::string::npos)
      << said().back();
  EXPECT_TRUE(january().keys_are_gone());
  EXPECT_TRUE(was_told("disposal_waits"));
}

// The record is on the disk, and no checkpoint covers it: it may not have been.
TEST_F(Disposing, WaitsForTheCheckpointOverTheRecord) {
  notice_january();
  const Disposal good = people_.disposal();
  world_.signer.down = true;
  EXPECT_FALSE(people_.send(good, {&people_.ann, &people_.bob}));
  ASSERT_TRUE(world_.reopen());
  EXPECT_TRUE(january().disposal) << "a start without its token shows what is durable";
  world_.log.reset();  // it has looked once
  EXPECT_TRUE(token_.has(testing::kJanuaryKey));
  world_.signer.down = false;
  ASSERT_TRUE(world_.open());
  wait_until_said();
  expect_january_gone();
}

TEST_F(Disposing, RemembersATokenThatIsConfiguredNoMore) {
  ASSERT_TRUE(second_.wrap(testing::kJanuaryKey, to_buffer(bytes_of("key"))));
  second_.lists_nothing = true;
  world_.holders.push_back({"pkcs11:token=two", &second_});
  ASSERT_TRUE(world_.reopen());
  dispose_of_january();
  wait_until_said();
  world_.holders.pop_back();
  for (int start = 0; start < 2; ++start) {
    ASSERT_TRUE(world_.reopen());
    world_.log.reset();  // it has looked once
    ASSERT_TRUE(world_.open());
    EXPECT_FALSE(january().keys_are_gone());
    EXPECT_EQ(said().size(), 1U) << "nothing has changed";
  }
}

// A backup of the token is put back: nothing is read by it, and it goes again.
TEST_F(Disposing, DestroysAKeyThatComesBackAndReadsNothingByIt) {
  dispose_of_january();
  wait_until_said();
  world_.log.reset();
  ASSERT_TRUE(token_.wrap(testing::kJanuaryKey, to_buffer(bytes_of("key"))));
  ASSERT_TRUE(world_.open());
  for (std::uint64_t i = 0; i < view_end().value; ++i) {
    const auto was = format::decode_record(records_[i]);
    if (format::row_of(was->kind).fate == format::Fate::kGoes) {
      EXPECT_TRUE(format::is_tombstone(record({i}))) << i;
    }
  }
  while (token_.has(testing::kJanuaryKey))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  expect_january_gone();
  EXPECT_EQ(said().size(), 1U);
}

TEST_F(Disposing, DestroysNothingUnderThePrefixOfAnotherLog) {
  world_.holders.clear();
  ASSERT_TRUE(world_.reopen());
  dispose_of_january();
  world_.holders = {{"pkcs11:token=one", &token_}};
  world_.log.reset();
  world_.options.kek_prefix = "varve/other";
  ASSERT_TRUE(token_.wrap("varve/other/2026-01", to_buffer(bytes_of("another log's"))));
  ASSERT_TRUE(world_.open());
  world_.log.reset();
  EXPECT_TRUE(token_.has(testing::kJanuaryKey));
  EXPECT_TRUE(token_.has("varve/other/2026-01"));
  EXPECT_TRUE(was_told("disposal_waits"));
  world_.options.kek_prefix = "varve/test";
  ASSERT_TRUE(world_.open());
  wait_until_said();
  expect_january_gone();
  EXPECT_TRUE(token_.has("varve/other/2026-01"));
}

// Somebody took the key before its remains were written: that is a loss, and no record hides it.
TEST_F(Disposing, DoesNotCallALossDisposedOf) {
  world_.holders.clear();
  ASSERT_TRUE(world_.reopen());
  dispose_of_january();
  world_.log.reset();
  ASSERT_TRUE(token_.destroy_kek(testing::kJanuaryKey));
  world_.holders = {{"pkcs11:token=one", &token_}};
  ASSERT_TRUE(world_.open());
  while (!was_told("disposal_waits")) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(said().empty());
  EXPECT_FALSE(january().keys_are_gone());
  EXPECT_FALSE(world_.log->records({records_.size() / 4}, 1));
}

TEST_F(Disposing, IsDoneByTheServerWherePeopleSwitchedThatOn) {
  format::Policy next = world_.log->view().retention->policy();
  next.number += 1;
  next.previous = world_.log->view().retention->policy_place()->leaf;
  next.automatic = true;
  const auto set = world_.append_control(
      Kind::kPolicy, TwoApprovers::signed_by(format::policy_text(next),
                                             {&world_.first_key, &people_.ann, &people_.bob}));
  ASSERT_TRUE(set) << set.error().message;
  ASSERT_TRUE(world_.reopen());
  while (world_.log->view().retention->notices().empty())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  pass(6);
  ASSERT_TRUE(world_.reopen());
  pass(2);
  EXPECT_TRUE(token_.has(testing::kJanuaryKey));
  ASSERT_TRUE(world_.reopen());
  wait_until_said();
  expect_january_gone();
  EXPECT_TRUE(token_.has("varve/test/2026-02"));
  expect_intact();
}

// Whoever reads meanwhile gets the record or its tombstone; after what the ledger says, the tombstone.
TEST_F(Disposing, NeverStopsReadersAndLeavesThemNothing) {
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> reads = 0;
  std::thread reader([&] {
    while (!stop) {
      for (std::uint64_t i = 0; i < records_.size() && !stop; ++i) {
        const auto read = world_.log->records({i}, 1);
        const bool fits = read ? read->front() == records_[i] || format::is_tombstone(read->front())
                               : read.error().code == Code::kBusy;
        EXPECT_TRUE(fits) << i;
        ++reads;
      }
    }
  });
  while (reads == 0) std::this_thread::yield();
  dispose_of_january();
  wait_until_said();
  expect_january_gone();
  stop = true;
  reader.join();
}

}  // namespace
}  // namespace varve
