// The walk from the first key: what it accepts, and that every byte of its input matters.
#include "ledger/rules/key_timeline.h"

#include <gtest/gtest.h>

#include "good_log.h"
#include "ledger/verify/open_keys.h"

namespace varve::verify {
namespace {

TEST(KeyTimeline, KnowsWhichKeysSignATreeOfEachSize) {
  const LogBuilder log = good_log();
  const auto keys = open_keys(text_of(log.files().at("keys")), log.first.verifier);
  ASSERT_TRUE(keys) << keys.error().message;
  const auto count_at = [&](std::size_t size) {
    return keys->timeline.keys_at(TreeSize{size}).size();
  };
  ASSERT_EQ(log.key_events.size(), 3U);
  EXPECT_EQ(count_at(0), 1U);
  EXPECT_EQ(count_at(1), 1U);
  EXPECT_EQ(count_at(log.key_events[1]), 1U) << "the tree just before the rotation";
  EXPECT_EQ(count_at(log.key_events[1] + 1), 2U);
  EXPECT_EQ(count_at(log.key_events[2]), 2U);
  EXPECT_EQ(count_at(log.key_events[2] + 1), 1U);
  EXPECT_NE(keys->timeline.keys_at(TreeSize{log.records.size()}).front(), log.first.verifier);
}

TEST(KeyTimeline, RefusesEventsOutOfOrder) {
  const LogBuilder log;
  const auto create = format::decode_record(log.records[0]);
  rules::KeyTimeline late(log.first.verifier);
  EXPECT_FALSE(late.apply(LeafIndex{1}, text_of(create->payload)));
  rules::KeyTimeline keys(log.first.verifier);
  ASSERT_TRUE(keys.apply(LeafIndex{0}, text_of(create->payload)));
  const SigningKey next = SigningKey::make(log.origin, "next");
  const std::string rotate = log.key_note(format::KeyAction::kRotate, next, {log.first, next});
  EXPECT_FALSE(keys.apply(LeafIndex{0}, rotate));
  EXPECT_TRUE(keys.apply(LeafIndex{1}, rotate));
}

TEST(KeysFile, WithAnyByteChangedIsRefused) {
  const LogBuilder log = good_log();
  const std::string good(text_of(log.files().at("keys")));
  ASSERT_TRUE(open_keys(good, log.first.verifier));
  for (const char mask : {'\x01', '\x02', '\x20'}) {
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ mask);
      EXPECT_FALSE(open_keys(bad, log.first.verifier)) << "byte " << i;
    }
  }
}

TEST(KeysFile, OfAnotherLogOrWithoutEventsIsRefused) {
  LogBuilder log = good_log();
  const LogBuilder other("audit.example.org/other");
  EXPECT_FALSE(open_keys(text_of(log.files().at("keys")), other.first.verifier));
  log.key_events.clear();
  EXPECT_FALSE(open_keys(text_of(log.files().at("keys")), log.first.verifier));
}

}  // namespace
}  // namespace varve::verify
