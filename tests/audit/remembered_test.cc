// What an auditor remembers: a log that grew is accepted, one that was cut or forked is not, and
// what was remembered survives every refusal.
#include "tools/audit/lib/remembered.h"

#include <gtest/gtest.h>

#include "ledger/format/signed_checkpoint.h"
#include "ledger/rules/key_timeline.h"
#include "ledger/verify/answers.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/open_keys.h"
#include "temporary_directory.h"
#include "tests/verify/good_log.h"
#include "tests/verify/log_answers.h"

namespace varve::audit {

using namespace verify;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  LogBuilder log;
  Remembered remembered{directory.path(), log.origin};

  Fixture() { log.server_batch(5); }
  [[nodiscard]] rules::KeyTimeline keys() const {
    return open_keys(text_of(log.files().at("keys")), log.first.verifier)->timeline;
  }
  Result<std::optional<TreeSize>> update(const LogBuilder& from) {
    const auto now = open_checkpoint_of(from.checkpoint(from.records.size()), keys());
    return remembered.update(*now, keys(), [&](const auto& older, const auto& newer) {
      return open_consistency(consistency_json(from, older.size.value, newer.size.value), older,
                              newer);
    });
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory.path()), {}));
  }
};

TEST(Remembered, TakesALogThatGrewOrStayed) {
  Fixture f;
  EXPECT_FALSE(f.update(f.log)->has_value()) << "the first time";
  EXPECT_EQ(f.update(f.log)->value().value, f.log.records.size());
  const std::size_t before = f.log.records.size();
  f.log.server_batch(4);
  EXPECT_EQ(f.update(f.log)->value().value, before);
  EXPECT_EQ(*f.remembered.note(), f.log.checkpoint(f.log.records.size()));
  EXPECT_EQ(f.files(), 1U);
}

void expect_conflict(Fixture& f, const LogBuilder& other, const std::string& why) {
  const std::string kept = **f.remembered.note();
  const auto refused = f.update(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kCorrupt);
  EXPECT_NE(refused.error().message.find(why), std::string::npos) << refused.error().message;
  EXPECT_EQ(**f.remembered.note(), kept) << "what was remembered stays";
  const std::string evidence = kept + "\n" + other.checkpoint(other.records.size());
  bool found = false;
  for (const auto& entry : std::filesystem::directory_iterator(f.directory.path()))
    found = found || f.directory.read(entry.path().filename()) == evidence;
  EXPECT_TRUE(found) << "both notes are kept, word for word";
}

TEST(Remembered, RefusesALogThatWasCut) {
  Fixture f;
  LogBuilder shorter = f.log;
  f.log.server_batch(2);
  ASSERT_TRUE(f.update(f.log));
  expect_conflict(f, shorter, "cut");
}

TEST(Remembered, RefusesAnotherHistoryOfTheSameOrAnotherSize) {
  Fixture f;
  LogBuilder other = f.log;
  f.log.server_batch(3);
  other.server_batch(1);
  other.server_batch(1);
  ASSERT_EQ(other.records.size(), f.log.records.size());
  ASSERT_TRUE(f.update(f.log));
  expect_conflict(f, other, "not the one that was seen before");
  other.server_batch(9);
  expect_conflict(f, other, "not the one that was seen before");
}

TEST(Remembered, KeepsLogsOfOneDirectoryApart) {
  const TemporaryDirectory directory;
  const LogBuilder one("a/b");
  const LogBuilder other("a%2Fb");
  const format::SignedCheckpoint now{{}, one.checkpoint(1)};
  ASSERT_TRUE(Remembered(directory.path(), one.origin).keep(now));
  EXPECT_FALSE(Remembered(directory.path(), other.origin).note()->has_value());
  EXPECT_EQ(**Remembered(directory.path(), one.origin).note(), now.note);
}

}  // namespace
}  // namespace varve::audit
