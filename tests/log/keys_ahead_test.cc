// An audit that asks for data keys ahead: as many at once as the vault serves, no further ahead
// than it says, and with the same verdict.
#include "ledger/upkeep/keys_ahead.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include "ledger/store/data_keys.h"
#include "ledger/store/segment_reader.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::events;
using testing::Source;
using testing::World;

/// Gives no key before so many ask at once; and counts.
class MeetingVault final : public env::KeyVault {
 public:
  MeetingVault(env::KeyVault& vault, int meet) : vault_(vault), meet_(meet) {}
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override {
    return vault_.wrap(label, data_key);
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override {
    {
      std::unique_lock lock(mutex_);
      ++asked;
      peak = std::max(peak, ++inside_);
      most_ahead = std::max(most_ahead, asked - taken);
      changed_.notify_all();
      if (!changed_.wait_for(lock, std::chrono::minutes(3), [this] { return peak >= meet_; }))
        return busy("the others did not come");
    }
    auto key = vault_.unwrap(label, wrapped);
    const std::lock_guard lock(mutex_);
    --inside_;
    return key;
  }
  void take_begins() {
    const std::lock_guard lock(mutex_);
    ++taken;
  }

  int asked = 0;
  int taken = 0;
  int peak = 0;
  int most_ahead = 0;

 private:
  env::KeyVault& vault_;
  const int meet_;
  int inside_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
};

struct ManySegments : ::testing::Test {
  World world;
  std::uint64_t segments = 0;

  ManySegments() {
    world.options.segment_bytes_max = 1'024;
    EXPECT_TRUE(world.open());
    Source source = world.registered("ward-3");
    for (int k = 0; k < 48; ++k) EXPECT_TRUE(world.append(source.seal(events(3))));
    world.log.reset();
    EXPECT_EQ(std::system(("chattr -R -f -i " + world.directory + "; true").c_str()), 0);
    while (fs::exists(path_of(segments))) ++segments;
    EXPECT_GT(segments, 2 * upkeep::KeysAhead::kAhead);
  }
  [[nodiscard]] std::string path_of(std::uint64_t ordinal) const {
    return world.directory + "/" + store::segment_path(ordinal);
  }
  Result<upkeep::AuditReport> audit(env::KeyVault& vault, unsigned at_once) {
    const Environment all = world.environment();
    return upkeep::audit_files(
        world.options, {all.clock, all.random, all.files, all.signer, vault, all.marks, all.notice},
        [](auto, auto) {}, at_once);
  }
  /// All that an audit has to say.
  std::string verdict(env::KeyVault& vault, unsigned at_once) {
    const auto report = audit(vault, at_once);
    if (!report) return "error: " + report.error().message;
    std::string text = std::to_string(report->records) + " records";
    for (const upkeep::StoreFinding& finding : report->findings)
      text += "\n" + finding.where + ": " + finding.what;
    for (const auto& [month, gone] : report->destroyed) text += "\n" + rules::explain(month, gone);
    return text + (report->trouble ? "\n" + report->trouble->message : "");
  }
};

TEST_F(ManySegments, HaveTheirKeysAskedForTogether) {
  for (const unsigned at_once : {1u, 2u, 8u}) {
    MeetingVault vault(world.vault, static_cast<int>(at_once));
    const auto report = audit(vault, at_once);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->findings.empty());
    EXPECT_EQ(vault.asked, static_cast<int>(segments));
    EXPECT_EQ(vault.peak, static_cast<int>(at_once));
  }
}

TEST_F(ManySegments, AreNotAskedForFurtherAheadThanSaid) {
  MeetingVault vault(world.vault, 1);
  const Environment all = world.environment();
  std::vector<std::uint64_t> ordinals;
  for (std::uint64_t k = 0; k < segments; ++k) ordinals.push_back(k);
  upkeep::KeysAhead keys(all.files, vault, ordinals, 8);
  for (std::uint64_t k = 0; k < segments; ++k) {
    const auto file = all.files.open_read(store::segment_path(k));
    const auto header = store::read_segment_header(**file);
    ASSERT_TRUE(header);
    vault.take_begins();
    const auto key = keys.take(*header);
    ASSERT_TRUE(key) << key.error().message;
    const auto same = store::unwrap_data_key(all.files, world.vault, *header);
    EXPECT_EQ(text_of(key->view()), text_of(same->view()));
  }
  EXPECT_EQ(vault.asked, static_cast<int>(segments));
  EXPECT_LE(vault.most_ahead, static_cast<int>(upkeep::KeysAhead::kAhead));
}

// What was asked for ahead counts when it is the key of the very segment that is taken; else the
// key of that one is asked for.
TEST_F(ManySegments, HaveTheKeysOfWhatIsTakenAndNotOfWhatWasThereBefore) {
  std::vector<std::uint64_t> ordinals;
  std::vector<store::SegmentHeader> headers;
  const Environment all = world.environment();
  for (std::uint64_t k = 0; k < segments; ++k) {
    ordinals.push_back(k);
    headers.push_back(*store::read_segment_header(**all.files.open_read(store::segment_path(k))));
  }
  const auto times_asked = [&] {
    MeetingVault vault(world.vault, 1);
    {
      upkeep::KeysAhead keys(all.files, vault, ordinals, 8);
      for (const store::SegmentHeader& header : headers) {
        const auto key = keys.take(header);
        EXPECT_TRUE(key) << key.error().message;
      }
    }
    return static_cast<std::uint64_t>(vault.asked);
  };
  EXPECT_EQ(times_asked(), segments);
  for (std::uint64_t k = 0; k < segments; ++k) fs::rename(path_of(k), path_of(k) + ".away");
  EXPECT_EQ(times_asked(), segments) << "there was nothing to ask for ahead";
  for (std::uint64_t k = 0; k < segments; ++k) fs::rename(path_of(k) + ".away", path_of(k));
  for (store::SegmentHeader& header : headers) header.chain.bytes[0] ^= std::byte{1};
  EXPECT_EQ(times_asked(), 2 * segments) << "each was exchanged";
}

// Each segment's header, first frame and end, one after the other; segments that are missing or
// exchanged; a key that is gone; a token that is.
TEST_F(ManySegments, AreJudgedAsWithoutAskingAhead) {
  const auto expect_same = [this](const std::string& which) {
    const std::string alone = verdict(world.vault, 1);
    EXPECT_EQ(verdict(world.vault, 8), alone) << which;
    return alone;
  };
  EXPECT_EQ(expect_same("intact").find('\n'), std::string::npos);
  std::set<std::string> verdicts;
  for (std::uint64_t k = 0; k < segments; ++k) {
    const std::string path = path_of(k);
    fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
    const auto size = fs::file_size(path);
    for (const std::uintmax_t at : {std::uintmax_t{20}, size / 4, size - 1}) {
      const auto flip = [&] {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(static_cast<std::streamoff>(at));
        const char byte = static_cast<char>(file.get() ^ 0x40);
        file.seekp(static_cast<std::streamoff>(at));
        file.put(byte);
      };
      flip();
      verdicts.insert(expect_same(path + " byte " + std::to_string(at)));
      flip();
    }
    fs::rename(path, path + ".away");
    verdicts.insert(expect_same(path + " is missing"));
    fs::rename(path + ".away", path);
  }
  EXPECT_GT(verdicts.size(), 3 * segments);
  world.vault.down = true;
  EXPECT_NE(expect_same("the token is gone").find("error: "), std::string::npos);
  world.vault.down = false;
  const auto header =
      store::read_segment_header(**world.environment().files.open_read(store::segment_path(0)));
  world.vault.destroyed.insert(header->label);
  EXPECT_NE(expect_same("the key is gone").find("its data key"), std::string::npos);
}

}  // namespace
}  // namespace varve
