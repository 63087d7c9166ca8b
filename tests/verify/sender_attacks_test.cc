// Attacks on who sent what, by whoever holds the log's key: the server seals for these senders, so it
// could write anything that the rules let stand. What it cannot write is a gap, a repetition, a sender
// that nobody registered, or a seal that says otherwise than the events before it.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "good_log.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/verify_file.h"

namespace varve::verify {
namespace {

using format::Kind;
using format::SenderKind;

const format::Sender kOtherClient{SenderKind::kClient, "pacs"};

void expect_named(const LogBuilder& log, const std::string& check, std::size_t index,
                  const std::string& what) {
  const Outcome outcome = audit(log);
  ASSERT_TRUE(outcome.finding) << (outcome.intact ? "intact" : outcome.error);
  EXPECT_EQ(outcome.finding->check, check) << outcome.text();
  EXPECT_EQ(outcome.finding->index, LeafIndex{index}) << outcome.text();
  EXPECT_NE(outcome.finding->what.find(what), std::string::npos) << outcome.text();
}

/// Two clients, and a batch of two events of each.
LogBuilder two_clients() {
  LogBuilder log;
  log.register_sender(ehr());
  log.register_sender(kOtherClient);
  log.sender_batch({{ehr(), 2}, {kOtherClient, 2}});
  return log;
}

/// The last seal again, changed.
LogBuilder with_seal(const std::function<void(format::Seal&)>& change) {
  LogBuilder log = two_clients();
  auto seal = format::decode_seal(log.records.back());
  CHECK(seal.has_value());
  log.records.pop_back();
  change(*seal);
  log.seal(*seal, nullptr);
  return log;
}

TEST(SenderAttack, AnHonestLogIsIntactAndNamesItsSenders) {
  const Outcome outcome = audit(two_clients());
  ASSERT_TRUE(outcome.intact) << outcome.text();
  EXPECT_EQ(outcome.intact->batches, 1u);
  EXPECT_EQ(outcome.intact->chains.size(), 3u);
}

/// Whatever a hostile log leaves open, an auditor keeps no more of it than a seal can list.
TEST(SenderAttack, ABatchOfMoreSendersThanASealListsIsNamed) {
  LogBuilder log;
  std::vector<SourceId> sources;
  for (std::size_t k = 0; k <= format::kSealRunsMax; ++k) {
    const format::Sender sender{format::SenderKind::kClient, std::to_string(k)};
    log.register_sender(sender);
    sources.push_back(id_of(sender));
  }
  std::ranges::sort(sources);
  for (const SourceId source : sources) log.event(source, 0, "{}");
  expect_named(log, "event", log.records.size() - 1, "were never sealed");
}

TEST(SenderAttack, AGapInASendersNumbersIsNamed) {
  LogBuilder log = two_clients();
  log.event(id_of(ehr()), 3, "{}");
  expect_named(log, "event", log.records.size() - 1,
               "the event's number is 3, expected 2: something before it is missing");
  EXPECT_EQ(audit(log).finding->source, "client/_45_48_52_40ward-7");
}

TEST(SenderAttack, ANumberThatASenderHadBeforeIsNamed) {
  LogBuilder log = two_clients();
  log.event(id_of(ehr()), 1, "{}");
  expect_named(log, "event", log.records.size() - 1, "is 1, expected 2: it is there twice");
}

TEST(SenderAttack, AnEventOfASenderThatNobodyRegisteredIsNamed) {
  LogBuilder log = two_clients();
  log.event(id_of(relay()), 0, "{}");
  expect_named(log, "event", log.records.size() - 1, "its source was never registered");
}

TEST(SenderAttack, AnEventOfNobodyIsNamedOnceTheLogKnowsItsSenders) {
  LogBuilder before;
  before.server_batch(2);
  EXPECT_TRUE(audit(before).intact) << "a log of an older version";
  before.register_sender(ehr());
  before.server_batch(1);
  expect_named(before, "event", before.records.size() - 2, "it names no sender");
}

TEST(SenderAttack, ASealThatListsAnotherSenderThanSentIsNamed) {
  const auto log = with_seal([](format::Seal& seal) {
    // The one's events, said to be of a third: it has to be registered, or that is the finding.
    seal.runs.back().source = SourceId{seal.runs.back().source.value + 1};
  });
  expect_named(log, "seal", log.records.size() - 1, "a source that was never registered");
  LogBuilder third;
  third.register_sender(ehr());
  third.register_sender(kOtherClient);
  third.event(id_of(ehr()), 0, "{}");
  third.seal(third.log_seal({{id_of(kOtherClient), 0, 1}}), nullptr);
  expect_named(third, "seal", third.records.size() - 1,
               "sealed events 0 to 0 of client/pacs, before it are events 0 to 0 of "
               "client/_45_48_52_40ward-7");
}

TEST(SenderAttack, ASealThatCountsOtherEventsThanSentIsNamed) {
  const auto shifted = with_seal([](format::Seal& seal) {
    seal.runs.front().count -= 1;
    seal.runs.back().count += 1;
  });
  expect_named(shifted, "seal", shifted.records.size() - 1, "before it are events 0 to 1 of");
  const auto later = with_seal([](format::Seal& seal) { seal.runs.front().first_sequence = 1; });
  expect_named(later, "seal", later.records.size() - 1, "sealed events 1 to 2 of");
  const auto unlisted = with_seal([](format::Seal& seal) {
    seal.runs.pop_back();
    seal.count = seal.runs.front().count;
  });
  expect_named(unlisted, "seal", unlisted.records.size() - 1, "sealed no more, before it are");
}

TEST(SenderAttack, ASealOverAlteredEventsIsNamed) {
  const auto log = with_seal([](format::Seal& seal) { seal.root.bytes[0] ^= std::byte{1}; });
  expect_named(log, "seal", log.records.size() - 1, "is not what was sealed");
}

TEST(SenderAttack, ASealInASendersOwnNameIsNamed) {
  LogBuilder log = two_clients();
  log.event(id_of(ehr()), 2, "{}");
  format::Seal seal = log.log_seal({{id_of(ehr()), 2, 1}});
  seal.source = id_of(ehr());
  seal.sequence = 0;
  seal.previous = {};
  seal.first_sequence = 2;
  seal.runs.clear();
  log.seal(seal, nullptr);
  expect_named(log, "seal", log.records.size() - 1, "may not seal for this source");
}

TEST(SenderAttack, TheLogSealsNothingOfASourceThatSealsItself) {
  LogBuilder log = two_clients();
  log.register_source(ward());
  log.event(id_of(ward()), 0, "{}");
  log.seal(log.log_seal({{id_of(ward()), 0, 1}}), nullptr);
  expect_named(log, "seal", log.records.size() - 1, "may not seal for this source: ward-7/printer");
}

TEST(SenderAttack, ARegistrationThatTakesASendersNameIsNamed) {
  LogBuilder log = two_clients();
  log.register_source(SigningKey::make("client/lab", "a thief's key"));
  expect_named(log, "source event", log.records.size() - 1,
               "a name that only a sender's source has: client/lab");
  LogBuilder taken = two_clients();
  taken.register_source(SigningKey::make("client/pacs", "a thief's key"));
  expect_named(taken, "source event", taken.records.size() - 1, "client/pacs");
}

TEST(SenderAttack, ASourceOfAnOlderLogKeepsItsNameAndNoSenderGetsIt) {
  const SigningKey old = SigningKey::make("client/pacs", "an old key");
  LogBuilder log;
  log.register_source(old);
  log.batch(old, 1);
  EXPECT_TRUE(audit(log).intact) << audit(log).text();
  log.register_sender(kOtherClient);
  expect_named(log, "sender", log.records.size() - 1, "client/pacs was registered before");
}

TEST(SenderAttack, ASenderThatJoinsTwiceOrInAnotherLogIsNamed) {
  LogBuilder twice = two_clients();
  twice.register_sender(ehr());
  expect_named(twice, "sender", twice.records.size() - 1, "was registered before");
  LogBuilder foreign = two_clients();
  foreign.control(Kind::kSender, format::sender_text({"elsewhere", relay()}));
  expect_named(foreign, "sender", foreign.records.size() - 1, "it is for another log: elsewhere");
}

TEST(SenderAttack, AKeyForASendersSourceIsNamed) {
  LogBuilder log = two_clients();
  const SigningKey thief = SigningKey::make("client/pacs", "a thief's key");
  log.rotate_source(thief, thief);
  expect_named(log, "source event", log.records.size() - 1, "never registered");
}

TEST(SenderAttack, SendersOutOfOrderWithinABatchAreNamed) {
  LogBuilder log = two_clients();
  const auto [low, high] = std::minmax({id_of(ehr()), id_of(kOtherClient)});
  log.event(high, 2, "{}");
  log.event(low, 2, "{}");
  expect_named(log, "event", log.records.size() - 1, "were never sealed");
}

TEST(SenderAttack, AStateSavedWithinABatchOfSeveralSendersGoesOn) {
  const LogBuilder log = two_clients();
  LogFold whole(log.first.verifier);
  for (std::size_t i = 0; i < log.records.size(); ++i) {
    SCOPED_TRACE(i);
    Buffer saved;
    ByteWriter out(saved);
    whole.encode(out);
    LogFold resumed(log.first.verifier);
    ByteReader in(saved);
    ASSERT_TRUE(resumed.decode(in));
    for (std::size_t k = i; k < log.records.size(); ++k) {
      const auto finding =
          resumed.apply(LeafIndex{k}, log.records[k], merkle::leaf_hash(log.records[k]));
      ASSERT_FALSE(finding) << sentence(*finding);
    }
    Buffer end;
    ByteWriter last(end);
    resumed.encode(last);
    EXPECT_FALSE(whole.apply(LeafIndex{i}, log.records[i], merkle::leaf_hash(log.records[i])));
    if (i + 1 == log.records.size()) {
      Buffer expected;
      ByteWriter as_expected(expected);
      whole.encode(as_expected);
      EXPECT_EQ(end, expected);
    }
  }
}

}  // namespace
}  // namespace varve::verify
