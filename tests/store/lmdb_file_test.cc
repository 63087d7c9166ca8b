// LMDB trusts its file. Whatever rots in it, a catalogue that opens can be read and written, and
// says what is true or refuses; one that could harm the process is refused when it is opened.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/catalogue.h"

namespace varve::store {
namespace {

constexpr std::size_t kPage = 4'096;
constexpr std::size_t kMetaPage = 152;  // of it are used

SegmentFacts some_facts(std::uint64_t ordinal) {
  SegmentFacts facts;
  const std::uint64_t first = ordinal * 1'000;
  facts.row = {ordinal, LeafIndex{first}, LeafIndex{first + 1'000}};
  facts.checkpoints.push_back({first + 900, ByteOffset{500}});
  return facts;
}

CataloguePosition position_after(std::uint64_t ordinal) {
  return {ordinal + 1, TreeSize{(ordinal + 1) * 1'000}, merkle::empty_root(), Hash{}};
}

/// A catalogue of some segments, in memory where there is a file system in memory.
class LmdbFile : public ::testing::Test {
 protected:
  LmdbFile() {
    CHECK(env::initialize().has_value());
    std::string pattern = std::filesystem::is_directory("/dev/shm") ? "/dev/shm/varve-lmdb-XXXXXX"
                                                                    : "/tmp/varve-lmdb-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = std::move(*env::open_posix(directory_));
  }
  ~LmdbFile() override { std::filesystem::remove_all(directory_); }

  void make(std::uint64_t segments) {
    segments_ = segments;
    auto catalogue = Catalogue::open(*files_);
    ASSERT_TRUE(catalogue) << catalogue.error().message;
    const Buffer state(3'000);  // more than a page takes
    for (std::uint64_t k = 0; k < segments; ++k)
      ASSERT_TRUE((*catalogue)->record_segment(some_facts(k), position_after(k), state));
  }

  [[nodiscard]] std::string path() const { return directory_ + "/catalogue/data.mdb"; }

  [[nodiscard]] std::string content() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  /// What is answered is true; the last transaction may be missing as a whole.
  void expect_truth(const Catalogue& catalogue) const {
    for (std::uint64_t k = 0; k < segments_; ++k) {
      const LeafIndex first{k * 1'000};
      const auto row = catalogue.segment(k);
      EXPECT_TRUE(!row || row->first == first);
      const auto holder = catalogue.segment_of(LeafIndex{first.value + 5});
      EXPECT_TRUE(!holder || holder->ordinal == k);
      const auto place = catalogue.checkpoint_at(TreeSize{first.value + 1});
      EXPECT_TRUE(!place || place->size.value > first.value);
    }
    static_cast<void>(catalogue.position());
    static_cast<void>(catalogue.last_checkpoint());
    static_cast<void>(catalogue.state());
  }

  /// Flips one bit, then opens, reads and writes. Returns whether it could be opened.
  bool survives_flip(const std::string& good, std::size_t byte, unsigned bit) {
    std::string rotten = good;
    rotten[byte] = static_cast<char>(rotten[byte] ^ (1 << bit));
    std::ofstream(path(), std::ios::binary) << rotten;
    auto catalogue = Catalogue::open(*files_);
    if (!catalogue) {
      EXPECT_EQ(catalogue.error().code, Code::kCorrupt) << catalogue.error().message;
      return false;
    }
    expect_truth(**catalogue);
    static_cast<void>(
        (*catalogue)
            ->record_segment(some_facts(segments_), position_after(segments_), Buffer(9'000)));
    return true;
  }

  /// Of each page in use: every bit of its first bytes, and one bit of every `step`th byte behind
  /// them.
  void flip_all(std::size_t first_bytes, std::size_t step) {
    const std::string good = content();
    ASSERT_EQ(good.size() % kPage, 0u);
    std::size_t refused = 0;
    std::size_t taken = 0;
    for (std::size_t page = 0; page < good.size() && !HasFailure(); page += kPage) {
      if (survives_flip(good, page, 0)) continue;  // its number does not matter: it is free
      for (std::size_t at = 0; at < kPage; ++at) {
        SCOPED_TRACE("byte " + std::to_string(page + at));
        const bool all = at < (page < 2 * kPage ? kMetaPage : first_bytes);
        if (!all && at % step != 0) continue;
        for (unsigned bit = 0; bit < (all ? 8u : 1u); ++bit)
          ++(survives_flip(good, page + at, (at / step + bit) % 8) ? taken : refused);
      }
    }
    std::cout << refused << " flips refused, " << taken << " harmless\n";
    EXPECT_GT(refused, 1'000u);
    EXPECT_GT(taken, 1'000u);
  }

  std::string directory_;
  std::unique_ptr<env::Filesystem> files_;
  std::uint64_t segments_ = 0;
};

TEST_F(LmdbFile, OfWhichAnyBitRottedIsRefusedOrHarmless) {
  ASSERT_NO_FATAL_FAILURE(make(3));
  flip_all(64, 13);
}

TEST_F(LmdbFile, WithTreesOfSeveralLevelsOfWhichAnyBitRottedIsRefusedOrHarmless) {
  ASSERT_NO_FATAL_FAILURE(make(400));
  flip_all(16, 59);
}

TEST_F(LmdbFile, OfAnyHistoryIsTaken) {
  std::mt19937_64 random(7);
  for (std::uint64_t k = 0; k < 120; ++k) {
    auto catalogue = Catalogue::open(*files_);
    ASSERT_TRUE(catalogue) << k << ": " << catalogue.error().message;
    for (std::uint64_t more = random() % 3; more > 0; --more, ++segments_)
      ASSERT_TRUE((*catalogue)
                      ->record_segment(some_facts(segments_), position_after(segments_),
                                       Buffer(random() % 30'000)));
    EXPECT_EQ((*catalogue)->position()->next_ordinal, segments_);
  }
}

}  // namespace
}  // namespace varve::store
