// A proof that is newer than the keys it is verified with: an unknown key gives no verdict, and a
// contradiction is still a finding.
#include <gtest/gtest.h>

#include "ledger/format/batch.h"
#include "ledger/verify/open_keys.h"
#include "ledger/verify/trust_bundle.h"
#include "ledger/verify/verify_file.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/good_log.h"
#include "tests/verify/log_answers.h"

namespace varve::audit {

using namespace verify;

namespace {

Trust trust_in(const LogBuilder& log) {
  const auto keys = open_keys(text_of(log.files().at("keys")), log.first.verifier);
  CHECK(keys.has_value());
  return {log.origin, log.first.verifier, keys->timeline, keys->under.checkpoint};
}

/// Every way to hold something against `trust` that a later key signed.
std::vector<Result<void>> verdicts(const LogBuilder& log, std::size_t size, const Trust& trust) {
  const auto verdict = [](const auto& result) {
    return result ? Result<void>() : Result<void>(result.error());
  };
  const std::size_t record = log.records.size() - 2;  // the last batch: one event and its seal
  Buffer batch;
  for (std::size_t i = record; i < record + 2; ++i) format::append_to_bundle(batch, log.records[i]);
  return {verdict(verify_checkpoint(log.checkpoint(size), trust)),
          verdict(verify_proof_file(proof_file(log, 1, size), trust, {}, {})),
          verdict(verify_batch_receipt(receipt_json(log, record, 2, size, false), trust, batch))};
}

struct UnknownKey : ::testing::Test {
  LogBuilder log;
  Trust old_trust;
  SigningKey next = SigningKey::make(log.origin, "second key");

  UnknownKey() {
    log.register_source(ward());
    log.batch(ward(), 1);
    old_trust = trust_in(log);
    log.rotate_key(next);
    log.retire_key(log.first);
    log.batch(ward(), 1);
  }
};

TEST_F(UnknownKey, OfALaterTimeThanTheBundleIsNoDamage) {
  for (const auto& verdict : verdicts(log, log.records.size(), trust_in(log)))
    EXPECT_TRUE(verdict) << verdict.error().message;
  for (const auto& verdict : verdicts(log, log.records.size(), old_trust)) {
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().code, Code::kNotFound);
    EXPECT_NE(verdict.error().message.find("get a newer one"), std::string::npos);
  }
}

TEST_F(UnknownKey, OfALogThatIsKnownByItsFirstKeyAloneIsNoDamage) {
  const Trust one_key{log.origin, log.first.verifier, {}};
  for (const auto& verdict : verdicts(log, log.records.size(), one_key)) {
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().code, Code::kNotFound);
    EXPECT_NE(verdict.error().message.find("--bundle"), std::string::npos);
  }
}

TEST_F(UnknownKey, OfTheBundlesOwnTimeIsNoKeyOfTheLog) {
  LogBuilder forged = log;
  forged.active = {SigningKey::make(log.origin, "thief")};
  for (const auto& verdict : verdicts(forged, log.records.size(), trust_in(log))) {
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().code, Code::kCorrupt);
  }
}

TEST_F(UnknownKey, ExcusesNoSignatureOfAKnownOne) {
  const std::string good = log.checkpoint(log.records.size());
  std::string wrong_one = sign_note("x\n", {log.first});  // of another text
  wrong_one = wrong_one.substr(wrong_one.find("\n\n") + 2);
  const auto beside = verify_checkpoint(good + wrong_one, old_trust);
  ASSERT_FALSE(beside);
  EXPECT_EQ(beside.error().code, Code::kCorrupt) << "a known key's signature is wrong";

  const SigningKey witness = SigningKey::make("witness.example", "witness");
  const std::string text = good.substr(0, good.find("\n\n") + 1);
  const auto by_witness = verify_checkpoint(sign_note(text, {witness}), old_trust);
  ASSERT_FALSE(by_witness);
  EXPECT_EQ(by_witness.error().code, Code::kCorrupt) << "nobody signed it as the log";
}

TEST_F(UnknownKey, ThatIsRetiredIsNotUnknown) {
  LogBuilder again = log;
  again.active = {log.first};
  LogBuilder more = log;
  more.batch(ward(), 1);
  again.records = more.records;
  const auto late = verify_checkpoint(again.checkpoint(again.records.size()), trust_in(log));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::kCorrupt);
}

TEST_F(UnknownKey, EndsTheProgramWithAnotherCodeThanDamage) {
  const TemporaryDirectory directory;
  LogBuilder before;
  before.register_source(ward());
  before.batch(ward(), 1);
  const std::string proof = directory.write("proof", proof_file(log, 1, log.records.size()));
  const auto bundle_of = [&](const std::string& name, const LogBuilder& of) {
    const auto bundle = make_bundle(of.first.verifier, text_of(of.files().at("keys")));
    return " --bundle " + directory.write(name, *bundle);
  };
  expect(run("verify " + proof + bundle_of("old", before)), 11, "get a newer one");
  expect(run("--json verify " + proof + bundle_of("old", before)), 11, R"("exit":11)");
  expect(run("verify " + proof + bundle_of("new", log)), 0, "verified");
}

}  // namespace
}  // namespace varve::audit
