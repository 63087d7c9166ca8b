// A mirror that let a month go with its log: what the log's own records dispose of needs no list by hand
// when the log is restored, and the restored log ends what the lost one began.
#include <gtest/gtest.h>

#include <filesystem>

#include "ledger/base/month.h"
#include "ledger/store/mark_file.h"
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
    dispose_of_january();
    wait_until_said();
    mirror_to(mirror_, *world_.log);
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
    for (const std::string& folder : {mirror_, marks_}) fs::remove_all(folder);
  }
  Result<upkeep::RestoreReport> restore() {
    const auto from = env::open_posix(mirror_);
    const upkeep::Disposals disposals{
        {}, [this](KeyPeriod) { return Result<std::vector<std::string>>(keys_); }};
    return upkeep::restore_store(fresh_.options, fresh_.environment(), **from, disposals);
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
    for (const auto& header : *store::segments_of_month(*fresh_.files, kFirstMonth))
      EXPECT_FALSE(fs::exists(fresh_.directory + "/" + store::segment_path(header.ordinal)));
    const auto report = audit_store(fresh_.options, fresh_.environment());
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
    EXPECT_TRUE(report->destroyed.at({kFirstMonth}).disposal);
  }

  World fresh_;
  const std::string mirror_ = world_.directory + "-mirror";
  const std::string marks_ = world_.directory + "-marks";
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

}  // namespace
}  // namespace varve::testing
