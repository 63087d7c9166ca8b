// Keys that joined on the word of a stolen one: which they are, and that an auditor sees them.
#include "ledger/rules/admissions.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/rules/key_timeline.h"
#include "ledger/verify/open_keys.h"
#include "tests/verify/good_log.h"
#include "tools/audit/lib/key_report.h"

namespace varve::audit {

using namespace verify;

namespace {

const std::string kOrigin = "audit.example.org/ward";

/// A log of nothing but its keys: key 0 creates it, and each later one, k, joins in record k on the
/// word of the keys in a set of those before it.
struct KeysOnly {
  explicit KeysOnly(std::vector<unsigned> signers_in) : signers(std::move(signers_in)) {
    for (std::size_t k = 0; k < signers.size(); ++k)
      keys.push_back(SigningKey::make(kOrigin, "key " + std::to_string(k)));
    timeline = rules::KeyTimeline(keys[0].verifier);
    for (std::size_t k = 0; k < keys.size(); ++k) {
      const auto action = k == 0 ? format::KeyAction::kCreate : format::KeyAction::kRotate;
      std::vector<SigningKey> by{keys[k]};
      for (std::size_t j = 0; j < k; ++j)
        if ((signers[k] >> j & 1) != 0) by.push_back(keys[j]);
      const format::KeyEvent event{action, kOrigin, keys[k].verifier};
      const auto applied =
          timeline.apply(LeafIndex{k}, sign_note(format::key_event_text(event), by));
      CHECK(applied.has_value());
    }
  }
  /// The rule, once more: everyone who vouched for it was in other hands.
  [[nodiscard]] bool admitted(std::size_t k, std::size_t stolen, std::size_t last_size,
                              unsigned trusted) const {
    if (k == 0 || (trusted >> k & 1) != 0) return false;
    for (std::size_t j = 0; j < k; ++j) {
      const bool signed_it = (signers[k] >> j & 1) != 0;
      const bool was_stolen =
          (j == stolen && k >= last_size) || admitted(j, stolen, last_size, trusted);
      if (signed_it && !was_stolen) return false;
    }
    return true;
  }

  std::vector<unsigned> signers;  // by key: a bit for each earlier one that signed
  std::vector<SigningKey> keys;
  rules::KeyTimeline timeline{SigningKey::make(kOrigin, "key 0").verifier};
};

// Every way in which three keys can join, every key that may have been stolen at every time, and
// every set of keys that are known to be in good hands.
TEST(Admissions, AreOfKeysForWhichOnlyStolenOnesVouched) {
  for (unsigned second = 1; second < 4; ++second) {
    for (unsigned third = 1; third < 8; ++third) {
      const KeysOnly log({0, 1, second, third});
      for (std::size_t stolen = 0; stolen < 4; ++stolen) {
        for (std::size_t last_size = 0; last_size <= 4; ++last_size) {
          for (unsigned trusted = 0; trusted < 16; trusted += 2) {
            std::vector<format::VerifierKey> good;
            std::vector<format::VerifierKey> expected;
            for (std::size_t k = 0; k < 4; ++k) {
              if ((trusted >> k & 1) != 0) good.push_back(log.keys[k].verifier);
              if (log.admitted(k, stolen, last_size, trusted))
                expected.push_back(log.keys[k].verifier);
            }
            const rules::StolenKey thiefs{log.keys[stolen].verifier, TreeSize{last_size}};
            std::vector<format::VerifierKey> found;
            for (const rules::AdmittedKey& key :
                 rules::admissions_by({&thiefs, 1}, log.timeline, good).keys)
              found.push_back(key.key);
            EXPECT_EQ(found, expected) << second << third << stolen << last_size << trusted;
          }
        }
      }
    }
  }
}

// It is stolen since the earliest size that anybody named, however often it is revoked.
TEST(Admissions, AKeyThatIsRevokedAgainIsListedOnceWithTheSmallerSize) {
  KeysOnly log({0, 1, 3});
  for (const std::uint64_t last_size : {2u, 1u}) {
    const format::KeyEvent event{format::KeyAction::kRevoke, kOrigin, log.keys[1].verifier,
                                 TreeSize{last_size}};
    const std::string note = sign_note(format::key_event_text(event), {log.keys[0]});
    ASSERT_TRUE(log.timeline.apply(LeafIndex{log.timeline.events().size()}, note));
  }
  const auto revoked = rules::revoked_keys(log.timeline);
  ASSERT_EQ(revoked.size(), 1u);
  EXPECT_EQ(revoked[0].key, log.keys[1].verifier);
  EXPECT_EQ(revoked[0].last_size, TreeSize{1});
}

KeyReport report_of(const LogBuilder& log) {
  const auto keys = open_keys(text_of(log.files().at("keys")), log.first.verifier);
  CHECK(keys.has_value());
  return report_keys(*keys);
}

/// A thief lets two keys join, one by the other, before the stolen key is revoked.
struct Thief {
  LogBuilder log{kOrigin};
  SigningKey honest = SigningKey::make(kOrigin, "honest");
  SigningKey thiefs = SigningKey::make(kOrigin, "thief's");
  SigningKey hidden = SigningKey::make(kOrigin, "hidden");
  std::size_t safe = 0;

  Thief() {
    log.rotate_key(honest);
    log.server_batch(1);
    safe = log.records.size();
    log.admit_key(thiefs, {log.first});
    log.admit_key(hidden, {thiefs});
    log.server_batch(1);
  }
};

TEST(KeyReport, MarksEveryKeyThatARevokedOneLetJoin) {
  Thief thief;
  LogBuilder& log = thief.log;
  EXPECT_EQ(report_of(log).text.find("on the word of"), std::string::npos) << "none is revoked yet";
  log.revoke_key(log.first, thief.safe);
  const KeyReport marked = report_of(log);
  const std::string first_id = format::key_id_text(log.first.verifier);
  const std::string thiefs_id = format::key_id_text(thief.thiefs.verifier);
  for (const std::string& id : {first_id, thiefs_id})
    EXPECT_NE(marked.text.find("  on the word of a revoked key: " + id + "; its signatures count"),
              std::string::npos)
        << marked.text;
  EXPECT_NE(marked.text.find("; 2 joined on the word of a revoked key"), std::string::npos);
  EXPECT_NE(marked.json.find(R"("on_the_word_of_revoked":[")" +
                             format::format_vkey(thief.thiefs.verifier) + R"("],"counts":true)"),
            std::string::npos)
      << marked.json;
  EXPECT_EQ(marked.text.find(format::format_vkey(thief.honest.verifier) + " joined\n  on"),
            std::string::npos)
      << "it joined while the key was in good hands";

  log.revoke_key(thief.thiefs, thief.safe);
  EXPECT_NE(report_of(log).text.find("; 1 joined on the word of a revoked key"), std::string::npos);
  log.revoke_key(thief.hidden, thief.safe);
  const KeyReport all = report_of(log);
  EXPECT_EQ(all.text.find("its signatures count:"), std::string::npos) << all.text;
  EXPECT_NE(all.text.find("it was revoked too"), std::string::npos);
  EXPECT_EQ(all.text.find("; 1 joined on"), std::string::npos);
}

// Revoked for other reasons, with a size from after it joined: what it signed before then counts.
TEST(KeyReport, MarksAKeyWhoseRevocationLeavesItSomething) {
  Thief thief;
  LogBuilder& log = thief.log;
  log.revoke_key(log.first, thief.safe);
  log.revoke_key(thief.thiefs, log.records.size());
  EXPECT_NE(report_of(log).text.find("; 2 joined on the word of a revoked key"), std::string::npos);
}

TEST(KeyReport, MarksApproversThatARevokedKeyNamed) {
  Thief thief;
  LogBuilder& log = thief.log;
  const SigningKey ann = SigningKey::make("ann", "ann");
  const format::KeyEvent naming{
      format::KeyAction::kApprovers, kOrigin, log.first.verifier, {}, {}, 1, {ann.verifier}};
  log.key_events.push_back(log.records.size());
  log.control(format::Kind::kKeyEvent, sign_note(format::key_event_text(naming), {log.first, ann}));
  EXPECT_EQ(report_of(log).text.find("ask whether these"), std::string::npos);
  const format::KeyEvent revocation{format::KeyAction::kRevoke, kOrigin, log.first.verifier,
                                    TreeSize{thief.safe}};
  log.key_events.push_back(log.records.size());
  log.control(format::Kind::kKeyEvent,
              sign_note(format::key_event_text(revocation), {thief.honest, ann}));
  std::erase_if(log.active, [&](const auto& key) { return key.verifier == log.first.verifier; });
  const KeyReport report = report_of(log);
  EXPECT_NE(report.text.find("ask whether these are the approvers"), std::string::npos);
  EXPECT_NE(report.json.find(R"("named_by_revoked":true)"), std::string::npos) << report.json;
}

TEST(KeyReport, MarksAWitnessKeyThatRevokedKeysAloneNamed) {
  Thief thief;
  LogBuilder& log = thief.log;
  const auto name = [&](const char* seed, const SigningKey& by, const char* until_now) {
    const SigningKey key = SigningKey::make(kOrigin, seed);
    log.key_events.push_back(log.records.size());
    log.control(format::Kind::kWitnessKey,
                log.key_note(format::KeyAction::kWitnessKey, key, {by, key}));
    return format::format_vkey(key.verifier) + until_now;
  };
  const std::string honest = name("named by us", thief.honest, " signed for witnesses\n");
  const std::string thiefs = name("named by him", thief.thiefs, " signs for witnesses\n");
  log.revoke_key(log.first, thief.safe);
  const std::string mark = "  on the word of a revoked key alone: ask in whose hands it is\n";
  const std::string report = report_of(log).text;
  EXPECT_NE(report.find(thiefs + mark), std::string::npos) << report;
  EXPECT_NE(report.find(honest), std::string::npos);
  EXPECT_EQ(report.find(honest + mark), std::string::npos);
}

// A log of today refuses such an event; one that admitted it earlier is marked for ever.
TEST(KeyReport, MarksApproversWhoShareAKeyWithEachOtherOrWithTheLog) {
  const SigningKey ann = SigningKey::make("ann", "ann");
  struct Case {
    std::vector<SigningKey> named;
    std::string sentence;  // empty: there is none
  };
  for (const auto& [named, sentence] :
       {Case{{ann, SigningKey::make("bob", "ann")}, "the approvers ann and bob have the same key"},
        Case{{ann, SigningKey::make("eve", "before")}, "the approver eve has a key of the log"},
        Case{{ann, SigningKey::make("eve", "later")}, "the approver eve has a key of the log"},
        Case{{ann, SigningKey::make("bob", "bob")}, ""}}) {
    SCOPED_TRACE(sentence);
    LogBuilder log{kOrigin};
    log.rotate_key(SigningKey::make(kOrigin, "before"));
    format::KeyEvent naming{
        format::KeyAction::kApprovers, kOrigin, log.first.verifier, {}, {}, 1, {}};
    std::vector<SigningKey> signers{log.first};
    for (const SigningKey& approver : named) {
      naming.approvers.push_back(approver.verifier);
      signers.push_back(approver);
    }
    log.key_events.push_back(log.records.size());
    log.control(format::Kind::kKeyEvent, sign_note(format::key_event_text(naming), signers));
    const SigningKey later = SigningKey::make(kOrigin, "later");
    const format::KeyEvent joining{format::KeyAction::kRotate, kOrigin, later.verifier};
    log.key_events.push_back(log.records.size());
    log.control(format::Kind::kKeyEvent,
                sign_note(format::key_event_text(joining), {log.first, later, ann}));
    log.active.push_back(later);
    log.all.push_back(later);
    const KeyReport report = report_of(log);
    const bool marked = !sentence.empty();
    EXPECT_EQ(report.text.find("\n  " + (marked ? sentence : "the approver")) != std::string::npos,
              marked)
        << report.text;
    EXPECT_EQ(report.json.find(R"("approvers_share_keys":true)") != std::string::npos, marked)
        << report.json;
  }
}

}  // namespace
}  // namespace varve::audit
