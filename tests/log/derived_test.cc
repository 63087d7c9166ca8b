// What is derived may be lost, cut short or left half written: a start makes it again, byte for
// byte, from the segments.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/upkeep/audit.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::events;
using testing::Source;
using testing::World;

/// A log of several sealed segments, stopped.
class Derived : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.options.segment_bytes_max = 2'048;
    ASSERT_TRUE(world_.open());
    Source source = world_.registered("ward-3");
    for (int k = 0; k < 24; ++k) ASSERT_TRUE(world_.append(source.seal(events(9))));
    ASSERT_TRUE(world_.append_events(events(4), "key"));
    note_ = world_.log->latest()->note;
    world_.log.reset();
    for (const auto& entry : fs::recursive_directory_iterator(world_.directory)) {
      const std::string path = fs::relative(entry.path(), world_.directory);
      if (path.starts_with("tree/") || path.starts_with("leaves/") || path.starts_with("appends/"))
        files_[path] = bytes_in(entry.path());
    }
  }

  std::string path(const std::string& name) const { return world_.directory + "/" + name; }

  /// The same log, every sealed record findable, every derived file as it was; those of leaves/
  /// and appends/ may have been taken together since, for each life of the log adds a segment: the audit knows how.
  void expect_the_same() {
    const auto opened = world_.open();
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(world_.log->latest()->note, note_);
    EXPECT_TRUE(world_.append_events(events(4), "key")->repeated);
    for (const std::uint64_t index : {0, 1, 60, 200}) {
      const auto record = world_.log->records(LeafIndex{index}, 1);
      ASSERT_TRUE(record) << record.error().message;
      const auto found = world_.log->find_leaf(merkle::leaf_hash(record->front()));
      ASSERT_TRUE(found) << found.error().message;
      EXPECT_EQ(found->value, index);
    }
    world_.log.reset();
    for (const auto& [name, bytes] : files_) {
      if (!name.starts_with("tree/") && !fs::exists(path(name))) continue;
      EXPECT_TRUE(bytes_in(path(name)) == bytes) << name;
    }
    const auto report = testing::audit_store(world_.options, world_.environment());
    ASSERT_TRUE(report);
    for (const upkeep::StoreFinding& f : report->findings)
      ADD_FAILURE() << f.where << ": " << f.what;
  }

  World world_;
  std::string note_;
  std::map<std::string, std::string> files_;
};

TEST_F(Derived, ACatalogueThatIsCutShortAnywhereIsMadeAgain) {
  const std::string whole = bytes_in(path("catalogue/data.mdb"));
  for (std::size_t size = 0; size < whole.size(); size += size % 4'096 == 0 ? 1'000 : 3'096) {
    SCOPED_TRACE(size);
    std::ofstream(path("catalogue/data.mdb"), std::ios::binary) << whole.substr(0, size);
    expect_the_same();
  }
}

// tests/store/lmdb_file_test.cc goes through all bits; here the log says what it does about it.
TEST_F(Derived, ACatalogueInWhichBitsRotNeverKeepsTheLogFromOpening) {
  std::size_t rebuilt = 0;
  world_.notice = [&rebuilt](std::string_view event, const std::string&) {
    if (event == "derived_rebuilt") ++rebuilt;
  };
  const std::string whole = bytes_in(path("catalogue/data.mdb"));
  for (std::size_t page = 0; page < whole.size(); page += 4'096)
    for (const std::size_t byte : {0, 10, 12, 15, 16, 41, 80, 128}) {
      SCOPED_TRACE(page + byte);
      std::string rotten = whole;
      rotten[page + byte] = static_cast<char>(rotten[page + byte] ^ 2);
      std::ofstream(path("catalogue/data.mdb"), std::ios::binary) << rotten;
      const auto opened = world_.open();
      ASSERT_TRUE(opened) << opened.error().message;
      EXPECT_EQ(world_.log->latest()->note, note_);
      EXPECT_TRUE(world_.log->records(LeafIndex{60}, 1));
      world_.log.reset();
    }
  EXPECT_GT(rebuilt, 10u);
  expect_the_same();
}

TEST_F(Derived, AFileThatIsGoneIsMadeAgain) {
  for (const auto& [name, bytes] : files_) {
    SCOPED_TRACE(name);
    if (!fs::remove(path(name))) continue;  // taken together since
    expect_the_same();
  }
  for (const char* name : {"catalogue/data.mdb", "catalogue/lock.mdb"}) {
    SCOPED_TRACE(name);
    fs::remove(path(name));
    expect_the_same();
  }
}

TEST_F(Derived, AFileThatIsCutShortIsMadeAgain) {
  for (const auto& [name, bytes] : files_) {
    for (const std::size_t size : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
      if (size >= bytes.size() || !fs::exists(path(name))) continue;
      SCOPED_TRACE(name + " cut to " + std::to_string(size));
      fs::resize_file(path(name), size);
      expect_the_same();
    }
  }
}

// Another program's rubbish at the end, as a file system may leave it after a crash.
TEST_F(Derived, AFileThatIsTooLongIsMadeAgain) {
  for (const auto& [name, bytes] : files_) {
    SCOPED_TRACE(name);
    std::ofstream(path(name), std::ios::app | std::ios::binary) << std::string(100, 'x');
    expect_the_same();
  }
}

}  // namespace
}  // namespace varve
