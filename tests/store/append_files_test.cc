// The files of appends/ as segments are sealed: each append is found in few of them, none that was
// not appended is, and what was lost, cut off or rotted is an error and never "it was not
// appended".
#include "ledger/store/append_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/remains.h"
#include "tests/log/files.h"
#include "tests/store/cut_off_disk.h"

namespace varve::store {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::CutOff;
using testing::CutOffDisk;

void put(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class Appends : public ::testing::Test {
 protected:
  Appends() {
    CHECK(env::initialize().has_value());
    std::string pattern =
        std::string(fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") + "/varve-appends-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = std::make_unique<CutOffDisk>(*env::open_posix(directory_));
    catalogue_ = *Catalogue::open(*files_);
    CHECK(restart().has_value());
  }
  ~Appends() override { fs::remove_all(directory_); }

  Result<void> restart() {
    appends_ = std::make_unique<AppendFiles>(*files_, kReserve);
    return appends_->load(*catalogue_);
  }
  Result<void> update() { return appends_->update(*catalogue_); }

  static AppendKey batch(std::uint64_t number) { return append_key({SourceId{7}, number}); }
  static AppendKey request(std::uint64_t number) {
    return append_key(merkle::sha256(bytes_of("key " + std::to_string(number))));
  }
  /// Of append `number`, which has two records.
  static AppendRow row(std::uint64_t number) {
    return {fingerprint_of(merkle::sha256(bytes_of(std::to_string(number)))), LeafIndex{2 * number},
            2};
  }

  /// One more segment with so many appends, batches and requests in turn, in a file of its own and
  /// in the catalogue.
  void seal(std::uint64_t appends) {
    SegmentFacts facts;
    facts.row = {mark_.next_ordinal, LeafIndex{mark_.size.value},
                 LeafIndex{mark_.size.value + 2 * appends}};
    for (std::uint64_t k = 0; k < appends; ++k, ++count_)
      facts.appends.emplace(count_ % 2 == 0 ? batch(count_) : request(count_), row(count_));
    CHECK(appends_->add(facts).has_value());
    mark_ = {mark_.next_ordinal + 1, TreeSize{facts.row.end.value}, {}, {}};
    CHECK(catalogue_->record_segment(facts, mark_, {}).has_value());
  }
  void seal_some(std::uint64_t segments, std::uint64_t appends = 3) {
    for (std::uint64_t k = 0; k < segments; ++k) seal(appends);
  }

  void expect_all_found() {
    for (std::uint64_t k = 0; k < count_; ++k) {
      const auto found = appends_->find(k % 2 == 0 ? batch(k) : request(k));
      ASSERT_TRUE(found) << k << ": " << found.error().message;
      ASSERT_EQ(*found, row(k));
      ASSERT_EQ(appends_->find(k % 2 == 0 ? request(k) : batch(k)).error().code, Code::kNotFound);
    }
  }
  std::map<std::string, std::string> folder() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(directory_ + "/appends"))
      out[entry.path().filename()] = bytes_in(entry.path());
    return out;
  }
  /// Everything again from what the segments say, as a start does that misses a file.
  void make_again(const std::vector<std::uint64_t>& appends) {
    fs::remove_all(directory_ + "/appends");
    catalogue_.reset();
    fs::remove_all(directory_ + "/catalogue");
    catalogue_ = *Catalogue::open(*files_);
    mark_ = {};
    count_ = 0;
    ASSERT_TRUE(restart());
    for (const std::uint64_t some : appends) seal(some);
    ASSERT_TRUE(update());
  }
  std::string path(const std::string& name) const { return directory_ + "/appends/" + name; }

  static constexpr std::uint64_t kReserve = 1u << 20;
  std::string directory_;
  std::unique_ptr<CutOffDisk> files_;
  std::unique_ptr<Catalogue> catalogue_;
  std::unique_ptr<AppendFiles> appends_;
  Mark mark_;
  std::uint64_t count_ = 0;
};

TEST_F(Appends, AreFoundAfterEachSegmentAndMadeAgainByteForByte) {
  std::vector<std::uint64_t> sealed;
  for (std::uint64_t n = 1; n <= 22; ++n) {
    SCOPED_TRACE(n);
    sealed.push_back(n % 7 == 5 ? 0 : n % 5 * 30);  // none, one block, several
    seal(sealed.back());
    expect_all_found();
    ASSERT_TRUE(update());
    expect_all_found();
    const auto grown = folder();
    ASSERT_TRUE(restart());
    expect_all_found();
    if (n % 4 > 1) continue;
    ASSERT_NO_FATAL_FAILURE(make_again(sealed));
    EXPECT_EQ(folder(), grown);
  }
}

// Each day of six and a half years.
TEST_F(Appends, AreInFewFilesHoweverManySegmentsThereAre) {
  for (const std::uint64_t n : {365, 1'095, 2'388}) {
    while (mark_.next_ordinal < n) {
      seal(1);
      if (mark_.next_ordinal % 64 != 0) continue;
      ASSERT_TRUE(update());
    }
    ASSERT_TRUE(update());
    EXPECT_LE(folder().size(), 18u) << n;
  }
  expect_all_found();
}

TEST_F(Appends, TakeLittleMoreThanTheirEntries) {
  seal(30'000);
  EXPECT_LE(folder().at("0").size(), 30'000 * 34u);
  EXPECT_LE(folder().at("0").size(), append_file_size_max(30'000));
  expect_all_found();
}

TEST_F(Appends, AreFoundWhileSegmentsAreTakenTogether) {
  seal_some(3);
  std::atomic<bool> sealing = true;
  std::jthread asking([&] {
    while (sealing)
      for (std::uint64_t k = 0; k < 9; k += 2) {
        const auto found = appends_->find(batch(k));
        ASSERT_TRUE(found) << found.error().message;
        ASSERT_EQ(*found, row(k));
      }
  });
  for (std::uint64_t k = 0; k < 200; ++k) {
    seal(3);
    ASSERT_TRUE(update());
  }
  sealing = false;
}

TEST_F(Appends, AnUpdateThatIsCutOffAtAnyCallIsCompletedByTheNext) {
  seal_some(15);
  ASSERT_TRUE(update());
  seal_some(6);  // 0-15 is taken together, 16-19 too, 20 is alone
  const auto before = folder();
  std::uint64_t cuts = 0;
  for (bool cut = true; cut; ++cuts) {
    SCOPED_TRACE(cuts);
    fs::remove_all(directory_ + "/appends");
    fs::create_directory(directory_ + "/appends");
    for (const auto& [name, bytes] : before) put(path(name), bytes);
    ASSERT_TRUE(restart());
    files_->calls = 0;
    files_->ends_at = cuts + 1;
    cut = false;
    try {
      ASSERT_TRUE(update());
    } catch (const CutOff&) {
      cut = true;
    }
    files_->ends_at = 0;
    ASSERT_TRUE(restart());
    expect_all_found();
    ASSERT_TRUE(update());
    expect_all_found();
    EXPECT_EQ(folder().size(), 3u);
  }
  EXPECT_GT(cuts, 10u);
}

TEST_F(Appends, LeaveTheReserveFreeAndAreTakenTogetherWhenThereIsRoom) {
  seal_some(3);
  ASSERT_TRUE(update());
  files_->space = kReserve;
  seal_some(14);
  ASSERT_TRUE(update());
  EXPECT_EQ(folder().size(), 17u);
  expect_all_found();
  ASSERT_TRUE(restart());  // a start with as little space
  expect_all_found();
  files_->space = std::uint64_t{1} << 40;
  ASSERT_TRUE(update());
  EXPECT_EQ(folder().size(), 2u);
  expect_all_found();
}

TEST_F(Appends, OfWhichAFileIsGoneOrCutShortOrTooLongAreNotOpened) {
  seal_some(6);
  ASSERT_TRUE(update());
  for (const auto& [name, bytes] : folder()) {
    for (std::size_t size = 0; size <= bytes.size() + 1; ++size) {
      SCOPED_TRACE(name + " of " + std::to_string(size) + " bytes");
      if (size == bytes.size())
        fs::remove(path(name));
      else
        put(path(name), (bytes + "x").substr(0, size));
      const auto opened = restart();
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code, Code::kCorrupt);
      EXPECT_NE(opened.error().message.find("appends/" + name.substr(0, 1)), std::string::npos)
          << opened.error().message;
    }
    put(path(name), bytes);
  }
  EXPECT_TRUE(restart());
}

// Each bit of each file, and each append: it is found, or the file is named.
TEST_F(Appends, ABitThatRotsIsNeverTheReasonThatAnAppendIsNotFound) {
  seal_some(5, 4);
  ASSERT_TRUE(update());
  std::uint64_t told = 0;
  for (const auto& [name, bytes] : folder()) {
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      SCOPED_TRACE(name + " bit " + std::to_string(bit));
      std::string rotten = bytes;
      rotten[bit / 8] = static_cast<char>(rotten[bit / 8] ^ (1 << bit % 8));
      put(path(name), rotten);
      if (const auto opened = restart(); !opened) {
        ASSERT_EQ(opened.error().code, Code::kCorrupt);
        ++told;
        continue;
      }
      for (std::uint64_t k = 0; k < count_; ++k) {
        const auto found = appends_->find(k % 2 == 0 ? batch(k) : request(k));
        if (found) {
          ASSERT_EQ(*found, row(k));
          continue;
        }
        ASSERT_EQ(found.error().code, Code::kCorrupt);
        ASSERT_NE(found.error().message.find("appends/" + name), std::string::npos);
        ++told;
      }
    }
    put(path(name), bytes);
  }
  EXPECT_GT(told, 1'000u);
}

// What rotted is not carried into the next larger file: that is not made, and what is in newer ones
// is found.
TEST_F(Appends, OfAFileThatRottedAreNotTakenTogether) {
  seal_some(3);
  std::string rotten = folder().at("1");
  rotten[40] = static_cast<char>(rotten[40] ^ 1);
  put(path("1"), rotten);
  seal(3);
  const auto updated = update();
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().code, Code::kCorrupt);
  EXPECT_EQ(folder().size(), 4u);
  EXPECT_EQ(*appends_->find(batch(6)), row(6));
  EXPECT_EQ(appends_->find(batch(4)).error().code, Code::kCorrupt);
  EXPECT_EQ(appends_->find(batch(0)).error().code, Code::kCorrupt) << "it might be there as well";
}

// A segment's requests go with its events; batches stay, for its remains have their seals.
TEST_F(Appends, OfADisposedSegmentForgetItsRequests) {
  const std::vector<std::uint64_t> sealed{4, 4, 4, 4, 4, 4};
  for (const std::uint64_t some : sealed) seal(some);
  ASSERT_TRUE(update());
  fs::create_directory(directory_ + "/remains");
  for (const std::uint64_t ordinal : {1, 5}) put(directory_ + "/" + remains_path(ordinal), "kept");
  ASSERT_TRUE(update());
  for (std::uint64_t k = 0; k < count_; ++k) {
    SCOPED_TRACE(k);
    const bool disposed = k / 4 == 1 || k / 4 == 5;
    const auto found = appends_->find(k % 2 == 0 ? batch(k) : request(k));
    EXPECT_EQ(found.has_value(), k % 2 == 0 || !disposed);
    EXPECT_TRUE(found || found.error().code == Code::kNotFound);
  }
  const auto after = folder();
  ASSERT_NO_FATAL_FAILURE(make_again(sealed));
  EXPECT_EQ(folder(), after);
}

}  // namespace
}  // namespace varve::store
