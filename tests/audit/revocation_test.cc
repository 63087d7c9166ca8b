// A key that was compromised: what it signed up to a size counts, what it signed after that does
// not, wherever an auditor meets its signature.
#include <gtest/gtest.h>

#include "ledger/format/batch.h"
#include "ledger/format/receipt.h"
#include "ledger/merkle/proof.h"
#include "ledger/rules/key_timeline.h"
#include "ledger/verify/answers.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/open_keys.h"
#include "ledger/verify/verify_file.h"
#include "temporary_directory.h"
#include "tests/verify/good_log.h"
#include "tests/verify/log_answers.h"
#include "tools/audit/lib/remembered.h"

namespace varve::audit {

using namespace verify;

namespace {

/// Its first key is revoked for trees of more than `safe` leaves, and had signed one of `late`.
struct Compromised {
  LogBuilder log;
  std::size_t safe = 0;
  std::size_t late = 0;
  std::string safe_note, late_note;
  std::string safe_proof, late_proof;
  SigningKey next = SigningKey::make(log.origin, "next");

  Compromised() {
    log.register_source(ward());
    log.batch(ward(), 2);  // records 2 to 4
    safe = log.records.size();
    safe_note = log.checkpoint(safe);
    safe_proof = proof_file(log, 1, safe);
    log.server_batch(2);
    late = log.records.size();
    late_note = log.checkpoint(late);
    late_proof = proof_file(log, 1, late);
    log.rotate_key(next);
    log.server_batch(1);
    log.revoke_key(log.first, safe);
    log.server_batch(1);
  }
  [[nodiscard]] rules::KeyTimeline keys() const {
    return open_keys(text_of(log.files().at("keys")), log.first.verifier)->timeline;
  }
};

TEST(Revocation, TakesTheWorthOfSignaturesOnLargerTrees) {
  const Compromised c;
  const rules::KeyTimeline keys = c.keys();
  EXPECT_TRUE(open_checkpoint_of(c.safe_note, keys));
  const auto late = open_checkpoint_of(c.late_note, keys);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::kCorrupt);
  EXPECT_NE(late.error().message.find("only a key that was revoked signed"), std::string::npos)
      << late.error().message;
  EXPECT_EQ(keys.keys_at(TreeSize{c.safe}).size(), 1U);
  EXPECT_EQ(keys.keys_at(TreeSize{c.late}).size(), 0U);
  EXPECT_EQ(keys.active_at(TreeSize{c.late}).size(), 1U);
}

TEST(Revocation, LeavesACheckpointThatAnotherKeySignedToo) {
  const Compromised c;
  const std::string both =
      sign_note(format::checkpoint_text({c.log.origin, TreeSize{c.late + 2},
                                         merkle::root_of(leaves_of(c.log, c.late + 2))}),
                {c.log.first, c.next});
  EXPECT_TRUE(open_checkpoint_of(both, c.keys()));
}

TEST(Revocation, OfAProofFileIsHonoured) {
  const Compromised c;
  Trust trust{c.log.origin, c.log.first.verifier, c.keys()};
  EXPECT_TRUE(verify_proof_file(c.safe_proof, trust, {}, {}));
  const auto late = verify_proof_file(c.late_proof, trust, {}, {});
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("only a key that was revoked signed"), std::string::npos)
      << late.error().message;
  trust.keys.reset();
  EXPECT_TRUE(verify_proof_file(c.late_proof, trust, {}, {}))
      << "who knows only the first key cannot know of its revocation";
}

TEST(Revocation, OfACheckpointByItselfIsHonoured) {
  const Compromised c;
  Trust trust{c.log.origin, c.log.first.verifier, c.keys()};
  EXPECT_TRUE(verify_checkpoint(c.safe_note, trust));
  const auto late = verify_checkpoint(c.late_note, trust);
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("only a key that was revoked signed"), std::string::npos)
      << late.error().message;
}

TEST(Revocation, OfAReceiptIsHonoured) {
  const Compromised c;
  Buffer batch;
  for (std::size_t i = 2; i < 5; ++i) format::append_to_bundle(batch, c.log.records[i]);
  const Trust trust{c.log.origin, c.log.first.verifier, c.keys()};
  for (const auto& [size, note] : {std::pair{c.safe, c.safe_note}, {c.late, c.late_note}}) {
    const LeafReader leaves(c.log, size);
    const format::Receipt receipt{LeafIndex{2},
                                  3,
                                  TreeSize{size},
                                  merkle::root_of(leaves_of(c.log, size)),
                                  note,
                                  *merkle::prove_range(LeafIndex{2}, 3, TreeSize{size}, leaves),
                                  {}};
    const auto verified = verify_batch_receipt(format::format_receipt(receipt), trust, batch);
    EXPECT_EQ(verified.has_value(), size == c.safe) << size;
  }
}

TEST(Revocation, OfTheNewestCheckpointsOnlyKeyIsFoundByAnAudit) {
  const Compromised c;
  EXPECT_TRUE(verify::audit(c.log).intact) << verify::audit(c.log).text();
  Files forged = c.log.files();
  forged["checkpoint"] = to_buffer(bytes_of(c.late_note));
  EXPECT_FALSE(verify::audit(forged, c.log.first.verifier).intact);
}

// What an auditor saw before the theft was known is still what the log has to extend.
TEST(Revocation, DoesNotMakeAnAuditorForgetWhatWasSigned) {
  const Compromised c;
  EXPECT_TRUE(verify::audit(c.log.files(), c.log.first.verifier, c.late_note).intact);
  LogBuilder other("audit.example.org/ward");
  other.register_source(ward());
  other.batch(ward(), 2);
  other.server_batch(3);
  ASSERT_EQ(other.first.verifier, c.log.first.verifier);
  const auto fork =
      verify::audit(c.log.files(), c.log.first.verifier, other.checkpoint(other.records.size()));
  EXPECT_NE(fork.text().find("two histories"), std::string::npos) << fork.text();

  const TemporaryDirectory directory;
  const Remembered remembered(directory.path(), c.log.origin);
  const Prove prove = [&](const auto& older, const auto& newer) {
    return open_consistency(consistency_json(c.log, older.size.value, newer.size.value), older,
                            newer);
  };
  const rules::KeyTimeline before(c.log.first.verifier);
  ASSERT_TRUE(remembered.update(*open_checkpoint_of(c.late_note, before), before, prove));
  const auto now = open_checkpoint_of(c.log.checkpoint(c.log.records.size()), c.keys());
  ASSERT_TRUE(now);
  const auto updated = remembered.update(*now, c.keys(), prove);
  EXPECT_TRUE(updated) << updated.error().message;
}

}  // namespace
}  // namespace varve::audit
