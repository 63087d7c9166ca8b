// The files of appends/ as segments are sealed: each append is found in few of them, none that was
// not appended is, and what was lost, cut off or rotted is an error and never "it was not
// appended".
#include "ledger/store/append_files.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/store/appends.h"

namespace varve::store {
namespace {

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
    while (position_.next_ordinal < n) {
      seal(1);
      if (position_.next_ordinal % 64 != 0) continue;
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
  EXPECT_LE(folder().at("0").size(), append_file_size_max(30'000, 1));
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

}  // namespace
}  // namespace varve::store
