// A renewal in a log, and what an auditor does with it decades later.
#include "ledger/verify/renewals.h"

#include <gtest/gtest.h>

#include "ledger/format/batch.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/tombstone.h"
#include "ledger/verify/open_keys.h"
#include "temporary_directory.h"
#include "tests/verify/good_log.h"
#include "tests/verify/log_answers.h"
#include "tools/audit/lib/renewed_leaves.h"

namespace varve::audit {

using namespace verify;

namespace {

const merkle::HashFunction& sha512_256() {
  return *merkle::find_renewing_function("sha512-256");
}

/// A log whose first records were renewed, and an old proof of one of them.
struct RenewedLog {
  static constexpr std::size_t kOld = 11;      // the record that the old proof is of
  static constexpr std::size_t kOldSize = 20;  // under the checkpoint of that size

  RenewedLog() {
    renewed = log.records.size();
    const MemorySource source(log.files());
    const TreeSize size{renewed};
    rules::TombstoneCheck tombstones(kNowUs);
    statement = *renew(source, size, size, log.origin, sha512_256(), tombstones,
                       [](const auto&) { return Result<void>(); });
    at = log.records.size();
    log.control(format::Kind::kRenewal,
                sign_note(format::renewal_text(statement), {log.active.front()}));
    log.server_batch(2);
    trust.keys = open_keys(text_of(log.files().at("keys")), log.first.verifier)->timeline;
  }

  [[nodiscard]] std::string renewal() const { return proof_file(log, at, log.records.size()); }
  [[nodiscard]] ProvenRange old_range() const {
    return *verify_proof_file(proof_file(log, kOld, kOldSize), trust, {}, {});
  }
  /// The proof of renewal for the old proof, from the leaves that `from` makes.
  [[nodiscard]] Result<std::string> prove(const LogSource& from) const {
    const TemporaryDirectory directory;
    const std::string path = directory.file("leaves");
    ASSIGN_OR_RETURN(auto leaves, LeavesWriter::open(path));
    rules::TombstoneCheck tombstones(kNowUs);
    ASSIGN_OR_RETURN(
        const format::Renewal made,
        renew(from, TreeSize{log.records.size()}, TreeSize{renewed}, log.origin, sha512_256(),
              tombstones, [&](const auto& next) { return leaves.add(next); }));
    RETURN_IF_ERROR(leaves.finish());
    ASSIGN_OR_RETURN(const auto proof, prove_renewed(path, statement, asked()));
    EXPECT_EQ(made, statement);
    return format::format_renewal_proof(proof);
  }
  [[nodiscard]] format::RenewalProof asked() const {
    return {LeafIndex{kOld}, 1, TreeSize{kOldSize}, {}, {}, renewal()};
  }

  LogBuilder log = good_log();
  std::size_t renewed = 0;
  std::size_t at = 0;
  format::Renewal statement;
  Trust trust{log.origin, log.first.verifier, {}};
};

TEST(RenewedLog, StillVerifiesOldProofs) {
  const RenewedLog renewed;
  const std::string proof = *renewed.prove(MemorySource(renewed.log.files()));
  const auto opened = verify_renewal_proof(proof, renewed.old_range(), renewed.trust);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->index.value, renewed.at);
  EXPECT_EQ(opened->renewal, renewed.statement);
}

TEST(RenewedLog, RefusesAnotherRecordInTheProvensPlace) {
  const RenewedLog renewed;
  const std::string proof = *renewed.prove(MemorySource(renewed.log.files()));
  ProvenRange range = renewed.old_range();  // as if SHA-256 could not tell them apart
  range.records.front().back() ^= std::byte{1};
  EXPECT_EQ(verify_renewal_proof(proof, range, renewed.trust).error().code, Code::kCorrupt);
  range = renewed.old_range();
  range.in.root.bytes[0] ^= std::byte{1};
  EXPECT_EQ(verify_renewal_proof(proof, range, renewed.trust).error().code, Code::kCorrupt);
}

// The statement names the root of the log's own tree, too: of the same size there is only one.
TEST(RenewedLog, OfTheSizeOfTheCheckpointNamesItsRoot) {
  for (const bool right : {true, false}) {
    RenewedLog renewed;
    if (!right) renewed.statement.root.bytes[0] ^= std::byte{1};
    renewed.at = renewed.log.records.size();
    renewed.log.control(format::Kind::kRenewal, sign_note(format::renewal_text(renewed.statement),
                                                          {renewed.log.active.front()}));
    const TemporaryDirectory directory;
    auto leaves = *LeavesWriter::open(directory.file("leaves"));
    const TreeSize size{renewed.renewed};
    rules::TombstoneCheck tombstones(kNowUs);
    ASSERT_TRUE(renew(MemorySource(renewed.log.files()), TreeSize{renewed.log.records.size()}, size,
                      renewed.log.origin, sha512_256(), tombstones,
                      [&](const auto& next) { return leaves.add(next); }));
    ASSERT_TRUE(leaves.finish());
    format::RenewalProof asked = renewed.asked();
    asked.checkpoint = size;
    const auto proof = prove_renewed(directory.file("leaves"), renewed.statement, asked);
    ASSERT_TRUE(proof) << proof.error().message;
    const std::string old = proof_file(renewed.log, RenewedLog::kOld, size.value);
    const auto range = *verify_proof_file(old, renewed.trust, {}, {});
    const auto opened =
        verify_renewal_proof(format::format_renewal_proof(*proof), range, renewed.trust);
    EXPECT_EQ(opened.has_value(), right);
  }
}

TEST(RenewedLog, RefusesAProofWithAnyByteChanged) {
  const RenewedLog renewed;
  const std::string proof = *renewed.prove(MemorySource(renewed.log.files()));
  const ProvenRange range = renewed.old_range();
  for (std::size_t k = 0; k < proof.size(); ++k) {
    std::string bad = proof;
    bad[k] = static_cast<char>(bad[k] ^ 1);
    EXPECT_FALSE(verify_renewal_proof(bad, range, renewed.trust)) << "byte " << k;
  }
}

TEST(RenewedLog, IsRefusedWhenItsSignerWasNotActive) {
  RenewedLog renewed;  // the log's first key is retired by now
  renewed.log.control(format::Kind::kRenewal,
                      sign_note(format::renewal_text(renewed.statement), {renewed.log.first}));
  const std::size_t last = renewed.log.records.size() - 1;
  const auto opened = open_renewal(proof_file(renewed.log, last, last + 1), renewed.trust);
  EXPECT_EQ(opened.error().code, Code::kCorrupt);
  const Outcome outcome = verify::audit(renewed.log);
  ASSERT_TRUE(outcome.finding);
  EXPECT_EQ(outcome.finding->check, "renewal");
  EXPECT_EQ(outcome.finding->index->value, last);
}

TEST(RenewedLog, IsShownByAnAuditAlsoWhenThatIsContinued) {
  RenewedLog renewed;
  LogBuilder& log = renewed.log;
  const MemorySource source(log.files());
  LogCheck check(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  const auto intact = check.finish();
  ASSERT_TRUE(intact) << intact.error().message;
  ASSERT_EQ(intact->renewals.size(), 1U);
  EXPECT_EQ(intact->renewals[0].index.value, renewed.at);
  log.server_batch(2);
  const Outcome outcome = verify::audit(log.files(), log.first.verifier, "", check.save());
  ASSERT_TRUE(outcome.intact) << outcome.text();
  ASSERT_EQ(outcome.intact->renewals.size(), 1U);
  EXPECT_EQ(outcome.intact->renewals[0].renewal, renewed.statement);
}

TEST(RenewedLog, OfAnotherTreeOrAnotherLogOrTheFutureIsAFinding) {
  const RenewedLog good;
  for (int wrong = 0; wrong < 3; ++wrong) {
    LogBuilder log = good.log;
    format::Renewal statement = good.statement;
    if (wrong == 0) statement.root.bytes[7] ^= std::byte{1};
    if (wrong == 1) statement.origin = "log.example/other";
    if (wrong == 2) statement.size.value = log.records.size() + 1;
    log.control(format::Kind::kRenewal,
                sign_note(format::renewal_text(statement), {log.active.front()}));
    const Outcome outcome = verify::audit(log);
    ASSERT_TRUE(outcome.finding) << wrong;
    EXPECT_EQ(outcome.finding->check, "renewal");
    EXPECT_EQ(outcome.finding->index->value, log.records.size() - 1);
  }
}

// A month that is destroyed later cannot be renewed as it was: the leaves that were kept prove the
// rest.
TEST(RenewedLog, CannotBeMadeAgainOnceARecordIsDestroyed) {
  const RenewedLog renewed;
  MemorySource source(renewed.log.files());
  const std::string path = "tile/entries/000.p/" + std::to_string(renewed.log.records.size());
  const auto entries = format::split_bundle(source.files.at(path), merkle::kTileWidth);
  Buffer bundle;
  for (std::size_t k = 0; k < entries->size(); ++k) {
    const Bytes record = (*entries)[k];
    const format::Tombstone tombstone{202'601, 0, kNowUs, merkle::leaf_hash(record)};
    const bool gone = k == 12;
    format::append_to_bundle(bundle, gone ? Bytes(format::encode_tombstone(tombstone)) : record);
  }
  source.files[path] = bundle;
  const auto proof = renewed.prove(source);
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().code, Code::kInvalid);
}

TEST(RenewedLog, IsNotProvenByOtherLeaves) {
  const RenewedLog renewed;
  const TemporaryDirectory directory;
  auto writer = LeavesWriter::open(directory.file("leaves"));
  const MemorySource source(renewed.log.files());
  rules::TombstoneCheck tombstones(kNowUs);
  ASSERT_TRUE(renew(source, TreeSize{renewed.log.records.size()}, TreeSize{renewed.renewed},
                    renewed.log.origin, sha512_256(), tombstones,
                    [&](const auto& next) { return writer->add(next); }));
  ASSERT_TRUE(writer->finish());
  const std::string good = directory.read("leaves");
  ASSERT_EQ(good.size(), 64 * renewed.renewed);
  for (std::size_t at = 0; at < good.size(); at += 37) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    const std::string path = directory.write("bad", bad);
    EXPECT_EQ(prove_renewed(path, renewed.statement, renewed.asked()).error().code, Code::kInvalid);
  }
  const std::string cut = directory.write("bad", good.substr(0, good.size() - 64));
  EXPECT_EQ(prove_renewed(cut, renewed.statement, renewed.asked()).error().code, Code::kInvalid);
}

TEST(RenewedLog, ThatLacksARecordIsNotRenewed) {
  const RenewedLog renewed;
  MemorySource source(renewed.log.files());
  const std::string path = "tile/entries/000.p/" + std::to_string(renewed.log.records.size());
  source.files[path].resize(source.files[path].size() / 2);
  EXPECT_EQ(renewed.prove(source).error().code, Code::kCorrupt);
  source.files.erase(path);
  EXPECT_EQ(renewed.prove(source).error().code, Code::kIo);
}

}  // namespace
}  // namespace varve::audit
