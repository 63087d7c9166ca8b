// What was written while the token signs is durable and in the tree before its answer comes: whose
// turn it is then, and what happens when the disk or the token fails just there. Step by step, by
// hand.
#include <gtest/gtest.h>

#include "ledger/upkeep/audit.h"
#include "tests/log/lying_disk.h"
#include "tests/log/stepped_log.h"

namespace varve {
namespace {

using testing::HeldSide;
using testing::LyingDisk;
using testing::SoftKey;

/// A caller that gets one answer, success or an error.
struct Told {
  void operator()(Result<Appended> outcome) {
    EXPECT_FALSE(done || error) << "told twice";
    if (outcome)
      done = std::move(*outcome);
    else
      error = outcome.error().code;
  }
  [[nodiscard]] std::uint64_t under() const {
    return done ? done->under->checkpoint.size.value : 0;
  }
  std::optional<Appended> done;
  std::optional<Code> error;
};

class SyncAhead : public testing::SteppedLog<HeldSide> {
 protected:
  SyncAhead() {
    world_.options.sync_ahead_bytes = 1'000;
    auto disk = std::make_unique<LyingDisk>(std::move(world_.files));
    disk_ = disk.get();
    world_.files = std::move(disk);
    recover();
    begin_ = size();
  }

  /// A step with one event of so many bytes and its seal: two records.
  void send(Told& told, const std::string& key, std::size_t bytes) {
    EventRequest request;
    request.sender = {format::SenderKind::kClient, "tester"};
    request.body = Buffer(bytes, std::byte{'a'});
    request.events.push_back({"text/plain", request.body, 7});
    request.content = merkle::sha256(request.body);
    request.key = merkle::sha256(bytes_of(key));
    step(std::move(request), told);
  }
  void send_event(Told& told, format::KeyAction action, const SoftKey& key,
                  const std::vector<SoftKey>& signers) {
    format::Note note{format::key_event_text({action, world_.options.origin, key.key}), {}};
    for (const SoftKey& signer : signers)
      note.signatures.push_back(signer.note_signature(note.text));
    step(log::ControlNote{format::Kind::kKeyEvent, format::format_note(note)}, told);
  }
  void step(decltype(log::Item::what) what, Told& told) {
    std::vector<log::Item> items(1);
    items[0].what = std::move(what);
    items[0].done = [&told](Result<Appended> outcome) { told(std::move(outcome)); };
    sequencer_->step(std::move(items));
  }
  /// The token signs, and the log hears of it.
  void let_it_sign() {
    side_.wait();
    sequencer_->step({});
  }
  void expect_sound() {
    sequencer_->finish();
    sequencer_.reset();
    storage_.reset();
    const auto report = testing::audit_store(world_.options, world_.environment());
    ASSERT_TRUE(report);
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
  }

  LyingDisk* disk_ = nullptr;
  std::uint64_t begin_ = 0;  // of what the tests append
  Told first_;
  Told second_;
  Told third_;
};

constexpr std::size_t kMuch = 2'000;  // worth a sync ahead
constexpr std::size_t kLittle = 20;   // not
constexpr std::uint64_t kClock = 1;   // the record that begins each segment
constexpr std::uint64_t kSender = 1;  // the record in front of the first event of whoever sends

TEST_F(SyncAhead, GoesToTheTokenBeforeMoreIsWritten) {
  send(first_, "a", kLittle);
  send(second_, "b", kMuch);
  side_.wait();
  send(third_, "c", kLittle);
  let_it_sign();
  let_it_sign();
  EXPECT_EQ(first_.under(), begin_ + kSender + 2);
  EXPECT_EQ(second_.under(), begin_ + kSender + 4);
  EXPECT_EQ(third_.under(), begin_ + kSender + 6);
  expect_sound();
}

TEST_F(SyncAhead, OnlyWhenItIsWorthIt) {
  send(first_, "a", kLittle);
  send(second_, "b", kLittle);
  side_.wait();
  send(third_, "c", kLittle);
  let_it_sign();
  EXPECT_EQ(first_.under(), begin_ + kSender + 2);
  EXPECT_EQ(second_.under(), begin_ + kSender + 6);
  EXPECT_EQ(third_.under(), begin_ + kSender + 6);
  expect_sound();
}

TEST_F(SyncAhead, OnADiskThatDidNotKeepItEveryoneIsToldOnceAndNothingOfItIsSigned) {
  send(first_, "a", kLittle);
  disk_->lies = true;
  send(second_, "b", kMuch);
  disk_->lies = false;
  EXPECT_EQ(first_.error, Code::kIo);
  EXPECT_EQ(second_.error, Code::kIo);
  EXPECT_EQ(sequencer_->status().state, LogState::kFaulted);
  side_.wait();
  send(third_, "c", kLittle);
  EXPECT_EQ(third_.error, Code::kIo);
  recover();
  EXPECT_EQ(size(), begin_ + kSender + 2) << "the first is whole, the second is not";
  Told again;
  send(again, "b", kMuch);
  let_it_sign();
  EXPECT_EQ(again.under(), begin_ + kSender + 2 + kClock + 2);
  expect_sound();
}

TEST_F(SyncAhead, IsSignedByTheKeysThatStayWhenTheTokenLosesOne) {
  const SoftKey second(world_.options.origin);
  world_.signer.add(second);
  Told joined;
  send_event(joined, format::KeyAction::kRotate, second, {world_.first_key, second});
  let_it_sign();
  EXPECT_EQ(joined.under(), begin_ + 1);
  send(first_, "a", kLittle);
  send(second_, "b", kMuch);
  send(third_, "c", kLittle);  // written, no more
  world_.signer.lose(world_.first_key);
  let_it_sign();
  for (const Told* told : {&first_, &second_, &third_}) EXPECT_EQ(told->error, Code::kBusy);
  Told left;
  send_event(left, format::KeyAction::kRetire, world_.first_key, {second});
  EXPECT_EQ(left.under(), begin_ + kSender + 8);
  for (const char* key : {"a", "b", "c"}) {
    Told again;
    send(again, key, std::string_view(key) == "b" ? kMuch : kLittle);
    ASSERT_TRUE(again.done);
    EXPECT_TRUE(again.done->repeated);
  }
  EXPECT_EQ(size(), begin_ + kSender + 8);
  expect_sound();
}

TEST_F(SyncAhead, AndTheSegmentIsFullItIsSealedUnderItsOwnSignature) {
  send(first_, "a", kLittle);
  world_.options.segment_bytes_max = 1;
  send(second_, "b", kMuch);
  EXPECT_FALSE(first_.done) << "the segment is full, but its end waits for its turn";
  side_.wait();
  send(third_, "c", kLittle);
  EXPECT_EQ(first_.under(), begin_ + kSender + 2);
  EXPECT_EQ(second_.under(), begin_ + kSender + 4);
  EXPECT_TRUE(sequencer_->needs_cataloguing());
  let_it_sign();
  EXPECT_EQ(third_.under(), begin_ + kSender + 4 + kClock + 2);
  expect_sound();
}

}  // namespace
}  // namespace varve
