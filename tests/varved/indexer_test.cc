// Indexes of a log that lives: when they are cut, what they are of, and where the next start goes on.
#include "tools/varved/indexer.h"

#include <gtest/gtest.h>

#include "tests/log/world.h"

namespace varve::tools {
namespace {

constexpr std::uint64_t kEventsUs = 1'700'000'000'000'000;  // as a Source seals them: 2023-11
constexpr std::uint64_t kMinuteUs = 60'000'000;

struct Indexing : ::testing::Test {
  varve::testing::SetClock clock;
  varve::testing::World world;
  api::Journal journal{api::Level::kError};
  std::optional<varve::testing::Source> ward;
  std::unique_ptr<Indexer> indexer;

  Indexing() {
    world.clock = &clock;
    clock.now = kEventsUs;
    CHECK(world.open());
    ward.emplace(world.registered("ward"));
    begin();
  }
  void begin(std::uint64_t rows_max = 1'000) {
    indexer = std::make_unique<Indexer>(IndexerOptions{"test", world.options.origin, 60, rows_max},
                                        *world.log, clock, journal);
  }
  void append(std::size_t count) { CHECK(world.append(ward->seal(varve::testing::events(count)))); }
  void look() {
    const auto looked = indexer->look();
    EXPECT_TRUE(looked) << looked.error().message;
  }
  [[nodiscard]] std::uint64_t count() const { return world.log->view().indexed.count; }
  [[nodiscard]] std::uint64_t end() const { return world.log->view().indexed.end.value; }
  /// The commitments in the log, in its order.
  [[nodiscard]] std::vector<format::IndexCommitment> commitments() const {
    std::vector<format::IndexCommitment> all;
    for (std::uint64_t i = 0; i < world.size().value; ++i) {
      const Buffer bytes = world.log->records({i}, 1)->front();
      const format::Record record = *format::decode_record(bytes);
      if (record.kind == format::Kind::kIndexCommitment)
        all.push_back(*format::parse_index_commitment(text_of(record.payload)));
    }
    return all;
  }
  /// What an auditor makes of these records.
  [[nodiscard]] format::IndexCommitment made_again(const format::IndexCommitment& says) const {
    index::IndexBuilder builder({says.origin, says.number}, {says.month, says.mode});
    std::optional<format::MonthSecret> secret;
    for (std::uint64_t i = 0; i < says.end.value; ++i) {
      const Buffer bytes = world.log->records({i}, 1)->front();
      const format::Record record = *format::decode_record(bytes);
      if (record.kind == format::Kind::kMonthSecret) {
        const auto found = *format::decode_month_secret(record.payload);
        if (found.month == says.month) secret = found;
      }
      if (i >= says.first.value) builder.add(LeafIndex{i}, record);
    }
    return index::Index::make(std::move(builder), *secret, says.first, says.end)
        .value()
        .commitment();
  }
  void expect_all_true(std::size_t expected) const {
    const auto all = commitments();
    EXPECT_EQ(all.size(), expected);
    std::uint64_t next = 0;
    for (const format::IndexCommitment& says : all) {
      EXPECT_GE(says.first.value, next);
      EXPECT_EQ(says, made_again(says));
      next = says.end.value;
    }
    EXPECT_EQ(end(), next);
  }
};

TEST_F(Indexing, BeginsWithTheFirstRecordOnceTheOldestEventHasWaited) {
  append(3);
  look();
  clock.now = kEventsUs + 59 * kMinuteUs;
  look();
  EXPECT_EQ(count(), 0U);
  const std::uint64_t then = world.size().value;
  clock.now = kEventsUs + 60 * kMinuteUs;
  look();
  EXPECT_EQ(count(), 1U);
  EXPECT_EQ(end(), then);
  expect_all_true(1);
}

// Whatever time its sender says: a backlog is no reason for an index a minute.
TEST_F(Indexing, WaitsFromWhenTheEventIsRead) {
  clock.now = kEventsUs + 400 * kMinuteUs;
  for (int k = 0; k < 5; ++k) {
    append(1);
    look();
  }
  EXPECT_EQ(count(), 0U);
}

TEST_F(Indexing, OfALogWithoutNewEventsEnds) {
  append(1);
  look();
  clock.now = kEventsUs + 60 * kMinuteUs;
  look();
  const TreeSize size = world.size();
  for (int hours = 2; hours < 9; ++hours) {
    clock.now = kEventsUs + static_cast<std::uint64_t>(hours) * 60 * kMinuteUs;
    look();
  }
  EXPECT_EQ(world.size(), size) << "its own records are no events";
}

TEST_F(Indexing, IsCutWhereMemoryEndsAndWhereTheMonthDoes) {
  begin(1);
  for (int k = 0; k < 2; ++k) append(1);
  look();
  EXPECT_EQ(count(), 2U) << "of one event each";
  begin();
  append(2);
  clock.now = kEventsUs + 31 * 24 * 60 * kMinuteUs;
  append(1);
  look();
  const auto all = commitments();
  ASSERT_GE(all.size(), 3U);
  EXPECT_EQ(all[2].events, 2U);
  expect_all_true(all.size());
  for (const format::IndexCommitment& says : all)
    EXPECT_EQ(says.month, all[0].month + (says.number < 3 ? 0 : 1));
}

TEST_F(Indexing, GoesOnWhereTheRecordsSayAfterEveryStart) {
  append(3);
  look();
  clock.now = kEventsUs + 60 * kMinuteUs;
  look();
  append(2);
  indexer.reset();
  ASSERT_TRUE(world.reopen());
  EXPECT_EQ(count(), 1U) << "from the catalogue";
  world.log->stop();
  std::filesystem::remove_all(world.directory + "/catalogue");
  ASSERT_TRUE(world.reopen());
  EXPECT_EQ(count(), 1U) << "from the records";
  begin();
  look();
  clock.now = kEventsUs + 120 * kMinuteUs;
  look();
  expect_all_true(2);
}

TEST_F(Indexing, TriesAgainWhatTheLogDidNotTake) {
  append(3);
  look();
  clock.now = kEventsUs + 60 * kMinuteUs;
  world.signer.down = true;
  EXPECT_FALSE(indexer->look());
  EXPECT_EQ(count(), 0U);
  world.signer.down = false;
  for (int k = 0; k < 3 && count() == 0; ++k) static_cast<void>(indexer->look());
  append(1);
  look();
  clock.now = kEventsUs + 120 * kMinuteUs;
  for (int k = 0; k < 3 && count() < 2; ++k) static_cast<void>(indexer->look());
  expect_all_true(2);
}

// Of the log's own rules, whoever asks.
TEST_F(Indexing, IsRefusedWhereItIsNotInItsPlaceOrOfAnother) {
  append(3);
  look();
  clock.now = kEventsUs + 60 * kMinuteUs;
  look();
  append(3);
  const format::IndexCommitment first = commitments().front();
  const TreeSize before = world.size();
  format::IndexCommitment good = first;
  good.number = 1;
  good.first = first.end;
  good.end = end_of(before);
  std::vector<std::pair<const char*, format::IndexCommitment>> lies(6, {"", good});
  lies[0] = {"number", good}, lies[0].second.number = 2;
  lies[1] = {"begins earlier", good}, --lies[1].second.first.value;
  lies[2] = {"begins in the month before", good}, lies[2].second.first.value = 0;
  lies[3] = {"another month", good}, lies[3].second.month = 202'312;
  lies[4] = {"another log", good}, lies[4].second.origin = "audit.example.org/other";
  lies[5] = {"a draft log's", good}, lies[5].second.mode = format::Mode::kDraft;
  for (const auto& [what, lie] : lies) {
    const auto done =
        world.append_control(format::Kind::kIndexCommitment, format::index_commitment_text(lie));
    ASSERT_FALSE(done) << what;
    EXPECT_EQ(done.error().code, Code::kInvalid) << what;
  }
  EXPECT_EQ(world.size(), before);
  EXPECT_TRUE(
      world.append_control(format::Kind::kIndexCommitment, format::index_commitment_text(good)));
}

}  // namespace
}  // namespace varve::tools
