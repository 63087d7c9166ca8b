// A month whose key is destroyed cannot be read. Everything else can, and every hash, proof, chain
// and derived file stays what it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "ledger/format/tombstone.h"
#include "ledger/recovery/recovery.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/upkeep/audit.h"
#include "ledger/upkeep/scrub.h"
#include "tests/log/files.h"
#include "tests/log/two_months.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::events;
using testing::kDestroyed;
using testing::kJanuaryKey;

class DestroyedMonth : public testing::TwoMonths {};

TEST_F(DestroyedMonth, IsUnreadableAndNothingElseIs) {
  destroy();
  const auto opened = world_.open();
  ASSERT_TRUE(opened) << opened.error().message;
  expect_readable_but_for_january();
  EXPECT_TRUE(world_.append(source_->seal(events(2)))) << "the source's chain goes on";
  EXPECT_FALSE(world_.append_events(events(4), "key")->repeated)
      << "its idempotency keys are forgotten with what they brought";
  EXPECT_TRUE(world_.append_events(events(4), "key")->repeated) << "and are those of a new request";
}

TEST_F(DestroyedMonth, IsPartOfDerivedFilesThatAreMadeAgain) {
  destroy();
  ASSERT_TRUE(world_.open());  // its requests are forgotten
  world_.log.reset();
  const auto before = derived();
  remove_derived();
  const auto opened = world_.open();
  ASSERT_TRUE(opened) << opened.error().message;
  expect_readable_but_for_january();
  world_.log.reset();
  EXPECT_TRUE(derived() == before);
  ASSERT_TRUE(world_.open());
  EXPECT_TRUE(world_.append(source_->seal(events(2))));
}

TEST_F(DestroyedMonth, IsNoDamageToAnAuditWhichSaysWhatItIs) {
  destroy();
  const auto report = testing::audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report) << report.error().message;
  for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
  EXPECT_EQ(report->records, records_.size());
  EXPECT_EQ(report->unreadable_records, testing::kGoneWithJanuary);
  EXPECT_GE(report->unreadable.size(), 3u) << "segments";
  ASSERT_EQ(report->destroyed.size(), 1u) << "months";
  const auto& [month, destroyed] = *report->destroyed.begin();
  EXPECT_EQ(rules::explain(month, destroyed)
                .find(std::to_string(testing::kGoneWithJanuary) +
                      " events of 2026-01 are gone: its key is said "
                      "to be destroyed on 2026-05-28T"),
            0u)
      << rules::explain(month, destroyed);
}

TEST_F(DestroyedMonth, WithoutRemainsIsAMissingKey) {
  world_.vault.destroyed.insert(kJanuaryKey);
  ASSERT_TRUE(world_.open()) << "the derived files need no records";
  const auto read = world_.log->records(first_event(), 1);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kIo) << "the record is there, and an operator has to look";
  EXPECT_NE(read.error().message.find("no remains"), std::string::npos) << read.error().message;
  world_.log.reset();
  const auto report = testing::audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report);
  ASSERT_FALSE(report->findings.empty());
  EXPECT_NE(report->findings.front().what.find("its data key"), std::string::npos);
  remove_derived();
  EXPECT_EQ(world_.open().error().code, Code::kNotFound);
}

// The key may go once the remains are there: so there are none but of a whole segment.
TEST_F(DestroyedMonth, KeepsNothingOfASegmentThatIsCut) {
  store::DataKeys keys(*world_.files, world_.vault, env::system_random(), "varve/test");
  const auto header = store::segments_of_month(*world_.files, 202'601)->front();
  const std::string whole = bytes_in(world_.directory + "/" + store::segment_path(0));
  const fs::path copy = fs::path(world_.directory) / "copy";
  fs::create_directories(copy / "segments");
  const auto files = env::open_posix(copy.string());
  ASSERT_TRUE(files);
  const auto keep = [&](std::size_t size) {
    std::ofstream(copy / store::segment_path(0), std::ios::binary) << whole.substr(0, size);
    return store::write_remains(**files, header, *keys.get(header), kDestroyed);
  };
  for (std::size_t size = header.size; size < whole.size(); size += 7) {
    const auto kept = keep(size);
    ASSERT_FALSE(kept) << size;
    EXPECT_EQ(kept.error().code, Code::kCorrupt) << size;
    EXPECT_FALSE(fs::exists(copy / store::remains_path(0))) << size;
  }
  EXPECT_TRUE(keep(whole.size()));
}

// Whoever changes a hash in the remains is found out by the signed checkpoints in the segment.
TEST_F(DestroyedMonth, CannotBeReplacedByOtherRemains) {
  destroy();
  const auto header = store::segments_of_month(*world_.files, 202'601)->front();
  auto remains = *store::read_remains(*world_.files, header);
  auto changed = std::ranges::find(remains.entries, kHashSize, &Buffer::size);
  ASSERT_NE(changed, remains.entries.end());
  changed->front() ^= std::byte{1};
  const Buffer bytes = store::encode_remains(remains);
  std::ofstream(fs::path(world_.directory) / store::remains_path(0), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  const auto report = testing::audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->findings.empty());
  remove_derived();
  EXPECT_EQ(world_.open().error().code, Code::kCorrupt);
}

TEST_F(DestroyedMonth, IsNoDamageToAScrubWhichCountsIt) {
  destroy();
  const auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered) << recovered.error().message;
  std::uint64_t gone = 0;
  for (std::uint64_t k = 0; k < recovered->start.position.next_ordinal; ++k) {
    const auto scrubbed =
        upkeep::scrub_segment(k, *recovered->storage, world_.vault, recovered->start.state.keys(),
                              [](std::uint64_t) { return true; });
    ASSERT_TRUE(scrubbed) << scrubbed.error().message;
    EXPECT_TRUE(scrubbed->findings.empty()) << scrubbed->findings[0].what;
    gone += scrubbed->destroyed;
  }
  EXPECT_EQ(gone, testing::kGoneWithJanuary);
}

TEST_F(DestroyedMonth, IsCountedByTheScrubOfALogThatServes) {
  destroy();
  std::mutex mutex;
  std::string told;
  world_.notice = [&](std::string_view event, const std::string& sentence) {
    const std::lock_guard lock(mutex);
    if (event == "scrub_finished") told = sentence;
    EXPECT_NE(event, "damage_found") << sentence;
  };
  world_.options.scrub_period_s = 1;
  world_.clock = &env::posix_clock();
  ASSERT_TRUE(world_.open());
  for (int tries = 0; tries < 6'000; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const std::lock_guard lock(mutex);
    if (!told.empty()) break;
  }
  world_.log.reset();
  EXPECT_NE(
      told.find("of " + std::to_string(testing::kGoneWithJanuary) + " only the hashes are left"),
      std::string::npos)
      << told;
}

TEST_F(DestroyedMonth, WhoseRemainsAreAnotherSegmentsIsFound) {
  destroy();
  fs::copy_file(world_.directory + "/" + store::remains_path(2),
                world_.directory + "/" + store::remains_path(1),
                fs::copy_options::overwrite_existing);
  const auto report = testing::audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report && !report->findings.empty());
  EXPECT_NE(report->findings[0].what.find("remains/00000001 is damaged"), std::string::npos);
}

// Every byte of remains counts: to the scrub, to the audit, and to whoever asks for a record of it.
TEST_F(DestroyedMonth, WhoseRemainsAreDamagedIsFoundByScrubAndAudit) {
  destroy();
  const auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered);
  const std::string path = world_.directory + "/" + store::remains_path(1);
  const std::string good = bytes_in(path);
  for (std::size_t at = 0; at < good.size(); ++at) {
    SCOPED_TRACE(at);
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    std::ofstream(path, std::ios::binary) << bad;
    const auto scrubbed =
        upkeep::scrub_segment(1, *recovered->storage, world_.vault, recovered->start.state.keys(),
                              [](std::uint64_t) { return true; });
    ASSERT_TRUE(scrubbed);
    ASSERT_FALSE(scrubbed->findings.empty());
    EXPECT_NE(scrubbed->findings[0].what.find("remains/00000001 is damaged"), std::string::npos)
        << scrubbed->findings[0].what;
    if (at % 499 != 0) continue;
    const auto report =
        upkeep::audit_files(world_.options, world_.environment(), [](auto, auto) {});
    ASSERT_TRUE(report);
    ASSERT_FALSE(report->findings.empty());
    EXPECT_NE(report->findings[0].what.find("remains/00000001 is damaged"), std::string::npos);
  }
}

}  // namespace
}  // namespace varve
