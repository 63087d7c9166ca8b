// A server's answers about single records and pairs of trees: every right one is accepted, and a
// change of any byte of one is noticed or says nothing.
#include "ledger/verify/answers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "good_log.h"
#include "ledger/rules/key_timeline.h"
#include "ledger/verify/open_keys.h"
#include "log_answers.h"

namespace varve::verify {
namespace {

rules::KeyTimeline timeline_of(const LogBuilder& log) {
  const auto keys = open_keys(text_of(log.files().at("keys")), log.first.verifier);
  CHECK(keys.has_value());
  return keys->timeline;
}

TEST(Inclusion, OfEveryRecordIsProven) {
  const LogBuilder log = good_log();
  const rules::KeyTimeline keys = timeline_of(log);
  for (std::size_t i = 0; i < log.records.size(); ++i) {
    const Hash leaf = merkle::leaf_hash(log.records[i]);
    const std::string json = inclusion_json(log, i, log.records.size());
    EXPECT_TRUE(open_inclusion(json, {LeafIndex{i}, {}}, keys));
    EXPECT_TRUE(open_inclusion(json, {{}, leaf}, keys));
    EXPECT_FALSE(open_inclusion(json, {LeafIndex{i + 1}, {}}, keys)) << "another question";
    EXPECT_FALSE(open_inclusion(json, {{}, Hash{}}, keys)) << "another question";
  }
}

/// Members that the caller did not ask for are not read: `ignored` are their names.
template <class Open>
void expect_every_byte_protected(const std::string& json, const std::vector<std::string>& ignored,
                                 Open open) {
  ASSERT_TRUE(open(json));
  for (std::size_t i = 0; i < json.size(); ++i) {
    std::string bad = json;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const bool in_ignored = std::ranges::any_of(ignored, [&](const std::string& member) {
      const std::size_t at = json.find(member);
      return at != std::string::npos && i >= at && i < at + member.size();
    });
    if (!in_ignored) {
      EXPECT_FALSE(open(bad)) << "byte " << i << " of " << json;
    }
  }
}

TEST(Inclusion, WithAnyByteChangedIsRefused) {
  const LogBuilder log = good_log();
  const rules::KeyTimeline keys = timeline_of(log);
  expect_every_byte_protected(inclusion_json(log, 7, log.records.size()), {},
                              [&](const std::string& json) {
                                return open_inclusion(json, {LeafIndex{7}, {}}, keys).has_value();
                              });
}

TEST(Event, WithAnyByteChangedIsRefused) {
  const LogBuilder log = good_log();
  const rules::KeyTimeline keys = timeline_of(log);
  expect_every_byte_protected(
      event_json(log, 7, log.records.size()), {R"("kind":"event")", R"("source":"x")"},
      [&](const std::string& json) { return open_event(json, LeafIndex{7}, keys).has_value(); });
}

TEST(Event, GivesTheRecordThatWasAskedFor) {
  const LogBuilder log = good_log();
  const rules::KeyTimeline keys = timeline_of(log);
  const std::string json = event_json(log, 7, log.records.size());
  EXPECT_EQ(open_event(json, LeafIndex{7}, keys)->record, log.records[7]);
  EXPECT_EQ(open_event(json, LeafIndex{8}, keys).error().code, Code::kCorrupt);
}

// The record has the hash of the name alone: who says another name is caught.
TEST(Event, IsOfWhomTheRecordSays) {
  const LogBuilder log = sender_log();
  const rules::KeyTimeline keys = timeline_of(log);
  const std::size_t at = find_record(log, format::Kind::kEvent, id_of(ehr()), 0);
  const std::string json = event_json(log, at, log.records.size());
  const auto said = [&](const format::Sender& sender) {
    std::string with = json;
    with.insert(1, "\"source_name\":\"" + format::source_name(sender) + "\",");
    return open_event(with, LeafIndex{at}, keys);
  };
  EXPECT_EQ(open_event(json, LeafIndex{at}, keys)->source_name, "") << "an older server";
  EXPECT_EQ(said(ehr())->source_name, format::source_name(ehr()));
  ASSERT_FALSE(said(relay()));
  EXPECT_EQ(said(relay()).error().code, Code::kCorrupt);
}

TEST(Consistency, OfEveryPairOfSizesIsProvenAndOfNoOther) {
  const LogBuilder log = good_log();
  const auto at = [&](std::size_t size) {
    return format::Checkpoint{log.origin, TreeSize{size}, merkle::root_of(leaves_of(log, size))};
  };
  for (std::size_t to = 1; to <= log.records.size(); ++to) {
    for (std::size_t from = 1; from <= to; ++from) {
      const std::string json = consistency_json(log, from, to);
      EXPECT_TRUE(open_consistency(json, at(from), at(to)));
      format::Checkpoint other = at(from);
      other.root.bytes[0] ^= std::byte{1};
      EXPECT_EQ(open_consistency(json, other, at(to)).error().code, Code::kCorrupt);
    }
  }
}

}  // namespace
}  // namespace varve::verify
