// What is left of a month on the disk: its remains, which stand for the segments' files. A file without
// them, or remains that no record stands behind, are a loss and no disposal.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "ledger/env/durable.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "tests/log/disposing.h"

namespace varve::testing {
namespace {

class DisposedFiles : public Disposing {};

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
  store::DataKeys keys(*world_.files, token_, env::system_random(), "varve/test");
  const auto segments = store::segments_of_month(*world_.files, kFirstMonth);
  ASSERT_TRUE(segments);
  const store::SegmentHeader& first = segments->front();
  ASSERT_TRUE(store::write_remains(*world_.files, first, *keys.get(first), kMarchBegins,
                                   LeafIndex{records_.size() - 1}));
  make_changeable(world_.directory);
  std::filesystem::remove(world_.directory + "/" + store::segment_path(first.ordinal));
  const auto report = audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_FALSE(report->findings.empty());
  EXPECT_EQ(report->findings.front().where, store::remains_path(first.ordinal));
  EXPECT_NE(report->findings.front().what.find("a loss"), std::string::npos);
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

}  // namespace
}  // namespace varve::testing
