// What a key was asked for is counted over all starts, and never too low.
#include "ledger/log/signature_count.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

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

TEST(SignatureCount, IsWrittenAheadOncePerThousand) {
  World world;
  const testing::SoftKey key("a");
  world.signer.add(key);
  SignatureCount count(*world.files, world.signer);
  const fs::path there = fs::path(world.directory) / "signatures";
  std::uint64_t writes = 0;
  for (std::uint64_t k = 1; k <= 2 * SignatureCount::kSignaturesAhead; ++k) {
    ASSERT_TRUE(count.sign(key.key.key, bytes_of("m")));
    writes += fs::exists(there) ? 1 : 0;
    const std::string text = bytes_in(there);
    if (text.empty()) continue;
    EXPECT_GE(decode_signature_counts(text)->at(key.key.key), k);
    fs::remove(there);
  }
  EXPECT_EQ(writes, 2u);
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
  ASSERT_TRUE(world.append_events(events(2)));
}

TEST(SignatureCount, IsDocumented) {
  std::ifstream in(VARVE_SOURCE_DIR "/docs/format/signatures.md");
  std::string line;
  while (std::getline(in, line) && line != "```hex signatures") {
  }
  std::string bytes;
  while (std::getline(in, line) && line != "```") {
    std::istringstream words(line);
    std::string word;
    for (words >> word; words >> word;) bytes += text_of(*decode_hex(word));
  }
  const auto counts = decode_signature_counts(bytes);
  ASSERT_TRUE(counts);
  ASSERT_EQ(counts->size(), 1u);
  EXPECT_EQ(counts->begin()->second, 4'711u);
  EXPECT_EQ(encode_signature_counts(*counts), bytes);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(decode_signature_counts(bytes.substr(0, cut))) << cut;
}

}  // namespace
}  // namespace varve::log
