// What cannot be read is not damage: whichever call on the disk fails, for want of a
// descriptor, memory or a permission, nobody gives a verdict, throws derived files away or takes a
// segment for another one. Every call in turn, alone and with all that follow it.
#include "ledger/base/trouble.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "ledger/recovery/recovery.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/mark_file.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/upkeep/audit.h"
#include "ledger/upkeep/repair.h"
#include "ledger/upkeep/scrub.h"
#include "tests/env/failing_disk.h"
#include "tests/env/sanitized.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using env::Calls;
using env::FailingDisk;
using testing::events;
using testing::make_changeable;
using testing::SetClock;
using testing::Source;
using testing::World;

constexpr std::uint64_t kJanuary2026 = 1'767'300'000'000'000;
constexpr std::uint64_t kFebruary2026 = 1'770'000'000'000'000;
const char* const kSecondSegment = "/segments/00000001.seg";

/// A log of two months with all that a store can hold: keys wrapped again, a destroyed month's
/// remains, a mark, and a last segment that a crash left open, with half a frame at its end.
class Trouble : public ::testing::Test {
 protected:
  void SetUp() override {
    World first;
    first.clock = &clock_;
    first.options.segment_bytes_max = 4'096;
    clock_.now = kJanuary2026;
    ASSERT_TRUE(first.open());
    Source source = first.registered("ward-3");
    for (int k = 0; k < 24; ++k) ASSERT_TRUE(first.append(source.seal(events(9))));
    ASSERT_TRUE(first.reopen());
    clock_.now = kFebruary2026;
    for (int k = 0; k < 8; ++k) ASSERT_TRUE(first.append(source.seal(events(9))));
    ASSERT_TRUE(first.reopen());  // from here on nothing is sealed, and nobody writes the catalogue
    covered_ = first.log->latest()->checkpoint;
    ASSERT_TRUE(first.append_events(events(4), "key"));
    fs::copy(first.directory, world_.directory, fs::copy_options::recursive);
    first.log.reset();
    adopt(first);
    destroy_january();
    tear_the_last_segment();
    const Hash log = merkle::sha256(bytes_of(world_.options.origin));
    ASSERT_TRUE(mark_->write({log, covered_.size, covered_.root}));
  }

  void adopt(const World& first) {
    make_changeable(world_.directory);
    world_.clock = &clock_;
    world_.options = first.options;
    world_.signer.add(first.first_key);
    auto disk = std::make_unique<FailingDisk>(std::move(*env::open_posix(world_.directory)));
    disk_ = disk.get();
    world_.files = std::move(disk);
    mark_ = store::mark_file(*world_.files, "the.mark");
    world_.marks = mark_.get();
    world_.notice = [this](std::string_view event, const std::string&) {
      rebuilt_ = rebuilt_ || event == "derived_rebuilt";
    };
  }

  void destroy_january() {
    store::DataKeys keys(*world_.files, world_.vault, env::system_random(), "varve/test");
    const auto segments = store::segments_of_month(*world_.files, 202'601);
    ASSERT_TRUE(segments);
    ASSERT_GE(segments->size(), 3u);
    for (const store::SegmentHeader& header : *segments)
      ASSERT_TRUE(store::write_remains(*world_.files, header, *keys.get(header), clock_.now));
    world_.vault.destroyed.insert("varve/test/2026-01");
    ASSERT_TRUE(store::replace_month_keys(*world_.files, {{202'602}, "varve/test/2026-02", {}}));
  }

  void tear_the_last_segment() const {
    fs::path last;
    for (const auto& entry : fs::directory_iterator(world_.directory + "/segments"))
      last = std::max(last, entry.path());
    fs::resize_file(last, fs::file_size(last) - 9);
  }

  /// Has `look` run with each call in turn failing, alone and with all after it, until there is
  /// none left to fail. With a failed call it ends with trouble and nothing else, but for a read of a
  /// derived file that fails alone: that is repeated. `after` looks at what is left.
  void fail_every_call(
      Calls& calls, const std::function<Result<void>()>& look,
      const std::function<void()>& after = [] {}) {
    for (const bool for_good : {false, true})
      for (std::uint64_t at = 1, failed = 1; failed != 0; ++at) {
        SCOPED_TRACE("call " + std::to_string(at) + (for_good ? " and all after it" : ""));
        calls.fail(at, for_good);
        const Result<void> ended = look();
        failed = calls.made() >= at ? 1 : 0;
        const std::string what = calls.failed();
        const bool may_be_repeated = calls.failed_derived() && !for_good && what == "read";
        calls.fail(0, false);
        after();
        if (failed == 0) {
          EXPECT_TRUE(ended) << ended.error().message;
          EXPECT_GT(at, 10u) << "it hardly looked at anything";
          continue;
        }
        if (ended && may_be_repeated) continue;
        ASSERT_FALSE(ended) << what << " failed, and nobody said so";
        ASSERT_TRUE(is_trouble(ended.error())) << ended.error().message;
      }
  }
  void fail_everything(
      const std::function<Result<void>()>& look, const std::function<void()>& after = [] {}) {
    fail_every_call(disk_->calls, look, after);
    fail_every_call(disk_->reads, look, after);
  }

  Result<void> audit() {
    const auto report = testing::audit_store(world_.options, world_.environment());
    if (!report) return report.error();
    for (const upkeep::StoreFinding& finding : report->findings)
      return corrupt(finding.where + ": " + finding.what);
    return {};
  }

  /// How an audit ends in a process of its own: 'i' intact, 't' trouble, 'd' damage.
  char audit_of_a_process_with(int resource, rlim_t limit) {
    const pid_t child = ::fork();
    if (child == 0) {
      const rlimit limits{limit, limit};
      if (::setrlimit(static_cast<__rlimit_resource>(resource), &limits) != 0) ::_exit('?');
      const auto ended = audit();
      ::_exit(ended ? 'i' : is_trouble(ended.error()) ? 't' : 'd');
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? static_cast<char>(WEXITSTATUS(status)) : '!';
  }

  SetClock clock_;
  World world_;
  FailingDisk* disk_ = nullptr;  // world_.files
  std::unique_ptr<env::HighWaterMark> mark_;
  bool rebuilt_ = false;
  format::Checkpoint covered_;
};

TEST_F(Trouble, OfAnAuditIsNoVerdict) {
  const auto intact = audit();
  ASSERT_TRUE(intact) << intact.error().message;
  fail_everything([this] { return audit(); });
}

TEST_F(Trouble, OfAnAuditThatMayOpenFewFilesIsNoVerdict) {
  if (VARVE_SANITIZED)
    GTEST_SKIP()
        << "the sanitizer opens pipes to look at memory, and ends the process without them";
  std::string ends;
  for (rlim_t limit = 0; limit <= 64; ++limit)
    ends += audit_of_a_process_with(RLIMIT_NOFILE, limit);
  EXPECT_EQ(ends.front(), 't');
  EXPECT_EQ(ends.back(), 'i');
  EXPECT_TRUE(std::ranges::all_of(ends, [](char c) { return c == 'i' || c == 't'; })) << ends;
}

// LMDB maps 16 MiB at the least.
TEST_F(Trouble, OfAnAuditWithLittleAddressSpaceIsNoVerdict) {
  if (VARVE_SANITIZED) GTEST_SKIP() << "a sanitizer needs more address space than any limit leaves";
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t in_use = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(audit_of_a_process_with(RLIMIT_AS, in_use + (rlim_t{8} << 20)), 't');
  EXPECT_EQ(audit_of_a_process_with(RLIMIT_AS, in_use + (rlim_t{1} << 30)), 'i');
}

// Nothing is thrown away, sealed again or set aside: the next start finds all, and rebuilds
// nothing.
TEST_F(Trouble, OfAStartIsNoVerdictAndCostsNoDerivedFile) {
  const std::string kept = world_.directory + "-kept";
  fs::copy(world_.directory, kept, fs::copy_options::recursive);
  const auto start = [this]() -> Result<void> {
    const auto recovered = recovery::recover(world_.options, world_.environment());
    if (!recovered) return recovered.error();
    EXPECT_GT(recovered->start.tree.size(), covered_.size);
    return {};
  };
  fail_everything(start, [&] {
    const auto again = start();
    EXPECT_TRUE(again) << again.error().message;
    EXPECT_FALSE(rebuilt_) << "catalogue and hash files were thrown away";
    make_changeable(world_.directory);
    for (const auto& entry : fs::directory_iterator(world_.directory)) fs::remove_all(entry);
    fs::copy(kept, world_.directory, fs::copy_options::recursive);
  });
  make_changeable(kept);
  fs::remove_all(kept);
}

// A bad sector is another matter: a file that opens and does not give its bytes is a finding.
TEST_F(Trouble, OfAScrubThatCannotOpenAFileIsNoFinding) {
  const auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered) << recovered.error().message;
  world_.marks = nullptr;
  const auto scrub = [&](bool reading) -> Result<void> {
    const auto found =
        upkeep::scrub_segment(2, *recovered->storage, world_.vault, recovered->start.state.keys(),
                              [](std::uint64_t) { return true; });
    if (!found) return found.error();
    for (const upkeep::StoreFinding& finding : found->findings)
      return reading ? io_error(finding.what) : corrupt(finding.where + ": " + finding.what);
    return {};
  };
  fail_every_call(disk_->calls, [&] { return scrub(false); });
  for (std::uint64_t at = 1, failed = 1; failed != 0; ++at) {
    disk_->reads.fail(at, false);
    const auto ended = scrub(true);  // another segment's damage is found when its turn comes
    failed = disk_->reads.made() >= at ? 1 : 0;
    EXPECT_TRUE(ended || is_trouble(ended.error())) << at << ": " << ended.error().message;
  }
}

// The copy of the damaged segment is good. Whatever fails, it is not called useless, and a repair
// without failures does what it should.
TEST_F(Trouble, OfARepairIsNoVerdictAboutTheCopy) {
  const auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered);
  const std::string good = world_.directory + "-good";
  const auto put_back_damaged = [&] {
    make_changeable(world_.directory);
    for (const auto& entry : fs::directory_iterator(world_.directory)) fs::remove_all(entry);
    fs::copy(good, world_.directory, fs::copy_options::recursive);
    fs::resize_file(world_.directory + kSecondSegment, 700);
  };
  fs::copy(world_.directory, good, fs::copy_options::recursive);
  make_changeable(good);
  put_back_damaged();
  const auto copy = env::open_posix(good).value();
  fail_everything(
      [&]() -> Result<void> {
        const auto report = upkeep::repair_store(
            world_.options, world_.environment(),
            [&](const std::string& path) { return copy->open_read(path); },
            [](KeyPeriod) { return std::vector<std::string>(); });
        if (!report) return report.error();
        EXPECT_EQ(report->replaced.size(), 1u);
        if (report->unfinished) return *report->unfinished;  // behind the replacement
        return {};
      },
      put_back_damaged);
  make_changeable(good);
  fs::remove_all(good);
}

}  // namespace
}  // namespace varve
