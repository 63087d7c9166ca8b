// What a key was asked for is counted over all starts, and never too low.
#include "ledger/log/signature_count.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "ledger/store/signature_counts.h"
#include "tests/directories.h"
#include "tests/log/disk_below.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve::log {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::events;
using testing::World;

std::uint64_t ever(const World& world) {
  const auto status = world.log->status();
  CHECK(status.signatures_ever.size() == 1);
  CHECK(status.signatures_ever.front().first == world.first_key.key);
  return status.signatures_ever.front().second;
}

TEST(SignatureCount, IsExactOverCleanStopsAndCountsWhatFailedToo) {
  World world;
  for (int start = 0; start < 3; ++start) {
    ASSERT_TRUE(world.open());
    ASSERT_TRUE(world.append_events(events(2)));
    EXPECT_EQ(ever(world), static_cast<std::uint64_t>(world.signer.asked));
    world.log.reset();
  }
  ASSERT_TRUE(world.open());
  world.signer.down = true;
  EXPECT_FALSE(world.append_events(events(2)));
  world.log->stop();
  EXPECT_EQ(ever(world), static_cast<std::uint64_t>(world.signer.asked));
}

TEST(SignatureCount, IsNeverTooLowAfterACrash) {
  World world;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(events(2)));
  const fs::path there = fs::path(world.directory) / "signatures";
  fs::copy_file(there, fs::path(world.directory) / "as-it-was");
  const auto asked = static_cast<std::uint64_t>(world.signer.asked);
  world.log.reset();
  fs::rename(fs::path(world.directory) / "as-it-was", there);
  ASSERT_TRUE(world.open());
  EXPECT_GE(ever(world), asked);
  EXPECT_LE(ever(world), asked + SignatureCount::kSignaturesAhead + 1);
}

/// A disk on which the count is not written until the test lets go of it.
class HeldDisk final : public testing::DiskBelow {
 public:
  using DiskBelow::DiskBelow;
  Result<std::unique_ptr<env::File>> create(const std::string& path) override {
    if (path != "signatures.tmp") return DiskBelow::create(path);
    ++writes;
    writer = std::this_thread::get_id();
    held_.wait(true);
    return DiskBelow::create(path);
  }
  std::atomic<int> writes = 0;
  std::atomic<std::thread::id> writer;
  void hold() { held_ = true; }
  void let_go() {
    held_ = false;
    held_.notify_all();
  }

 private:
  std::atomic<bool> held_ = false;
};

struct Counted {
  Counted() : disk(std::move(world.files)), count(disk, world.signer) { world.signer.add(key); }

  [[nodiscard]] std::uint64_t in_file() const {
    const auto counts =
        store::decode_signature_counts(bytes_in(fs::path(world.directory) / "signatures"));
    return counts && counts->contains(key.key.key) ? counts->at(key.key.key) : 0;
  }
  void sign() { ASSERT_TRUE(count.sign(key.key.key, bytes_of("m"))); }

  World world;
  HeldDisk disk;
  testing::SoftKey key{"a"};
  SignatureCount count;
};

constexpr std::uint64_t kAhead = SignatureCount::kSignaturesAhead;

TEST(SignatureCount, InTheFileIsNeverTooLow) {
  Counted it;
  for (std::uint64_t k = 1; k <= 3 * kAhead; ++k) {
    it.sign();
    ASSERT_GE(it.in_file(), k);
    ASSERT_LE(it.in_file(), k + kAhead);
  }
  EXPECT_LE(it.disk.writes, 6) << "once for half of what is ahead";
}

TEST(SignatureCount, IsMadeDurableBesideTheSignatures) {
  Counted it;
  it.sign();
  EXPECT_EQ(it.disk.writes, 1);
  it.disk.hold();
  for (std::uint64_t k = 1; k < kAhead; ++k) it.sign();
  for (int ms = 0; ms < 60'000 && it.disk.writes < 2; ++ms)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(it.disk.writes, 2) << "begun when half was used";
  EXPECT_EQ(it.in_file(), kAhead + 1);
  it.disk.let_go();
  for (int k = 0; k < 3; ++k) it.sign();  // one of these may have to wait
  EXPECT_GT(it.in_file(), kAhead + 1);
}

TEST(SignatureCount, OfAKeyThatIsExpectedIsDurableBeforeItsFirst) {
  Counted it;
  it.count.expect(it.key.key.key);
  EXPECT_EQ(it.in_file(), kAhead);
  it.disk.hold();
  it.sign();
  it.count.expect(it.key.key.key);
  EXPECT_EQ(it.disk.writes, 1) << "there is enough left";
}

TEST(SignatureCount, OfAKeyThatJoinsIsDurableBeforeItsEvent) {
  World world;
  auto disk = std::make_unique<HeldDisk>(std::move(world.files));
  HeldDisk& watched = *disk;
  world.files = std::move(disk);
  ASSERT_TRUE(world.open());
  const testing::SoftKey next(world.options.origin);
  world.signer.add(next);
  const std::string text =
      format::key_event_text({format::KeyAction::kRotate, world.options.origin, next.key});
  const auto send = [&](std::vector<format::NoteSignature> signatures) {
    return world.append_control(format::Kind::kKeyEvent,
                                format::format_note({text, std::move(signatures)}));
  };
  EXPECT_FALSE(send({next.note_signature(text)}));
  EXPECT_EQ(watched.writes, 1) << "of the first key; a stranger's event adds none";
  ASSERT_TRUE(send({world.first_key.note_signature(text), next.note_signature(text)}));
  EXPECT_EQ(watched.writes, 2);
  EXPECT_EQ(watched.writer.load(), std::this_thread::get_id()) << "not the commit's";
}

TEST(SignatureCount, AfterAStopStaysWhatTheStopWrote) {
  Counted it;
  for (int k = 0; k < 3; ++k) it.sign();
  ASSERT_TRUE(it.count.save());
  EXPECT_EQ(it.in_file(), 3u);
  it.count.expect(it.key.key.key);
  EXPECT_EQ(it.in_file(), 3u) << "a key event that comes too late";
  it.sign();
  EXPECT_GE(it.in_file(), 4u) << "but never too low";
}

TEST(SignatureCount, ThatIsDamagedBeginsAgainAndSaysSo) {
  World world;
  ASSERT_TRUE(world.open());
  world.log.reset();
  std::ofstream(fs::path(world.directory) / "signatures") << "varve signatures v1\nzzz 1\nend\n";
  std::string notice;
  world.notice = [&](std::string_view event, const std::string&) { notice = event; };
  ASSERT_TRUE(world.open());
  EXPECT_EQ(notice, "signatures_not_counted");
  EXPECT_TRUE(fs::exists(fs::path(world.directory) / "signatures.kept"));
  ASSERT_TRUE(world.append_events(events(2)));
}

TEST(SignatureCount, IsDocumented) {
  std::ifstream in(source_file("docs/format/signatures.md"));
  std::string line;
  while (std::getline(in, line) && line != "```hex signatures") {
  }
  std::string bytes;
  while (std::getline(in, line) && line != "```") {
    std::istringstream words(line);
    std::string word;
    for (words >> word; words >> word;) bytes += text_of(*decode_hex(word));
  }
  const auto counts = store::decode_signature_counts(bytes);
  ASSERT_TRUE(counts);
  ASSERT_EQ(counts->size(), 1u);
  EXPECT_EQ(counts->begin()->second, 4'711u);
  EXPECT_EQ(store::encode_signature_counts(*counts), bytes);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(store::decode_signature_counts(bytes.substr(0, cut))) << cut;
}

}  // namespace
}  // namespace varve::log
