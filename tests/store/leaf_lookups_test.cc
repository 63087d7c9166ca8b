// The files of leaves/ as segments are sealed: each leaf is found in few of them, whatever was
// lost, cut off or not yet done, and what rots is never the reason for "no such leaf".
#include "ledger/store/leaf_lookups.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <thread>

#include "ledger/env/posix.h"
#include "ledger/store/leaf_lookup.h"
#include "tests/log/files.h"
#include "tests/store/cut_off_disk.h"

namespace varve::store {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::CutOff;
using testing::CutOffDisk;

constexpr TreeSize kAll{1'000'000};

void write(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class Lookups : public ::testing::Test {
 protected:
  Lookups() {
    CHECK(env::initialize().has_value());
    std::string pattern = ::testing::TempDir() + "varve-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = std::make_unique<CutOffDisk>(*env::open_posix(directory_));
    hashes_ = *HashFiles::open(*files_);
    catalogue_ = *Catalogue::open(*files_);
    restart();
  }
  ~Lookups() override { fs::remove_all(directory_); }

  static Hash leaf(std::uint64_t i) { return merkle::leaf_hash(bytes_of(std::to_string(i))); }

  void restart() { lookups_ = std::make_unique<LeafLookups>(*files_, *hashes_, kReserve); }
  Result<void> update() { return lookups_->update(*catalogue_); }

  /// One more segment that is sealed and in the catalogue.
  void seal(std::uint64_t leaves) {
    SegmentFacts facts;
    facts.row = {position_.next_ordinal, LeafIndex{position_.size.value},
                 LeafIndex{position_.size.value + leaves}};
    for (std::uint64_t i = position_.size.value; i < facts.row.end.value; ++i)
      hashes_->completed({0, i}, leaf(i));
    CHECK(hashes_->flush().has_value());
    position_ = {position_.next_ordinal + 1, TreeSize{facts.row.end.value}, {}, {}};
    CHECK(catalogue_->record_segment(facts, position_, {}).has_value());
  }
  void seal_some(std::uint64_t segments, std::uint64_t leaves = 3) {
    for (std::uint64_t k = 0; k < segments; ++k) seal(leaves);
  }

  void expect_all_found() {
    for (std::uint64_t i = 0; i < lookups_->end().value; ++i) {
      const auto found = lookups_->find(leaf(i), kAll);
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ(*found, LeafIndex{i});
    }
    const auto none = lookups_->find(leaf(999'999), kAll);
    ASSERT_TRUE(none) << none.error().message;
    EXPECT_FALSE(*none);
  }
  std::map<std::string, std::string> folder() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(directory_ + "/leaves"))
      out[entry.path().filename()] = bytes_in(entry.path());
    return out;
  }
  std::string path(const std::string& name) const { return directory_ + "/leaves/" + name; }

  static constexpr std::uint64_t kReserve = 1u << 20;
  std::string directory_;
  std::unique_ptr<CutOffDisk> files_;
  std::unique_ptr<HashFiles> hashes_;
  std::unique_ptr<Catalogue> catalogue_;
  std::unique_ptr<LeafLookups> lookups_;
  CataloguePosition position_;
};

TEST_F(Lookups, FindEachLeafAfterEachSegmentAndAreMadeAgainByteForByte) {
  for (std::uint64_t n = 1; n <= 70; ++n) {
    SCOPED_TRACE(n);
    seal(n % 7 == 5 ? 0 : n % 4 + 1);
    ASSERT_TRUE(update());
    EXPECT_EQ(lookups_->end(), position_.size);
    expect_all_found();
    const auto grown = folder();
    fs::remove_all(directory_ + "/leaves");
    restart();
    ASSERT_TRUE(update());
    EXPECT_EQ(folder(), grown);
  }
}

// Each day of six and a half years.
TEST_F(Lookups, OpenFewFilesHoweverManySegmentsThereAre) {
  for (const std::uint64_t n : {365, 1'095, 2'388}) {
    seal_some(n - position_.next_ordinal, 2);
    ASSERT_TRUE(update());
    for (const std::uint64_t wanted :
         {std::uint64_t{0}, position_.size.value - 1, std::uint64_t{999'999}}) {
      files_->opened = 0;
      ASSERT_TRUE(lookups_->find(leaf(wanted), kAll));
      EXPECT_LE(files_->opened, 18u) << n << " segments, leaf " << wanted;
    }
  }
}

// A file that was to be opened may have gone meanwhile, because its segments were taken together.
TEST_F(Lookups, FindEachLeafWhileSegmentsAreTakenTogether) {
  seal_some(3);
  ASSERT_TRUE(update());
  std::atomic<bool> sealing = true;
  std::jthread asking([&] {
    while (sealing)
      for (std::uint64_t i = 0; i < 9; ++i) {
        const auto found = lookups_->find(leaf(i), kAll);
        ASSERT_TRUE(found) << found.error().message;
        ASSERT_EQ(*found, LeafIndex{i});
      }
  });
  for (std::uint64_t k = 0; k < 300; ++k) {
    seal(3);
    ASSERT_TRUE(update());
  }
  sealing = false;
}

TEST_F(Lookups, DoNotFindALeafThatIsNotPublished) {
  seal_some(5);
  ASSERT_TRUE(update());
  for (std::uint64_t i = 0; i < 15; ++i) {
    EXPECT_FALSE(*lookups_->find(leaf(i), TreeSize{i}));
    EXPECT_TRUE(*lookups_->find(leaf(i), TreeSize{i + 1}));
  }
}

TEST_F(Lookups, AnUpdateThatIsCutOffAtAnyCallIsCompletedByTheNext) {
  seal_some(15);
  ASSERT_TRUE(update());
  seal_some(6);  // 0-15 is taken together, 16-19 too, 20 is alone
  const auto before = folder();
  std::uint64_t cuts = 0;
  for (bool cut = true; cut; ++cuts) {
    SCOPED_TRACE(cuts);
    fs::remove_all(directory_ + "/leaves");
    fs::create_directory(directory_ + "/leaves");
    for (const auto& [name, bytes] : before) write(path(name), bytes);
    restart();
    files_->calls = 0;
    files_->ends_at = cuts + 1;
    cut = false;
    try {
      ASSERT_TRUE(update());
    } catch (const CutOff&) {
      cut = true;
    }
    files_->ends_at = 0;
    restart();
    ASSERT_TRUE(update());
    expect_all_found();
    EXPECT_EQ(folder().size(), 3u);
  }
  EXPECT_GT(cuts, 10u);
}

// As a version left it that had a file for each segment: those that still are one are kept.
TEST_F(Lookups, OneFileForEachSegmentIsTakenTogether) {
  seal_some(37);
  ASSERT_TRUE(update());
  const auto grown = folder();
  fs::remove_all(directory_ + "/leaves");
  fs::create_directory(directory_ + "/leaves");
  const ReadLeaves read = [this](LeafIndex first, std::uint64_t count) {
    return hashes_->leaves(first, count);
  };
  for (std::uint64_t k = 0; k < 37; ++k) {
    const auto lookup = LeafLookup::of(read, LeafIndex{3 * k}, 3);
    ASSERT_TRUE(lookup);
    write(path(std::to_string(k)), text_of(lookup->bytes()));
  }
  restart();
  ASSERT_TRUE(update());
  expect_all_found();
  EXPECT_EQ(folder(), grown);
}

TEST_F(Lookups, LeaveTheReserveFreeAndTakeSegmentsTogetherWhenThereIsRoom) {
  seal_some(3);
  ASSERT_TRUE(update());
  files_->space = kReserve;
  seal_some(14);
  ASSERT_TRUE(update());
  EXPECT_EQ(folder().size(), 17u);
  expect_all_found();
  restart();  // a start with as little space
  ASSERT_TRUE(update());
  EXPECT_EQ(folder().size(), 17u);
  expect_all_found();
  files_->space = std::uint64_t{1} << 40;
  ASSERT_TRUE(update());
  EXPECT_EQ(folder().size(), 2u);
  expect_all_found();
}

TEST_F(Lookups, AFileThatIsGoneOrCutShortIsToldAndMadeAgain) {
  seal_some(22);
  ASSERT_TRUE(update());
  const auto whole = folder();
  for (const auto& [name, bytes] : whole) {
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      SCOPED_TRACE(name + " cut to " + std::to_string(size));
      if (size == bytes.size())
        fs::remove(path(name));
      else
        fs::resize_file(path(name), size);
      const auto found = lookups_->find(leaf(999'999), kAll);
      ASSERT_FALSE(found);
      EXPECT_EQ(found.error().code, Code::kCorrupt);
      EXPECT_NE(found.error().message.find("leaves/" + name), std::string::npos)
          << found.error().message;
      ASSERT_TRUE(update());
      EXPECT_EQ(folder(), whole);
    }
  }
}

// Each bit of each file, and each leaf: it is found, or the file is named.
TEST_F(Lookups, ABitThatRotsIsNeverTheReasonThatALeafIsNotFound) {
  seal_some(9, 4);
  ASSERT_TRUE(update());
  std::uint64_t told = 0;
  for (const auto& [name, bytes] : folder()) {
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      SCOPED_TRACE(name + " bit " + std::to_string(bit));
      std::string rotten = bytes;
      rotten[bit / 8] = static_cast<char>(rotten[bit / 8] ^ (1 << bit % 8));
      write(path(name), rotten);
      for (std::uint64_t i = 0; i < 36; ++i) {
        const auto found = lookups_->find(leaf(i), kAll);
        if (found) {
          ASSERT_EQ(*found, LeafIndex{i});
          continue;
        }
        ASSERT_EQ(found.error().code, Code::kCorrupt);
        ASSERT_NE(found.error().message.find("leaves/" + name), std::string::npos);
        ++told;
      }
    }
    write(path(name), bytes);
  }
  EXPECT_GT(told, 1'000u);
}

}  // namespace
}  // namespace varve::store
