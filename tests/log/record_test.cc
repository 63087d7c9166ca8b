// Between its sealing and its entry into the catalogue a segment is found like any other.
#include <gtest/gtest.h>

#include "ledger/read/reader.h"
#include "tests/log/stepped_log.h"

namespace varve {
namespace {

/// Signs where it is asked to.
class InPlace final : public log::BackgroundTask {
 public:
  void start(std::function<void()> job) override { job(); }
  [[nodiscard]] bool ended() override { return true; }
  void wait() override {}
};

class SealedSegment : public testing::SteppedLog<InPlace> {
 protected:
  SealedSegment() {
    world_.options.segment_bytes_max = 1;  // each step seals
    recover();
  }

  /// One event under an idempotency key. Returns where it went.
  Appended append(const std::string& key) {
    EventRequest request;
    request.sender = {format::SenderKind::kClient, "tester"};
    request.body = to_buffer(bytes_of("{}"));
    request.events.push_back({"application/json", request.body, 7});
    request.content = merkle::sha256(request.body);
    request.key = merkle::sha256(bytes_of(key));
    std::optional<Appended> appended;
    std::vector<log::Item> items(1);
    items[0].what = std::move(request);
    items[0].done = [&appended](Result<Appended> done) { appended = std::move(*done); };
    sequencer_->step(std::move(items));
    sequencer_->step({});  // the token has signed
    CHECK(appended.has_value());
    return *appended;
  }

  void expect_found(const Appended& appended, const std::string& key) {
    read::Reader reader(*storage_);
    EXPECT_EQ(storage_->append(store::append_key(merkle::sha256(bytes_of(key))))->first,
              appended.first);
    EXPECT_TRUE(reader.records(appended.first, 1));
    const auto under =
        reader.checkpoint_at(appended.under->checkpoint.size, storage_->view().keys->history);
    ASSERT_TRUE(under);
    EXPECT_EQ((*under)->note, appended.under->note);
    const auto leaf = storage_->hashes->node({0, appended.first.value});
    EXPECT_EQ(*reader.find_leaf(*leaf, storage_->latest()->checkpoint.size), appended.first);
  }
};

TEST_F(SealedSegment, IsFoundBeforeAndAfterTheCatalogueHearsOfIt) {
  const Appended first = append("first");
  ASSERT_TRUE(sequencer_->needs_cataloguing());
  expect_found(first, "first");
  sequencer_->catalogue_segment();
  ASSERT_FALSE(sequencer_->needs_cataloguing());
  expect_found(first, "first");
  EXPECT_LT(storage_->lookups.end().value, first.first.value);
  sequencer_->update_derived();
  EXPECT_GT(storage_->lookups.end().value, first.first.value);
  expect_found(first, "first");
}

TEST_F(SealedSegment, IsRecordedBeforeTheNextIsSealed) {
  const Appended first = append("first");
  const Appended second = append("second");
  ASSERT_TRUE(sequencer_->needs_cataloguing());
  EXPECT_EQ(storage_->catalogue->position()->size.value, first.first.value + 2);  // its seal too
  expect_found(first, "first");
  expect_found(second, "second");
}

TEST_F(SealedSegment, ThatTheCatalogueNeverHeardOfIsRecordedByTheNextStart) {
  const Appended first = append("first");
  ASSERT_TRUE(sequencer_->needs_cataloguing());
  recover();
  EXPECT_EQ(storage_->catalogue->position()->size.value, first.first.value + 2);
  expect_found(first, "first");
}

}  // namespace
}  // namespace varve
