// The audit of a store at rest: quiet about a good one, and every byte of a bad one is found.
#include "ledger/upkeep/audit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/env/durable.h"
#include "ledger/store/leaf_lookup.h"
#include "ledger/store/leaf_lookups.h"
#include "ledger/store/month_keys.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::events;
using testing::Source;
using testing::World;

Result<upkeep::AuditReport> audit(World& world) {
  return testing::audit_store(world.options, world.environment());
}

void fill(World& world) {
  world.options.segment_bytes_max = 2'048;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  for (int k = 0; k < 6; ++k) ASSERT_TRUE(world.append(source.seal(events(3))));
  ASSERT_TRUE(world.append_events(events(4), "key"));
  world.log.reset();
  ASSERT_EQ(std::system(("chattr -R -f -i " + world.directory + "; true").c_str()), 0);
}

void flip(const fs::path& path, std::uintmax_t at) {
  fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 0x40);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

TEST(Audit, FindsNothingInAGoodStore) {
  World world;
  fill(world);
  const auto report = audit(world);
  ASSERT_TRUE(report) << report.error().message;
  for (const upkeep::StoreFinding& f : report->findings) ADD_FAILURE() << f.where << ": " << f.what;
  EXPECT_GE(report->records, 2 + 6 * 4 + 5u);
  ASSERT_TRUE(world.open());
  EXPECT_EQ(report->records, world.size().value);
  EXPECT_GT(report->segments, 2u);
}

TEST(Audit, FindsNothingInAStoreThatACrashLeftBehind) {
  World world;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(events(4)));
  World copy;
  copy.options = world.options;
  copy.signer.add(world.first_key);
  fs::copy(world.directory, copy.directory, fs::copy_options::recursive);
  std::ofstream(copy.directory + "/segments/00000000.seg", std::ios::app) << "torn tail";
  const auto report = audit(copy);
  ASSERT_TRUE(report);
  for (const upkeep::StoreFinding& f : report->findings) ADD_FAILURE() << f.where << ": " << f.what;
}

/// Gives so many keys, then the token is away.
class TokenThatLeaves final : public env::KeyVault {
 public:
  TokenThatLeaves(env::KeyVault& vault, int gives) : vault_(vault), gives_(gives) {}
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override {
    return vault_.wrap(label, data_key);
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override {
    if (gives_-- <= 0) return busy("the token is away");
    return vault_.unwrap(label, wrapped);
  }

 private:
  env::KeyVault& vault_;
  int gives_;
};

// What is damaged must not stay unsaid because something else could not be looked at.
TEST(Audit, TellsWhatItFoundBeforeItCouldNotGoOn) {
  World world;
  fill(world);
  flip(world.directory + "/tree/00", 5);
  const Environment all = world.environment();
  for (const int gives : {0, 1, 2}) {
    SCOPED_TRACE(gives);
    TokenThatLeaves token(world.vault, gives);
    const Environment environment{all.clock, all.random, all.files, all.signer,
                                  token,     all.marks,  all.notice};
    const auto report = testing::audit_store(world.options, environment);
    ASSERT_EQ(report.has_value(), gives > 0);
    if (!report) {
      EXPECT_EQ(report.error().code, Code::kBusy) << "nothing was found until then";
      continue;
    }
    ASSERT_EQ(report->findings.size(), 1u);
    EXPECT_EQ(report->findings.front().where, "tree/00");
    ASSERT_TRUE(report->trouble);
    EXPECT_EQ(report->trouble->code, Code::kBusy);
  }
}

// Every byte of every segment and hash file, flipped: each is found, and the file is named.
TEST(Audit, FindsEveryFlippedByte) {
  World world;
  fill(world);
  for (const auto& entry : fs::recursive_directory_iterator(world.directory)) {
    const std::string path = fs::relative(entry.path(), world.directory);
    if (!entry.is_regular_file() || path.starts_with("catalogue/") || path == "lock" ||
        path == "signatures")  // a count of its own, about which nothing is signed
      continue;
    for (std::uintmax_t at = 0; at < fs::file_size(entry.path()); ++at) {
      SCOPED_TRACE(path + " byte " + std::to_string(at));
      flip(entry.path(), at);
      const auto report = audit(world);
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_FALSE(report->findings.empty());
      if (!report->findings.empty()) {
        EXPECT_EQ(report->findings.front().where, path);
      }
      flip(entry.path(), at);
    }
  }
  EXPECT_TRUE(audit(world)->findings.empty());
}

TEST(Audit, NamesTheFrameAndTheRecordsItHeld) {
  World world;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(events(3)));
  const auto size = fs::file_size(world.directory + "/segments/00000000.seg");
  const std::uint64_t first_record = world.size().value;
  ASSERT_TRUE(world.append_events(events(3)));
  const std::uint64_t last_record = world.size().value - 1;
  world.log.reset();
  ASSERT_EQ(std::system(("chattr -R -f -i " + world.directory + "; true").c_str()), 0);
  flip(world.directory + "/segments/00000000.seg", size + 100);
  const auto report = audit(world);
  ASSERT_TRUE(report);
  ASSERT_FALSE(report->findings.empty());
  const upkeep::StoreFinding& first = report->findings.front();
  EXPECT_EQ(first.where, "segments/00000000.seg");
  EXPECT_NE(first.what.find("frame at byte " + std::to_string(size) + ", records " +
                            std::to_string(first_record) + " to " + std::to_string(last_record)),
            std::string::npos)
      << first.what;
}

// What a crash left undone is no damage: the next start does it. A gap between others is a loss.
TEST(Audit, NamesALeafLookupThatWasLostAndNoneThatWasNotMadeYet) {
  World world;
  fill(world);
  const fs::path folder = world.directory + "/leaves";
  std::map<std::uint64_t, fs::path> files;  // by their first segments
  for (const auto& entry : fs::directory_iterator(folder))
    files[std::stoull(entry.path().filename())] = entry.path();
  ASSERT_GT(files.size(), 1u);
  const std::string first = bytes_in(files.begin()->second);
  fs::remove(files.begin()->second);
  auto report = audit(world);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->findings.size(), 1u);
  EXPECT_EQ(report->findings.front().where, fs::relative(files.begin()->second, world.directory));
  std::ofstream(files.begin()->second, std::ios::binary) << first;
  while (!files.empty()) {
    fs::remove(std::prev(files.end())->second);
    files.erase(std::prev(files.end()));
    report = audit(world);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->findings.empty());
  }
}

// While there is no room to take segments together, each has a file of its own.
TEST(Audit, TakesTheFilesOfPartsInPlaceOfTheOneForAllOfThem) {
  World world;
  world.options.segment_bytes_max = 2'048;
  ASSERT_TRUE(world.open());
  for (int k = 0; k < 20; ++k) ASSERT_TRUE(world.append_events(events(6)));
  world.log.reset();
  const auto segments = store::all_segments(*world.files);
  ASSERT_TRUE(segments);
  std::vector<LeafIndex> ends;
  for (std::size_t k = 1; k < segments->size(); ++k) ends.push_back((*segments)[k].first);
  const auto groups = store::leaf_groups(ends);
  ASSERT_GT(groups.size(), 1u);
  ASSERT_GT(groups.front().segments, 1u);
  const std::string hashes = bytes_in(world.directory + "/tree/00");
  const store::ReadLeaves read = [&](LeafIndex first, std::uint64_t count) -> Result<Buffer> {
    return to_buffer(bytes_of(hashes).subspan(first.value * kHashSize, count * kHashSize));
  };
  fs::remove(world.directory + "/" + store::leaf_lookup_path(groups.front()));
  for (const store::LeafGroup& part : store::parts_of(groups.front(), ends)) {
    const auto lookup = store::LeafLookup::of(read, part.first, part.leaves);
    ASSERT_TRUE(lookup);
    ASSERT_TRUE(env::write_durably(*world.files, store::leaf_lookup_path(part), lookup->bytes()));
  }
  const auto report = audit(world);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->findings.empty()) << report->findings.front().where;
}

TEST(Audit, OfAStoreThatIsOpenIsRefused) {
  World world;
  ASSERT_TRUE(world.open());
  EXPECT_EQ(audit(world).error().code, Code::kWorm);
}

}  // namespace
}  // namespace varve
