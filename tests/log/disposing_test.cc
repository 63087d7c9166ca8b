// A month that approvers let go: from the record of that on nothing of it can be read, its keys are
// destroyed, and the ledger says what became of them. Whatever is refused leaves no record.
#include "tests/log/disposing.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "ledger/env/durable.h"
#include "ledger/format/hold.h"
#include "ledger/format/tombstone.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"

namespace varve {
namespace {

using format::Disposal;
using format::Kind;
using testing::Disposing;
using testing::kFirstMonth;
using testing::TwoApprovers;

TEST_F(Disposing, DestroysTheKeysBehindTheRecordAndSaysSo) {
  dispose_of_january();
  wait_until_said();
  expect_january_gone();
  ASSERT_EQ(said().size(), 1U);
  EXPECT_NE(
      said().front().find("\nfiles removed\ntoken destroyed pkcs11:token=one\ncomplete yes\n"),
      std::string::npos)
      << said().front();
  EXPECT_TRUE(january().keys_are_gone());
  EXPECT_TRUE(january().is_finished);
  EXPECT_EQ(files_of_january(), 0U);
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
  other = good;  // whose month runs: its segment grows, and the store is not at fault
  const TreeSize size = world_.size();
  other.months = {{202'603, people_.notice({202'602}).months.front().end, end_of(size)}};
  other.root = world_.log->latest()->checkpoint.root;
  expect_refused(other, both, "R21: the month 2026-03 is not over");
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
  wait_until_told("disposal_waits");
  expect_january_gone();
  EXPECT_NE(said().back().find("\nfiles removed\ntoken destroyed pkcs11:token=one\n"
                               "token away pkcs11:token=two\ncomplete no\n"),
            std::string::npos)
      << said().back();
  EXPECT_EQ(files_of_january(), 0U);
  EXPECT_FALSE(january().keys_are_gone());
  EXPECT_TRUE(second_.has(testing::kJanuaryKey));
  second_.lists_nothing = false;
  ASSERT_TRUE(world_.reopen());
  wait_until_said(2);
  EXPECT_FALSE(second_.has(testing::kJanuaryKey));
  EXPECT_NE(
      said().back().find(
          "token destroyed pkcs11:token=one\ntoken destroyed pkcs11:token=two\ncomplete yes\n"),
      std::string::npos)
      << said().back();
  EXPECT_TRUE(january().keys_are_gone());
}

// The record is on the disk, and no checkpoint covers it: it may not have been.
TEST_F(Disposing, WaitsForTheCheckpointOverTheRecord) {
  notice_january();
  const Disposal good = people_.disposal();
  world_.signer.down = true;
  EXPECT_FALSE(people_.send(good, {&people_.ann, &people_.bob}));
  ASSERT_TRUE(world_.reopen());
  EXPECT_TRUE(january().disposal) << "a start without its token shows what is durable";
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // to do what it must not
  world_.log.reset();
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
    forget_what_was_told();
    ASSERT_TRUE(world_.reopen());
    wait_until_told("disposal_waits");
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
  wait_until_told("disposal_waits");
  world_.log.reset();
  EXPECT_TRUE(token_.has(testing::kJanuaryKey));
  EXPECT_TRUE(token_.has("varve/other/2026-01"));
  world_.options.kek_prefix = "varve/test";
  ASSERT_TRUE(world_.open());
  wait_until_said();
  expect_january_gone();
  EXPECT_TRUE(token_.has("varve/other/2026-01"));
}

// What is destroyed has its record: a log that stops, or takes nothing more, destroys nothing more.
TEST_F(Disposing, StopsWithTheRecordOfWhatItDestroyed) {
  dispose_of_january();
  world_.log.reset();  // at whatever point it is
  const bool is_gone = !token_.has(testing::kJanuaryKey);
  world_.holders.clear();
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(said().size(), is_gone ? 1U : 0U);
  if (is_gone) {
    EXPECT_NE(said().front().find("\ntoken destroyed pkcs11:token=one\n"), std::string::npos);
  }
}

// Remains that somebody put there before the key went are not believed.
TEST_F(Disposing, WritesRemainsAnewWhileTheKeyIsThere) {
  world_.holders.clear();
  ASSERT_TRUE(world_.reopen());
  dispose_of_january();
  world_.log.reset();
  const auto segments = store::segments_of_month(*world_.files, kFirstMonth);
  ASSERT_TRUE(segments);
  const store::SegmentHeader& first = segments->front();
  store::Remains planted{first.month, first.ordinal, first.first, 9, {}};
  for (int k = 0; k < 9; ++k) planted.entries.emplace_back(kHashSize);
  ASSERT_TRUE(world_.files->make_directory(store::kRemainsFolder));
  ASSERT_TRUE(env::write_durably(*world_.files, store::remains_path(first.ordinal),
                                 store::encode_remains(planted)));
  world_.holders = {{"pkcs11:token=one", &token_}};
  ASSERT_TRUE(world_.open());
  wait_until_said();
  expect_january_gone();
  expect_intact();
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
  wait_until_told("disposal_waits");
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

// It takes no record, so nobody could say what became of keys and files: both stay, and all that they hold.
TEST_F(Disposing, InALogThatHasEndedTakesNothing) {
  world_.holders.clear();
  ASSERT_TRUE(world_.reopen());
  dispose_of_january();  // and the token is away until the log has ended
  const TreeSize size = world_.size();
  const std::size_t files = files_of_january();
  world_.log.reset();
  world_.holders = {{"pkcs11:token=one", &token_}};
  world_.options.ended = true;
  for (int start = 0; start < 2; ++start) {
    ASSERT_TRUE(world_.open());
    for (int k = 0; k < 100; ++k)  // a thread that took something would have its turn meanwhile
      for (std::uint64_t i = 0; i < records_.size(); ++i) ASSERT_EQ(record({i}), records_[i]) << i;
    EXPECT_EQ(people_.give(people_.notice({202'602})).error().code, Code::kWorm);
    world_.log.reset();
    EXPECT_TRUE(token_.has(testing::kJanuaryKey));
  }
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(world_.size(), size);
  EXPECT_TRUE(said().empty());
  EXPECT_EQ(files_of_january(), files);
  expect_intact();
  world_.options.ended = false;  // nothing else kept it
  ASSERT_TRUE(world_.open());
  wait_until_said();
  expect_january_gone();
}

// What is gone already stays gone, and its files stay where an earlier version left them.
TEST_F(Disposing, InALogThatHasEndedIsServedAsFarAsItCame) {
  keep_files_as_before();
  world_.options.ended = true;
  for (int start = 0; start < 2; ++start) {
    ASSERT_TRUE(world_.open());
    expect_january_gone();
    EXPECT_EQ(said().size(), 1U);
    world_.log.reset();
  }
  EXPECT_GT(files_of_january(), 0U);
  EXPECT_FALSE(was_told("disposal_waits"));
}

}  // namespace
}  // namespace varve
