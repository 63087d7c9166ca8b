// A retired key that is stolen long after signs trees from before it left: what is demanded then.
#include "ledger/verify/standing.h"

#include <gtest/gtest.h>

#include "good_log.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/verify/open_keys.h"
#include "log_answers.h"

namespace varve::verify {
namespace {

/// A log whose first key was retired, and a thief who has that key and made another history of the
/// records before.
struct Retired {
  LogBuilder log = good_log();
  LogBuilder forged;
  std::size_t left = 0;  // the record in which the first key left
  Trust trust{log.origin, log.first.verifier, {}, {}};

  Retired() {
    left = log.key_events.back();
    forged = good_log();
    for (std::size_t i = 1; i < forged.records.size(); ++i)
      forged.records[i].back() ^= std::byte{1};
    forged.active = {log.first};
    auto keys = *open_keys(text_of(log.files().at("keys")), log.first.verifier);
    trust.keys = std::move(keys.timeline);
    trust.newest = keys.under.checkpoint;
  }
  /// Of `from`'s first records, by the first key alone. It verifies, as the signature is good.
  [[nodiscard]] format::SignedCheckpoint old(const LogBuilder& from, std::size_t size) const {
    LogBuilder then = from;
    then.active = {log.first};
    const std::string note = then.checkpoint(size);
    return {verify_checkpoint(note, trust)->checkpoint, note};
  }
  [[nodiscard]] std::string consistency(const LogBuilder& of, std::size_t size) const {
    return consistency_json(of, size, log.records.size());
  }
};

TEST(OldCheckpoint, ByAKeyThatLeftIsTheLogsWhenItIsProvenToBe) {
  const Retired retired;
  for (std::size_t size = 1; size <= retired.left; ++size) {
    const format::SignedCheckpoint honest = retired.old(retired.log, size);
    const auto alone = demand_consistency(honest, retired.trust, {});
    ASSERT_FALSE(alone) << size;
    EXPECT_EQ(alone.error().code, Code::kInvalid);
    EXPECT_NE(alone.error().message.find("--consistency"), std::string::npos);
    const std::string proof = retired.consistency(retired.log, size);
    EXPECT_TRUE(demand_consistency(honest, retired.trust, {proof})) << size;
  }
}

TEST(OldCheckpoint, OfAForgedHistoryIsRefusedWhateverProofIsGiven) {
  const Retired retired;
  for (std::size_t size = 2; size <= retired.left; ++size) {
    const format::SignedCheckpoint forged = retired.old(retired.forged, size);
    EXPECT_FALSE(demand_consistency(forged, retired.trust, {})) << size;
    for (const LogBuilder* of : {&retired.log, &retired.forged}) {
      const std::string proof = retired.consistency(*of, size);
      const auto refused = demand_consistency(forged, retired.trust, {proof});
      ASSERT_FALSE(refused) << size;
      EXPECT_EQ(refused.error().code, Code::kCorrupt) << refused.error().message;
    }
  }
}

TEST(OldCheckpoint, ThatAKeyOfTodaySignedNeedsNothingElse) {
  const Retired retired;
  const std::size_t both = retired.log.key_events[1] + 1;  // the second key signs since then
  const std::string note = retired.log.checkpoint(both);
  const auto verified = verify_checkpoint(note, retired.trust);
  ASSERT_TRUE(verified);
  EXPECT_TRUE(
      demand_consistency(format::SignedCheckpoint{verified->checkpoint, note}, retired.trust, {}));
}

// A renewal binds what is before it; whoever stole the old key can sign the tree of a renewal, too.
TEST(OldCheckpoint, NeedsARenewalUnderACheckpointThatAKeyOfTodaySigned) {
  const Retired retired;
  const format::SignedCheckpoint honest = retired.old(retired.log, 3);
  const auto with = [&](format::SignedCheckpoint in) {
    return demand_consistency(honest, retired.trust,
                              {{}, OpenedRenewal{LeafIndex{4}, {}, std::move(in)}});
  };
  const std::string note = retired.log.checkpoint(retired.log.records.size());
  EXPECT_TRUE(with({verify_checkpoint(note, retired.trust)->checkpoint, note}));
  EXPECT_EQ(with(retired.old(retired.log, retired.left)).error().code, Code::kInvalid);
}

TEST(OldCheckpoint, OfTheSizeOfTheNewestHasItsRoot) {
  const Retired retired;
  const std::size_t size = retired.log.records.size();
  const std::string note = retired.log.checkpoint(size);
  format::SignedCheckpoint same{verify_checkpoint(note, retired.trust)->checkpoint, note};
  EXPECT_TRUE(demand_consistency(same, retired.trust, {}));
  same.checkpoint.root.bytes[3] ^= std::byte{1};
  EXPECT_EQ(demand_consistency(same, retired.trust, {}).error().code, Code::kCorrupt);
}

// Who knows the first key alone cannot know what has left.
TEST(OldCheckpoint, IsTakenByItsSignatureWhereNothingElseIsKnown) {
  Retired retired;
  const format::SignedCheckpoint honest = retired.old(retired.log, 3);
  const std::string proof = retired.consistency(retired.log, 3);
  retired.trust.newest.reset();
  EXPECT_TRUE(demand_consistency(honest, retired.trust, {}));
  EXPECT_EQ(demand_consistency(honest, retired.trust, {proof}).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace varve::verify
