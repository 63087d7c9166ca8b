// A mirror that let a month go with its log: what the log's own records dispose of needs no list by hand
// when the log is restored, and the restored log ends what the lost one began.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/month.h"
#include "ledger/format/tombstone.h"
#include "ledger/store/mark_file.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/disposing.h"
#include "tests/log/restoring.h"

namespace varve::testing {
namespace {

namespace fs = std::filesystem;

class RestoringADisposal : public Disposing {
 protected:
  void SetUp() override {
    for (const std::string& folder : {mirror_, marks_}) fs::create_directory(folder);
    mark_files_ = std::move(*env::open_posix(marks_));
    mark_ = store::mark_file(*mark_files_, "log.mark");
    world_.marks = mark_.get();
    Disposing::SetUp();
    fs::copy(marks_, early_marks_);
    early_ = world_.log->latest();
    dispose_of_january();
    wait_until_said();
    mirror_to(mirror_, *world_.log);
    size_ = world_.size();
    ASSERT_LT(size_.value, merkle::kTileWidth);
    world_.log.reset();
    fresh_.clock = &clock_;
    fresh_.first_key = world_.first_key;
    fresh_.options = world_.options;
    fresh_.signer.add(world_.first_key);
    fresh_.marks = mark_.get();
    fresh_.other_vault = &token_;
    fresh_.holders = world_.holders;
    fresh_.notice = world_.notice;
    forget_what_was_told();
  }
  void TearDown() override {  // before the mark
    fresh_.log.reset();
    world_.log.reset();
  }
  ~RestoringADisposal() override {
    for (const std::string& folder : {mirror_, marks_, early_marks_}) fs::remove_all(folder);
  }
  Result<upkeep::RestoreReport> restore() {
    const auto from = env::open_posix(mirror_);
    const upkeep::Disposals disposals{
        named_, [this](KeyPeriod) { return Result<std::vector<std::string>>(keys_); }};
    return upkeep::restore_store(fresh_.options, fresh_.environment(), **from, disposals);
  }
  /// The entries of the mirror, and back.
  [[nodiscard]] std::vector<Buffer> entries() const {
    const std::string bytes = bytes_in(mirror_ + "/" + bundle_of(size_));
    std::vector<Buffer> entries;
    const auto views = format::split_bundle(bytes_of(bytes), merkle::kTileWidth);
    EXPECT_TRUE(views);
    for (const Bytes entry : *views) entries.push_back(to_buffer(entry));
    return entries;
  }
  void put_entries(const std::vector<Buffer>& entries) const {
    Buffer bundle;
    for (const Buffer& entry : entries) format::append_to_bundle(bundle, entry);
    put(mirror_ + "/" + bundle_of(TreeSize{entries.size()}), bundle);
  }
  static std::string bundle_of(TreeSize size) {
    return "tile/entries/" + merkle::bundle_path({0, 0, merkle::tile_width(0, 0, size)});
  }
  /// The restored log has no file of January, one record that says so, and the same records.
  void expect_the_same_log() {
    ASSERT_TRUE(fresh_.open());
    while (token_.has(kJanuaryKey)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    for (std::uint64_t i = 0; i < records_.size(); ++i) {
      const auto read = fresh_.log->records({i}, 1);
      ASSERT_TRUE(read) << read.error().message;
      if (!format::is_tombstone(read->front())) {
        EXPECT_EQ(read->front(), records_[i]) << i;
      }
    }
    const rules::Month month = *fresh_.log->view().retention->find_month(kFirstMonth);
    EXPECT_TRUE(month.is_finished);
    fresh_.log.reset();
    const auto segments = store::segments_of_month(*fresh_.files, kFirstMonth);
    ASSERT_TRUE(segments);
    for (const auto& header : *segments)
      EXPECT_FALSE(fs::exists(fresh_.directory + "/" + store::segment_path(header.ordinal)));
    const auto report = audit_store(fresh_.options, fresh_.environment());
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
    EXPECT_TRUE(report->destroyed.at({kFirstMonth}).disposal);
  }

  World fresh_;
  const std::string mirror_ = world_.directory + "-mirror";
  const std::string marks_ = world_.directory + "-marks";
  const std::string early_marks_ = world_.directory + "-early-marks";
  std::shared_ptr<const format::SignedCheckpoint> early_;  // in front of the disposal
  TreeSize size_;                                          // of the mirror
  std::set<std::string> named_;
  std::unique_ptr<env::Filesystem> mark_files_;
  std::unique_ptr<env::HighWaterMark> mark_;
  std::vector<std::string> keys_;  // of January, that a token has
};

TEST_F(RestoringADisposal, NeedsNoMonthNamedByHand) {
  const auto report = restore();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_GT(report->destroyed.at(month_text(kFirstMonth)), 5U);
  expect_the_same_log();
}

// A token was away when the month went: its key excuses nothing, and goes.
TEST_F(RestoringADisposal, TakesItAlsoWhileATokenHasTheKey) {
  ASSERT_TRUE(token_.wrap(kJanuaryKey, to_buffer(bytes_of("key"))));
  keys_ = {kJanuaryKey};
  const auto report = restore();
  ASSERT_TRUE(report) << report.error().message;
  expect_the_same_log();
  EXPECT_FALSE(token_.has(kJanuaryKey));
}

// The record that the tombstones name is not in it: then nothing is told by it, and no file goes.
TEST_F(RestoringADisposal, BelievesNoRecordThatTheMirrorDoesNotReach) {
  const auto marks = env::open_posix(early_marks_);
  const auto mark = store::mark_file(**marks, "log.mark");
  fresh_.marks = mark.get();
  auto all = entries();
  all.resize(early_->checkpoint.size.value);
  put_entries(all);
  put(mirror_ + "/checkpoint", bytes_of(early_->note));
  const auto unnamed = restore();
  ASSERT_FALSE(unnamed);
  EXPECT_NE(unnamed.error().message.find("say so: --destroyed 2026-01"), std::string::npos)
      << unnamed.error().message;
  named_ = {"2026-01"};
  const auto report = restore();
  ASSERT_TRUE(report) << report.error().message;
  const auto segments = store::segments_of_month(*fresh_.files, kFirstMonth);
  ASSERT_TRUE(segments);
  ASSERT_FALSE(segments->empty());
  for (const auto& header : *segments) {
    const auto remains = store::read_remains(*fresh_.files, header);
    ASSERT_TRUE(remains) << remains.error().message;
    EXPECT_FALSE(remains->file);
    EXPECT_GE(remains->made_us, kFebruaryBegins);
    EXPECT_TRUE(fs::exists(fresh_.directory + "/" + store::segment_path(header.ordinal)));
  }
  const auto audit = audit_store(fresh_.options, fresh_.environment());
  ASSERT_TRUE(audit) << audit.error().message;
  for (const auto& finding : audit->findings)
    ADD_FAILURE() << finding.where << ": " << finding.what;
  EXPECT_FALSE(audit->destroyed.at({kFirstMonth}).disposal);
}

// Whoever mirrored it asked before and behind the server's next start.
TEST_F(RestoringADisposal, TakesABatchWithTombstonesOfBothFormats) {
  auto all = entries();
  const auto first = std::ranges::adjacent_find(all, [](const Buffer& a, const Buffer& b) {
    return format::is_tombstone(a) && format::is_tombstone(b);
  });
  ASSERT_NE(first, all.end());
  format::Tombstone tombstone = *format::decode_tombstone(*first);
  tombstone.disposal.reset();
  tombstone.key_minutes = 0;
  tombstone.destroyed_us = kMarchBegins;
  *first = format::encode_tombstone(tombstone);
  put_entries(all);
  const auto report = restore();
  ASSERT_TRUE(report) << report.error().message;
  expect_the_same_log();
}

// A mirror may have kept a part of the month that it copied before: no key is made for that again.
TEST_F(RestoringADisposal, TakesAMonthThatIsHalfThere) {
  auto all = entries();
  bool was_gone = false;
  std::size_t batches = 0;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const bool is_gone = format::is_tombstone(all[i]);
    batches += is_gone && !was_gone ? 1 : 0;
    was_gone = is_gone;
    if (is_gone && batches > 1) all[i] = records_[i];
  }
  ASSERT_GT(batches, 1U);
  put_entries(all);
  const auto report = restore();
  ASSERT_TRUE(report) << report.error().message;
  expect_the_same_log();
}

// What is left of another restore, or of another log, is no empty store.
TEST_F(RestoringADisposal, RefusesAStoreThatHasRemains) {
  fs::create_directory(fresh_.directory + "/remains");
  put(fresh_.directory + "/remains/00000007", bytes_of("anything"));
  const auto report = restore();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::kWorm);
}

}  // namespace
}  // namespace varve::testing
