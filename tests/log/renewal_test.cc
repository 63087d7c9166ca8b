// A log takes a renewal of its own tree, signed by a key of its own, and nothing else in its place.
#include "ledger/format/renewal.h"

#include <gtest/gtest.h>

#include "ledger/upkeep/audit.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using testing::events;
using testing::World;

class Renewing : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.open());
    for (int k = 0; k < 5; ++k) ASSERT_TRUE(world_.append_events(events(3)));
    format::RenewalBuilder builder(world_.options.origin,
                                   *merkle::find_renewing_function("sha512-256"));
    const std::uint64_t size = world_.log->latest()->checkpoint.size.value;
    for (std::uint64_t i = 0; i < size; ++i)
      builder.add(world_.log->records(LeafIndex{i}, 1)->front());
    renewal_ = builder.renewal();
    ASSERT_TRUE(world_.append_events(events(3)));  // the log goes on meanwhile
  }
  Result<Appended> append(const format::Renewal& renewal, const testing::SoftKey& key) {
    const std::string text = format::renewal_text(renewal);
    return world_.append_control(format::Kind::kRenewal,
                                 format::format_note({text, {key.note_signature(text)}}));
  }
  void expect_refused(const format::Renewal& renewal, const std::string& why) {
    const auto appended = append(renewal, world_.first_key);
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, Code::kInvalid);
    EXPECT_NE(appended.error().message.find(why), std::string::npos) << appended.error().message;
  }

  World world_;
  format::Renewal renewal_;
};

TEST_F(Renewing, IsARecordOfTheLogThatEveryStartAndAuditAccepts) {
  const auto appended = append(renewal_, world_.first_key);
  ASSERT_TRUE(appended) << appended.error().message;
  const Buffer bytes = world_.log->records(appended->first, 1)->front();
  const auto record = format::decode_record(bytes);
  EXPECT_EQ(record->kind, format::Kind::kRenewal);
  EXPECT_EQ(record->media_type, format::media_type_of(format::Kind::kRenewal));
  ASSERT_TRUE(world_.reopen());
  world_.log.reset();
  for (const char* derived : {"/tree", "/leaves", "/appends", "/catalogue"})
    std::filesystem::remove_all(world_.directory + derived);
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(world_.log->records(appended->first, 1)->front(), bytes);
  world_.log.reset();
  const auto report = testing::audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->findings.empty());
}

TEST_F(Renewing, OfAnotherTreeIsRefused) {
  format::Renewal other = renewal_;
  other.root.bytes[3] ^= std::byte{1};
  expect_refused(other, "of another tree");
  other = renewal_;
  other.size.value -= 1;
  expect_refused(other, "of another tree");
  other = renewal_;
  other.size.value += 100;
  expect_refused(other, "more records than the log has");
  other = renewal_;
  other.origin = "log.example/other";
  expect_refused(other, "of the log log.example/other");
}

TEST_F(Renewing, ThatNoActiveKeySignedIsRefused) {
  const testing::SoftKey stranger(world_.options.origin);
  EXPECT_EQ(append(renewal_, stranger).error().code, Code::kInvalid);
  const auto text = world_.append_control(format::Kind::kRenewal, format::renewal_text(renewal_));
  EXPECT_EQ(text.error().code, Code::kInvalid);
}

}  // namespace
}  // namespace varve
