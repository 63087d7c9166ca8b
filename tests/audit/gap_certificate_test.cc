// Certificates that a source left nothing out: made from a log that an audit found intact, verified
// with the first key alone, and refused for a reason whatever somebody makes of them.
#include <gtest/gtest.h>

#include <functional>

#include "ledger/merkle/proof.h"
#include "ledger/verify/gap_check.h"
#include "ledger/verify/log_check.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/buried.h"
#include "tests/verify/good_log.h"
#include "tools/audit/lib/directory_source.h"
#include "tools/audit/lib/gap_maker.h"

namespace varve::audit {

using namespace verify;

namespace {

using format::GapCertificate;
using format::Kind;

constexpr format::Heartbeat kAlive{1'700'000'000'000'000, UINT64_MAX, 0};

/// Of the ward: heartbeat 0, events 1 to 5, another key, heartbeat 6, events 7 to 10, heartbeat 11.
LogBuilder gap_log(const std::string& origin = "audit.example.org/ward") {
  LogBuilder log(origin);
  log.register_source(ward());
  log.register_source(lab());
  log.heartbeat(ward(), kAlive);
  log.batch(ward(), 3);
  log.batch(lab(), 1);
  log.batch(ward(), 2);
  log.rotate_source(ward(), ward_next());
  log.heartbeat(ward_next(), kAlive);
  log.batch(ward_next(), 4);
  log.heartbeat(ward_next(), {kAlive.since_us, 0, 0});
  return log;
}

Trust trust_of_log(const LogBuilder& log) {
  return {log.origin, log.first.verifier, {}, {}};
}

GapCertificate certify(const Files& files, const LogBuilder& log, GapRange range) {
  const MemorySource source(files);
  GapMaker maker = *GapMaker::of(std::move(range));
  LogCheck check(log.first.verifier, source, kNowUs);
  check.watch([&](LeafIndex index, Bytes entry) { maker.see(index, entry); });
  CHECK(check.begin().has_value());
  while (!check.done()) CHECK(check.step().has_value());
  const auto intact = check.finish();
  CHECK(intact.has_value());
  return *std::move(maker).make(intact->checkpoint, source);
}

GapCertificate certify(const LogBuilder& log) {
  return certify(log.files(), log, {"ward-7/printer"});
}

/// Proven anew, as whoever holds the log's hashes could.
void prove(GapCertificate& certificate, const LogBuilder& log) {
  std::vector<LeafIndex> which;
  for (const auto& entry : certificate.records) which.push_back(entry.index);
  const std::size_t size = log.records.size();
  certificate.proof = *merkle::prove_leaves(which, TreeSize{size}, LeafReader(log, size));
  certificate.checkpoint = log.checkpoint(size);
}

/// A certificate of these records of the log, whether they are one or not.
GapCertificate of_records(const LogBuilder& log, const std::vector<std::size_t>& which) {
  GapCertificate certificate{"ward-7/printer", {}, {}, {}, ""};
  for (const std::size_t i : which) certificate.records.push_back({LeafIndex{i}, log.records[i]});
  prove(certificate, log);
  return certificate;
}

Result<ProvenEvents> verified(const GapCertificate& certificate, const LogBuilder& log) {
  return verify_gap_certificate(format::format_gap_certificate(certificate), trust_of_log(log));
}

void expect_refused(const GapCertificate& certificate, const LogBuilder& log,
                    const std::string& why, Code code = Code::kCorrupt) {
  const auto events = verified(certificate, log);
  ASSERT_FALSE(events) << "verified, where it should say: " << why;
  EXPECT_EQ(events.error().code, code) << events.error().message;
  EXPECT_NE(events.error().message.find(why), std::string::npos) << events.error().message;
}

/// Where the ward's seal of this batch is.
std::size_t seal_at(const LogBuilder& log, std::uint64_t batch) {
  return find_record(log, Kind::kBatchSeal, id_of(ward()), batch);
}

/// Where its registration and its rotation are.
constexpr std::size_t kRegistered = 1;
std::size_t rotated_at(const LogBuilder& log) {
  return find_record(log, Kind::kSourceEvent, format::kLogItself, 3);
}

TEST(GapCertificate, ShowsAllThatASourceSealed) {
  const LogBuilder log = gap_log();
  const auto events = verified(certify(log), log);
  ASSERT_TRUE(events) << events.error().message;
  EXPECT_EQ(events->source, "ward-7/printer");
  EXPECT_EQ(events->first, 0u);
  EXPECT_EQ(events->count, 12u);
  EXPECT_EQ(events->batches, 6u);
  EXPECT_EQ(events->last_seal, LeafIndex{log.records.size() - 1});
  EXPECT_EQ(events->keys, (std::vector{ward().verifier, ward_next().verifier}));
  ASSERT_EQ(events->heartbeats.size(), 3u);
  EXPECT_EQ(events->heartbeats[1].sequence, 6u);
  EXPECT_EQ(events->heartbeats[1].says, kAlive);
}

TEST(GapCertificate, HoldsTheBatchesThatReachIntoTheRangeAndNoOthers) {
  const LogBuilder log = gap_log();
  const GapCertificate certificate = certify(log.files(), log, {"ward-7/printer", 2, 4});
  const auto events = verified(certificate, log);
  ASSERT_TRUE(events) << events.error().message;
  EXPECT_EQ(events->first, 1u);
  EXPECT_EQ(events->count, 5u);
  EXPECT_EQ(events->keys, std::vector{ward().verifier}) << "the later key sealed none of these";
  EXPECT_TRUE(events->heartbeats.empty());
}

TEST(GapCertificate, GrowsWithBatchesAndNotWithEvents) {
  LogBuilder few;
  LogBuilder many;
  for (auto& [log, count] : {std::pair{&few, 2u}, {&many, 200u}}) {
    log->register_source(ward());
    log->batch(ward(), count);
  }
  EXPECT_LT(format::format_gap_certificate(certify(many)).size(),
            format::format_gap_certificate(certify(few)).size() + 600)
      << "hashes of the tree";
}

TEST(GapCertificate, WithAnyByteChangedOrCutAnywhereIsRefused) {
  const LogBuilder log = gap_log();
  const std::string good = format::format_gap_certificate(certify(log));
  const Trust trust = trust_of_log(log);
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(verify_gap_certificate(good.substr(0, i), trust)) << i;
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(verify_gap_certificate(bad, trust)) << i;
  }
}

TEST(GapCertificate, WithAHoleIsRefused) {
  const LogBuilder log = gap_log();
  GapCertificate certificate = certify(log);
  std::erase_if(certificate.records,
                [&](const auto& entry) { return entry.index.value == seal_at(log, 2); });
  prove(certificate, log);
  expect_refused(certificate, log,
                 "record " + std::to_string(seal_at(log, 3)) +
                     ": the seal is of batch 3 where batch 2 is next: a batch is missing");
}

// Its source signed it, so that it left events out itself: no log takes such a seal.
TEST(GapCertificate, OfASealThatSkipsEventsIsRefused) {
  LogBuilder log = gap_log();
  const auto last = format::decode_seal(log.records.back());
  format::Seal seal = *last;
  seal.sequence += 1;
  seal.first_sequence += 2;
  seal.previous = merkle::leaf_hash(log.records.back());
  log.seal(seal, &ward_next());
  expect_refused(of_records(log, {kRegistered, rotated_at(log), seal_at(log, 5), seal_at(log, 6)}),
                 log, "batch 6 begins with event 13 where event 12 is next");
}

TEST(GapCertificate, WithABatchTwiceIsRefused) {
  LogBuilder log = gap_log();
  log.records.push_back(log.records[seal_at(log, 1)]);
  expect_refused(
      of_records(log, {kRegistered, seal_at(log, 0), seal_at(log, 1), log.records.size() - 1}), log,
      "batch 1 is there twice");
}

TEST(GapCertificate, OfABatchThatContinuesAnotherChainIsRefused) {
  LogBuilder log = gap_log();
  format::Seal seal = *format::decode_seal(log.records[seal_at(log, 1)]);
  seal.previous.bytes[0] ^= std::byte{1};
  log.seal(seal, &ward());
  expect_refused(of_records(log, {kRegistered, seal_at(log, 0), log.records.size() - 1}), log,
                 "batch 1 does not continue the seal before it");
}

TEST(GapCertificate, WithASealOfAnotherSourceIsRefused) {
  const LogBuilder log = gap_log();
  const std::size_t other = find_record(log, Kind::kBatchSeal, id_of(lab()), 0);
  expect_refused(of_records(log, {kRegistered, seal_at(log, 1), other}), log,
                 "record " + std::to_string(other) + ": the seal is of another source");
}

TEST(GapCertificate, WithASealOfAnotherLogIsRefused) {
  LogBuilder log = gap_log();
  const LogBuilder other = gap_log("audit.example.org/elsewhere");
  log.records.push_back(other.records[seal_at(other, 0)]);
  expect_refused(of_records(log, {kRegistered, log.records.size() - 1}), log,
                 "batch 0 is not signed by the key that the source had then");
  expect_refused(certify(other), log, "it is of the log audit.example.org/elsewhere",
                 Code::kInvalid);
}

TEST(GapCertificate, WithASealByAKeyThatWasReplacedIsRefused) {
  LogBuilder log = gap_log();
  format::Seal seal = *format::decode_seal(log.records[seal_at(log, 3)]);
  log.seal(seal, &ward());
  const std::size_t stolen = log.records.size() - 1;
  expect_refused(of_records(log, {kRegistered, seal_at(log, 2), rotated_at(log), stolen}), log,
                 "batch 3 is not signed by the key that the source had then");
}

TEST(GapCertificate, WithAnotherRegistrationIsRefused) {
  LogBuilder log = gap_log();
  expect_refused(of_records(log, {kRegistered + 1, seal_at(log, 0)}), log,
                 "it is about lab, and the certificate about ward-7/printer");
  expect_refused(of_records(log, {seal_at(log, 0)}), log, "no record before the seal registers");
  expect_refused(of_records(log, {kRegistered, rotated_at(log)}), log, "has no seal");
  // The thief's own registration under the ward's name, which the log never took.
  const SigningKey thief = SigningKey::make("ward-7/printer", "a thief's key");
  LogBuilder forged;
  forged.register_source(thief);
  forged.register_source(lab());
  forged.heartbeat(thief, kAlive);
  GapCertificate certificate = certify(forged);
  certificate.proof = certify(log).proof;
  certificate.checkpoint = log.checkpoint(log.records.size());
  expect_refused(certificate, log, "the records are not proven to be in the log");
  // ... and where the log did take it, behind the ward's.
  log.register_source(thief);
  const std::size_t twice = log.records.size() - 1;
  expect_refused(of_records(log, {kRegistered, seal_at(log, 0), twice}), log,
                 "the source was registered before");
}

TEST(GapCertificate, UnderACheckpointThatIsOlderOrOfNobodyIsRefused) {
  const LogBuilder log = gap_log();
  GapCertificate stale = certify(log);
  stale.checkpoint = log.checkpoint(log.records.size() - 1);
  expect_refused(stale, log,
                 "not all in the tree of size " + std::to_string(log.records.size() - 1));
  LogBuilder later = log;
  later.batch(lab(), 1);
  stale.checkpoint = later.checkpoint(later.records.size());
  expect_refused(stale, log, "the records are not proven to be in the log");
  LogBuilder forged = log;
  forged.active = {SigningKey::make(log.origin, "not the log's key")};
  stale.checkpoint = forged.checkpoint(log.records.size());
  expect_refused(stale, log, "--bundle", Code::kNotFound);
}

TEST(GapCertificate, WithAHeartbeatThatNoSealIsOfIsRefused) {
  const LogBuilder log = gap_log();
  const GapCertificate good = certify(log);
  const auto with = [&](Buffer heartbeat) {
    GapCertificate certificate = good;
    certificate.heartbeats = {std::move(heartbeat)};
    return certificate;
  };
  Buffer altered = good.heartbeats[0];
  altered[20] ^= std::byte{1};  // when
  expect_refused(with(altered), log, "heartbeat 0: none of the seals is of it alone");
  expect_refused(with(log.records[kRegistered]), log, "heartbeat 0: it is not a heartbeat");
  GapCertificate swapped = good;
  std::swap(swapped.heartbeats[0], swapped.heartbeats[1]);
  expect_refused(swapped, log, "heartbeat 1: it does not come behind the one before it");
}

// The seals of a destroyed month are kept: what was sealed is shown as before, without heartbeats.
TEST(GapCertificate, IsMadeOfAMonthThatIsGone) {
  const LogBuilder log = gap_log();
  std::set<std::size_t> gone = all_events(log, log.records.size());
  for (std::size_t k = 0; k < log.records.size(); ++k)
    if (format::decode_record(log.records[k])->kind == Kind::kHeartbeat) gone.insert(k);
  Files files = log.files();
  bury(files, gone);
  const auto events = verified(certify(files, log, {"ward-7/printer"}), log);
  ASSERT_TRUE(events) << events.error().message;
  EXPECT_EQ(events->count, 12u);
  EXPECT_TRUE(events->heartbeats.empty());
}

// The log's own word for a source is no heartbeat.
TEST(Heartbeat, OfWhoeverDoesNotSealIsFoundInTheLog) {
  LogBuilder log = gap_log();
  log.server_batch_around(Kind::kHeartbeat);
  const Outcome outcome = verify::audit(log);
  ASSERT_TRUE(outcome.finding);
  EXPECT_EQ(outcome.finding->check, "heartbeat");
  EXPECT_NE(outcome.text().find("only a source that seals"), std::string::npos) << outcome.text();
}

TEST(Heartbeat, ThatIsTheNewestOfItsSourceIsSavedWithTheAudit) {
  const LogBuilder log = gap_log();
  const auto chain_of_ward = [&](Bytes saved) {
    return verify::audit(log.files(), log.first.verifier, "", saved)
        .intact->chains.at(id_of(ward()));
  };
  const MemorySource source(log.files());
  LogCheck check(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  for (const Buffer& saved : {Buffer(), check.save()}) {
    const Chain chain = chain_of_ward(saved);
    ASSERT_TRUE(chain.heartbeat);
    EXPECT_EQ(chain.heartbeat->index, chain.last_event);
    EXPECT_EQ(chain.heartbeat->heartbeat.interval_s, 0u);
  }
}

struct GapProgram : ::testing::Test {
  TemporaryDirectory directory;
  LogBuilder log = gap_log();
  std::string vkey = " --vkey " + format::format_vkey(log.first.verifier);

  std::string export_of(const Files& files) {
    for (const auto& [path, bytes] : files)
      directory.write("export/" + export_path(path), std::string(text_of(bytes)));
    return directory.file("export");
  }
};

TEST_F(GapProgram, MakesACertificateAndVerifiesItOffline) {
  const std::string out = directory.file("ward.gaps");
  const std::string gaps = "gaps " + export_of(log.files());
  const std::string said =
      "verified: ward-7/printer sealed its events 0 to 11 without a gap: 12 events in 6 batches";
  expect(run(gaps + " ward-7/printer --out " + out + vkey), 0, said);
  expect(run("verify " + out + vkey), 0, said);
  expect(run("verify " + out + vkey), 0, "3 heartbeats: the first number 0 of 2023-11-14");
  expect(run("--json verify " + out + vkey), 0, R"("first_event":0,"last_event":11,"events":12)");
  expect(run("verify " + out + vkey + " --payload " + out), 10, "says nothing of single records");
  expect(run(gaps + " ward-7/printer --from 7 --to 10 --out " + out + vkey), 0,
         "its events 7 to 10 without a gap: 4 events in 1 batch");
}

TEST_F(GapProgram, SaysOfASenderWhatCanTrulyBeSaid) {
  log.register_sender(ehr());
  log.sender_batch({{ehr(), 2}});
  const std::string out = directory.file("out");
  const std::string gaps = "gaps " + export_of(log.files());
  const Ran ran = run(gaps + " client/_45_48_52_40ward-7 --out " + out + vkey);
  expect(ran, 10, "numbers the 2 events of this sender without a gap");
  expect(ran, 10, "whether the sender sent more is known to the sender alone");
  EXPECT_FALSE(std::filesystem::exists(out));
  expect(run(gaps + " nobody --out " + out + vkey), 11, "the log has no source nobody");
  expect(run(gaps + " lab --from 1 --out " + out + vkey), 11, "the log has 1 events of lab");
}

TEST_F(GapProgram, ListsWhetherASourceIsAliveOrStopped) {
  expect(run("sources " + export_of(log.files()) + vkey), 0, ": it stopped");
  log.heartbeat(ward_next(), kAlive);
  expect(run("sources " + export_of(log.files()) + vkey), 0, ": alive, nothing to send for");
  log.heartbeat(ward_next(), {kAlive.since_us, 60, 0});
  expect(run("sources " + export_of(log.files()) + vkey), 0, "though it promised one every 60 s");
}

}  // namespace
}  // namespace varve::audit
