// The audit of a good log: it passes whatever its size, in one go or in pieces.
#include "ledger/verify/log_check.h"

#include <gtest/gtest.h>

#include "good_log.h"
#include "ledger/format/batch.h"

namespace varve::verify {
namespace {

TEST(LogCheck, FindsAGoodLogIntactAndCountsWhatIsInIt) {
  const LogBuilder log = good_log();
  const Outcome outcome = audit(log);
  ASSERT_TRUE(outcome.intact) << outcome.text();
  EXPECT_EQ(outcome.intact->checkpoint.checkpoint.size.value, log.records.size());
  EXPECT_EQ(outcome.intact->batches, kGoodBatches);
  EXPECT_EQ(outcome.intact->chains.size(), 3U);
}

TEST(LogCheck, FindsEveryPrefixThatEndsBetweenBatchesIntactAndNoOther) {
  const LogBuilder log = good_log();
  for (std::size_t size = 1; size <= log.key_events[1]; ++size) {  // then another key signs as well
    SCOPED_TRACE(size);
    LogBuilder prefix;
    prefix.records = log.records;
    prefix.records.resize(size);
    const bool whole = format::decode_record(prefix.records.back())->kind != format::Kind::kEvent;
    const Outcome outcome = audit(prefix);
    EXPECT_EQ(outcome.intact.has_value(), whole) << outcome.text();
    if (!whole) {
      EXPECT_EQ(outcome.finding->check, "end");
    }
  }
}

/// Sizes around every tile boundary up to three levels would need 65,536 records; two are enough
/// for every branch, since a level is like the next.
TEST(LogCheck, ComparesTilesOfEveryLevel) {
  LogBuilder log;
  log.register_source(ward());
  for (int i = 0; i < 12; ++i) {
    log.batch(ward(), 50);
    const Outcome outcome = audit(log);
    ASSERT_TRUE(outcome.intact) << outcome.text();
  }
  const Files good = log.files();
  ASSERT_TRUE(good.contains("tile/1/000.p/2"));
  for (std::size_t i = 0; i < good.at("tile/1/000.p/2").size(); ++i) {
    Files files = good;
    files.at("tile/1/000.p/2")[i] ^= std::byte{1};
    const Outcome outcome = audit(files, log.first.verifier);
    ASSERT_TRUE(outcome.finding) << i;
    EXPECT_EQ(outcome.finding->check, "tile");
  }
}

TEST(LogCheck, CutsAPartialTileFromTheFullOneWhenItIsGone) {
  LogBuilder log;
  log.server_batch(300);
  Files files = log.files(200 + 1);
  LogBuilder cut = log;
  cut.records.resize(201);
  Files now = log.files();
  now["checkpoint"] = files["checkpoint"];
  now["keys"] = files["keys"];
  ASSERT_FALSE(now.contains("tile/0/000.p/201"));
  const Outcome outcome = audit(now, log.first.verifier);
  ASSERT_TRUE(outcome.finding) << outcome.text();  // the batch is cut, but all of it was read
  EXPECT_EQ(outcome.finding->check, "end");
}

TEST(LogCheck, RefusesABundleOfOneRecordTooFewOrTooMany) {
  const LogBuilder log = good_log();
  for (const int change : {-1, +1}) {
    LogBuilder other = log;
    if (change < 0)
      other.records.pop_back();
    else
      other.server_batch(1);
    Files files = log.files();
    const auto bundle_of = [](const LogBuilder& of) {
      return "tile/entries/000.p/" + std::to_string(of.records.size());
    };
    files.at(bundle_of(log)) = other.files().at(bundle_of(other));
    const Outcome outcome = audit(files, log.first.verifier);
    ASSERT_TRUE(outcome.finding);
    EXPECT_EQ(outcome.finding->check, "bundle");
  }
}

TEST(LogCheck, SaysWhatItCouldNotReadAndDoesNotCallItCorrupt) {
  const LogBuilder log = good_log();
  const Files good = log.files();
  for (const auto& [path, bytes] : good) {
    SCOPED_TRACE(path);
    Files files = good;
    files.erase(path);
    const Outcome outcome = audit(files, log.first.verifier);
    EXPECT_FALSE(outcome.intact);
    EXPECT_FALSE(outcome.finding);
    EXPECT_FALSE(outcome.error.empty());
  }
}

/// Stops after every tile, at every size, with a batch open or not, and goes on with a larger log.
TEST(LogCheck, GoesOnFromASavedStateWhenTheLogHasGrown) {
  LogBuilder log;
  log.register_source(ward());
  log.server_batch(3);
  log.batch(ward(), 250);
  log.batch(ward(), 30);
  log.batch(ward(), 300);
  log.server_batch(2);
  const Files all = log.files();
  const MemorySource source(all);
  LogCheck stopped(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(stopped.begin());
  while (!stopped.done()) {
    ASSERT_TRUE(stopped.step());
    const Buffer saved = stopped.save();
    log.server_batch(1);
    const Outcome outcome = audit(log.files(), log.first.verifier, "", saved);
    ASSERT_TRUE(outcome.intact) << outcome.text();
    EXPECT_EQ(outcome.intact->checkpoint.checkpoint.size.value, log.records.size());
  }
}

/// What an earlier audit saw in a tile that was partial then must be there still, also when every
/// hash that is served now says otherwise.
TEST(LogCheck, RefusesARecordThatWasAlteredAfterItWasAudited) {
  LogBuilder log;
  log.server_batch(9);
  const MemorySource source(log.files());
  LogCheck check(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  log.server_batch(3);
  for (std::size_t i = 0; i <= 10; ++i) {
    LogBuilder altered = log;
    altered.records[i].back() ^= std::byte{1};
    Files files = altered.files();
    files["checkpoint"] = log.files()["checkpoint"];
    files["keys"] = log.files()["keys"];
    const Outcome outcome = audit(files, log.first.verifier, "", check.save());
    ASSERT_TRUE(outcome.finding) << i;
    EXPECT_EQ(outcome.finding->check, "leaf hash");
    EXPECT_EQ(outcome.finding->index, LeafIndex{i});
  }
}

TEST(LogCheck, AuditsUpToTheNewerOfTheCheckpointAndTheKeysOwn) {
  LogBuilder log;
  log.server_batch(2);
  const Files before = log.files();
  log.rotate_key(SigningKey::make(log.origin, "second key"));
  Files files = log.files();
  files["checkpoint"] = before.at("checkpoint");  // it was read before the rotation
  const Outcome outcome = audit(files, log.first.verifier);
  ASSERT_TRUE(outcome.intact) << outcome.text();
  EXPECT_EQ(outcome.intact->checkpoint.checkpoint.size.value, log.records.size());
}

TEST(LogCheck, ComparesFullTilesAboveTheFirstLevel) {
  LogBuilder log;
  for (int i = 0; i < 4; ++i) log.server_batch(format::kBatchRecordsMax);
  log.server_batch(1);
  const Files good = log.files();
  const Outcome intact = audit(good, log.first.verifier);
  ASSERT_TRUE(intact.intact) << intact.text();
  for (const char* path : {"tile/1/000", "tile/2/000.p/1"}) {
    Files files = good;
    files.at(path).back() ^= std::byte{1};
    const Outcome outcome = audit(files, log.first.verifier);
    ASSERT_TRUE(outcome.finding) << path;
    EXPECT_EQ(outcome.finding->check, "tile");
  }
}

TEST(LogCheck, RefusesASavedStateThatIsDamagedAnywhere) {
  const LogBuilder log = good_log();
  const MemorySource source(log.files());
  LogCheck check(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  const Buffer good = check.save();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Buffer bad = good;
    bad[i] ^= std::byte{0x10};
    EXPECT_FALSE(LogCheck(log.first.verifier, source, kNowUs).resume(bad)) << i;
    EXPECT_FALSE(LogCheck(log.first.verifier, source, kNowUs).resume(Bytes{good}.first(i))) << i;
  }
  EXPECT_TRUE(LogCheck(log.first.verifier, source, kNowUs).resume(good));
  EXPECT_FALSE(
      LogCheck(SigningKey::make(log.origin, "another key").verifier, source, kNowUs).resume(good));
}

}  // namespace
}  // namespace varve::verify
