// What is left of a month on the disk: its remains, which stand for the segments' files. A file without
// them, or remains that no record stands behind, are a loss and no disposal.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "ledger/env/durable.h"
#include "ledger/state/remains_check.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/upkeep/repair.h"
#include "tests/log/disposing.h"

namespace varve::testing {
namespace {

class DisposedFiles : public Disposing {
 protected:
  /// The file of the month's first segment, for remains that name a disposal. Returns its header.
  store::SegmentHeader take_away(std::uint32_t month, LeafIndex disposal) {
    store::DataKeys keys(*world_.files, token_, env::system_random(), "varve/test");
    const store::SegmentHeader first = store::segments_of_month(*world_.files, month)->front();
    EXPECT_TRUE(
        store::write_remains(*world_.files, first, *keys.get(first), kMarchBegins, disposal));
    make_changeable(world_.directory);
    std::filesystem::remove(world_.directory + "/" + store::segment_path(first.ordinal));
    return first;
  }
  ~DisposedFiles() override {
    if (std::filesystem::exists(copy_)) make_changeable(copy_);
    std::filesystem::remove_all(copy_);
  }
  void take_copy() const {
    std::filesystem::copy(world_.directory, copy_, std::filesystem::copy_options::recursive);
  }
  Result<upkeep::RepairReport> repair() {
    const auto from = env::open_posix(copy_);
    return upkeep::repair_store(
        world_.options, world_.environment(),
        [&](const std::string& wanted) { return (*from)->open_read(wanted); },
        [](KeyPeriod) {
          return Result<std::vector<std::string>>(std::vector<std::string>{kJanuaryKey});
        });
  }
  /// From the copy. Expects that it replaces this file, and that nothing is left.
  void expect_repaired(const std::string& path) {
    const auto report = repair();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->replaced, std::vector{path});
    ASSERT_EQ(report->kept.size(), 1U);
    EXPECT_TRUE(std::filesystem::exists(world_.directory + "/" + report->kept.front()));
    for (const auto& finding : report->left) ADD_FAILURE() << finding.where << finding.what;
  }

  const std::string copy_ = world_.directory + "-copy";
};

// A start that cannot read remains which nobody asks for serves all others, and the audit names them.
TEST_F(DisposedFiles, OpensWithDamagedRemainsAndNamesThem) {
  dispose_of_january();
  wait_until_said();
  world_.log.reset();
  const std::string path = world_.directory + "/" + store::remains_path(0);
  const std::string whole = bytes_in(path);
  for (const std::size_t at : {std::size_t{20}, std::size_t{70}, whole.size() / 2,
                               whole.size() - 60, whole.size() - 36, whole.size() - 1}) {
    SCOPED_TRACE(at);
    std::string bytes = whole;
    bytes[at] ^= 1;
    std::ofstream(path, std::ios::binary) << bytes;
    ASSERT_TRUE(world_.open());
    EXPECT_EQ(record({records_.size() - 1}), records_.back());
    world_.log.reset();
    const auto report = audit_store(world_.options, world_.environment());
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_FALSE(report->findings.empty());
    EXPECT_EQ(report->findings.front().where, store::remains_path(0));
  }
}

// Neither a file nor what stands for it: what a log refuses to start with, and the audit names.
TEST_F(DisposedFiles, CallsASegmentWithoutFileAndRemainsALoss) {
  dispose_of_january();
  wait_until_said();
  world_.log.reset();
  std::filesystem::remove(world_.directory + "/" + store::remains_path(0));
  const auto report = audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_FALSE(report->findings.empty());
  EXPECT_EQ(report->findings.front().where, store::segment_path(0));
  EXPECT_EQ(report->findings.front().what, "the segment is missing");
  const auto opened = world_.open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("segments/00000000.seg is missing"), std::string::npos);
}

// Who has the disk and not the approvers takes a file away, and writes what would excuse it.
TEST_F(DisposedFiles, CallsRemainsThatNoRecordStandsBehindALoss) {
  world_.log.reset();
  const store::SegmentHeader first = take_away(kFirstMonth, LeafIndex{records_.size() - 1});
  const auto report = audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_FALSE(report->findings.empty());
  EXPECT_EQ(report->findings.front().where, store::remains_path(first.ordinal));
  EXPECT_NE(report->findings.front().what.find("a loss"), std::string::npos);
}

// A start says so, and nobody is told by what lies there that the log disposed of anything.
TEST_F(DisposedFiles, ServesNothingByRemainsThatNoRecordStandsBehind) {
  for (const std::uint32_t month : {kFirstMonth, 202'602U}) {
    world_.log.reset();
    forget_what_was_told();
    const store::SegmentHeader header = take_away(month, LeafIndex{records_.size() - 1});
    ASSERT_TRUE(world_.open());
    EXPECT_TRUE(was_told("damage_found"));
    const auto read = world_.log->records(header.first, 1);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Code::kCorrupt);
    EXPECT_NE(read.error().message.find("a loss"), std::string::npos) << read.error().message;
    EXPECT_EQ(record({records_.size() - 1}), records_.back());
  }
}

// The right record for the wrong thing is no record: another place, another month, another time.
TEST_F(DisposedFiles, AreOfTheMonthThePlaceAndTheRecordThatTheLogSays) {
  dispose_of_january();
  const rules::Month month = january();
  const auto by = state::disposed_of(*view_.retention, kFirstMonth);
  ASSERT_TRUE(by);
  const std::uint64_t count = by->end.value - by->first.value;
  const store::RemainsHead good{{kFirstMonth, 0},     0, by->first, count, by->destroyed_us,
                                month.disposal->index};
  const auto expect = [&](bool lawful, const std::function<void(store::RemainsHead&)>& change) {
    store::RemainsHead head = good;
    change(head);
    const auto found = state::check_remains(head, *view_.retention);
    EXPECT_EQ(found.has_value(), lawful) << (found ? "" : found.error().message);
  };
  expect(true, [](auto&) {});
  expect(true, [](auto& head) { ++head.first.value, --head.count; });
  expect(true,
         [&](auto& head) { head = {head.period, 0, by->end, 0, head.made_us, head.disposal}; });
  expect(false, [](auto& head) { ++head.count; });
  expect(false, [](auto& head) { head.count = ~std::uint64_t{0}; });
  expect(false, [](auto& head) { ++head.first.value; });
  expect(false, [&](auto& head) { head.first = by->end; });
  expect(false, [](auto& head) { head.period.number = 202'602; });
  expect(false, [](auto& head) { head.period.number = 0; });
  expect(false, [](auto& head) { head.period.minutes = 1; });
  expect(false, [](auto& head) { --head.made_us; });
  expect(false, [](auto& head) { head.disposal.reset(); });
  expect(false, [](auto& head) { ++head.disposal->value; });
}

// Who looks at what is left asks that.
TEST_F(DisposedFiles, ThatSayAnotherTimeThanTheLogAreNamed) {
  dispose_of_january();
  wait_until_said();
  world_.log.reset();
  auto remains = store::read_remains(*world_.files,
                                     store::segments_of_month(*world_.files, kFirstMonth)->front());
  ASSERT_TRUE(remains);
  ++remains->made_us;
  ASSERT_TRUE(store::keep(*world_.files, *remains));
  const auto report = audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->findings.size(), 1U);
  EXPECT_EQ(report->findings.front().where, store::remains_path(0));
  world_.options.scrub_period_s = 1;
  forget_what_was_told();
  ASSERT_TRUE(world_.open());
  EXPECT_TRUE(was_told("damage_found"));
  forget_what_was_told();
  wait_until_told("damage_found");  // by the scrub
}

// What a link leads to would stay.
TEST_F(DisposedFiles, AreNotLinks) {
  const std::string path = world_.directory + "/" + store::segment_path(0);
  make_changeable(world_.directory);
  world_.log.reset();
  std::filesystem::rename(path, world_.directory + "/elsewhere");
  std::filesystem::create_symlink(world_.directory + "/elsewhere", path);
  ASSERT_TRUE(world_.open());
  dispose_of_january();
  wait_until_said();
  EXPECT_NE(said().front().find("files kept\n"), std::string::npos) << said().front();
  wait_until_told("disposal_waits");
  EXPECT_TRUE(std::filesystem::exists(path));
}

// A scrub reads what is left as it reads files.
TEST_F(DisposedFiles, AreNoDamageToTheScrubOfALogThatServes) {
  dispose_of_january();
  wait_until_said();
  forget_what_was_told();
  world_.options.scrub_period_s = 1;
  ASSERT_TRUE(world_.reopen());
  wait_until_told("scrub_finished");
  EXPECT_FALSE(was_told("damage_found"));
  world_.log.reset();
  const std::string path = world_.directory + "/" + store::remains_path(0);
  std::string bytes = bytes_in(path);
  bytes[60] ^= 1;
  std::ofstream(path, std::ios::binary) << bytes;
  forget_what_was_told();
  ASSERT_TRUE(world_.open());
  wait_until_told("damage_found");
}

// An earlier version kept the files: they go with the next start, without a key.
TEST_F(DisposedFiles, RemovesFilesThatAnEarlierVersionKept) {
  keep_files_as_before();
  ASSERT_TRUE(world_.open());
  wait_until_said(2);
  EXPECT_NE(said().back().find("\nfiles removed\ntoken destroyed pkcs11:token=one\ncomplete yes\n"),
            std::string::npos)
      << said().back();
  EXPECT_EQ(files_of_january(), 0U);
  expect_january_gone();
  expect_intact();
}

// Remains that are not of the signed tree do not take a file's place, whoever wrote them.
TEST_F(DisposedFiles, KeepsAFileWhoseRemainsAreFalse) {
  keep_files_as_before();
  const auto segments = store::segments_of_month(*world_.files, kFirstMonth);
  ASSERT_TRUE(segments);
  auto remains = *store::read_remains(*world_.files, segments->front());
  const auto leaf = std::ranges::find(remains.entries, kHashSize, &Buffer::size);
  ASSERT_NE(leaf, remains.entries.end());
  leaf->front() ^= std::byte{1};
  ASSERT_TRUE(env::write_durably(*world_.files, store::remains_path(remains.ordinal),
                                 store::encode_remains(remains)));
  ASSERT_TRUE(world_.open());
  wait_until_told("disposal_waits");
  EXPECT_TRUE(std::filesystem::exists(world_.directory + "/" + store::segment_path(0)));
  EXPECT_FALSE(january().is_finished);
}

// Remains are repaired as segments are. Their key may be on a token still: the log says that they may be there.
TEST_F(DisposedFiles, AreTakenFromACopy) {
  dispose_of_january();
  wait_until_said();
  world_.log.reset();
  take_copy();
  const std::string path = world_.directory + "/" + store::remains_path(0);
  const std::string whole = bytes_in(path);
  std::string bytes = whole;
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(path, std::ios::binary) << bytes;
  expect_repaired(store::remains_path(0));
  EXPECT_EQ(bytes_in(path), whole);
  ASSERT_TRUE(world_.open());
  expect_january_gone();
}

// Neither a file nor what stands for it.
TEST_F(DisposedFiles, AreTakenFromACopyWhereNothingIsLeftOfOne) {
  dispose_of_january();
  wait_until_said();
  world_.log.reset();
  take_copy();
  const std::string remains = store::remains_path(1);
  std::filesystem::remove(world_.directory + "/" + remains);
  EXPECT_FALSE(world_.open());
  const auto report = repair();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->replaced, std::vector<std::string>{remains});
  EXPECT_EQ(report->kept, std::vector<std::string>{""}) << "nothing was there";
  for (const auto& finding : report->left)  // the start that failed has emptied what is derived
    EXPECT_TRUE(finding.where.starts_with("tree")) << finding.where << finding.what;
  EXPECT_EQ(bytes_in(world_.directory + "/" + remains), bytes_in(copy_ + "/" + remains));
  ASSERT_TRUE(world_.open());
  expect_january_gone();
  world_.log.reset();
  expect_intact();
}

// Another log's, those of another segment, and those of a month that nobody disposes of.
TEST_F(DisposedFiles, AreTakenFromNoCopyThatDoesNotFit) {
  dispose_of_january();
  wait_until_said();
  world_.log.reset();
  take_copy();
  const std::string theirs = copy_ + "/" + store::remains_path(1);
  const std::string whole = bytes_in(theirs);
  std::string damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  std::filesystem::remove(world_.directory + "/" + store::remains_path(1));
  for (const std::string& bytes : {damaged, bytes_in(copy_ + "/" + store::remains_path(0))}) {
    std::ofstream(theirs, std::ios::binary) << bytes;
    const auto report = repair();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Code::kCorrupt);
    EXPECT_NE(report.error().message.find("does not help"), std::string::npos)
        << report.error().message;
    EXPECT_FALSE(std::filesystem::exists(world_.directory + "/" + store::remains_path(1)));
  }
  std::filesystem::remove(theirs);
  const auto report = repair();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::kNotFound) << report.error().message;
}

// What wrapped its data keys wraps nothing any more.
TEST_F(DisposedFiles, NeedNoFileOfTheMonthsKeys) {
  dispose_of_january();
  wait_until_said();
  world_.log.reset();
  std::filesystem::create_directories(world_.directory + "/data-keys");
  std::ofstream(world_.directory + "/data-keys/2026-01") << "damaged";
  ASSERT_TRUE(world_.open());
  expect_january_gone();
  expect_intact();
}

// Where no record disposes of the month, no remains help: its file does, and the log makes keys of the month.
TEST_F(DisposedFiles, ThatExcuseNothingGiveWayToTheFileOfACopy) {
  world_.log.reset();
  take_copy();
  const store::SegmentHeader header = take_away(kFirstMonth, LeafIndex{records_.size() - 1});
  expect_repaired(store::segment_path(header.ordinal));
  EXPECT_FALSE(
      std::filesystem::exists(world_.directory + "/" + store::remains_path(header.ordinal)));
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(record(header.first), records_[header.first.value]);
}

}  // namespace
}  // namespace varve::testing
