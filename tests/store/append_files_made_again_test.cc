// Which files of appends/ are made again and which are left: rotten ones, those of another log, of
// segments that were disposed of, and large ones while a log stops.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "ledger/env/durable.h"
#include "tests/store/appends.h"

namespace varve::store {
namespace {

// What rotted is not carried into a larger file. All others are taken together as if it was not
// there, the first reason is told, and no group is tried twice.
TEST_F(Appends, OfAFileThatRottedAreNotTakenTogetherAndAllOthersAre) {
  seal_some(3);
  std::string rotten = folder().at("1");
  rotten[40] = static_cast<char>(rotten[40] ^ 1);
  put(path("1"), rotten);
  std::uint64_t told = 0;
  for (std::uint64_t n = 4; n <= 64; ++n) {
    seal(3);
    const auto updated = update();
    if (updated) continue;
    EXPECT_EQ(updated.error().code, Code::kCorrupt);
    EXPECT_NE(updated.error().message.find("appends/1:"), std::string::npos);
    ++told;
  }
  EXPECT_EQ(told, 3u) << "0-3, 0-15 and 0-63, once each";
  std::set<std::string> names;
  for (const auto& [name, bytes] : folder()) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"0", "1", "2", "3", "4-7", "8-11", "12-15", "16-31",
                                          "32-47", "48-63"}));
  EXPECT_EQ(*appends_->find(batch(6)), row(6));
  EXPECT_EQ(appends_->find(batch(4)).error().code, Code::kCorrupt);
  EXPECT_EQ(appends_->find(batch(0)).error().code, Code::kCorrupt) << "it might be there as well";
}

TEST_F(Appends, OfAnotherLogOrAnotherHistoryAreNotOpened) {
  const std::vector<std::uint64_t> sealed{3, 3, 3, 3, 3, 0};
  ASSERT_NO_FATAL_FAILURE(make_again(sealed));
  const auto others = folder();
  history_ = "another ";
  ASSERT_NO_FATAL_FAILURE(make_again(sealed));
  for (const auto& [name, bytes] : folder()) {
    SCOPED_TRACE(name);
    put(path(name), others.at(name));
    const auto opened = restart();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kCorrupt);
    EXPECT_NE(opened.error().message.find("appends/" + name + ": it is of another log"),
              std::string::npos)
        << opened.error().message;
    put(path(name), bytes);
  }
  EXPECT_TRUE(restart());
}

// A segment's requests go with its events; batches stay, for its remains have their seals.
TEST_F(Appends, OfADisposedSegmentForgetItsRequests) {
  const std::vector<std::uint64_t> sealed{4, 4, 4, 4, 4, 4};
  for (const std::uint64_t some : sealed) seal(some);
  ASSERT_TRUE(update());
  for (const std::uint64_t ordinal : {1, 5}) {
    keep_remains(ordinal);
    keys_[ordinal] = KeyIs::kGone;
  }
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

// The table in append_files.h: each row, in a file of one segment and in one of several.
TEST_F(Appends, ForgetRequestsExactlyWhenTheKeyIsGoneAndRemainsStandForIt) {
  for (const std::uint64_t segments : {1, 4})
    for (const bool left_out : {false, true})
      for (const bool remains : {false, true})
        for (const KeyIs key : {KeyIs::kThere, KeyIs::kGone, KeyIs::kUnknown, KeyIs::kUnanswered}) {
          SCOPED_TRACE(std::to_string(segments) + (left_out ? " left out" : "") +
                       (remains ? " remains" : "") + " key " +
                       std::to_string(static_cast<int>(key)));
          fs::remove_all(directory_ + "/remains");
          keys_.clear();
          ASSERT_NO_FATAL_FAILURE(make_again(std::vector<std::uint64_t>(segments, 4)));
          keep_remains(0);
          keys_[0] = left_out ? KeyIs::kGone : KeyIs::kThere;
          ASSERT_TRUE(update());
          if (!remains) fs::remove_all(directory_ + "/remains");
          keys_[0] = key;
          const auto opened = restart();
          const bool refused = left_out && !remains && key == KeyIs::kThere;
          ASSERT_EQ(opened.has_value(), !refused);
          if (refused) {
            EXPECT_EQ(opened.error().code, Code::kCorrupt);
            continue;
          }
          ASSERT_TRUE(update());
          const bool forgotten = left_out || (remains && key == KeyIs::kGone);
          EXPECT_EQ(appends_->find(request(1)).has_value(), !forgotten);
          EXPECT_TRUE(appends_->find(batch(0)));
          EXPECT_TRUE(segments == 1 || appends_->find(request(5)));
        }
}

// A start that finds all as it was asks no token.
TEST_F(Appends, AskForAKeyOnlyWhereRemainsDifferFromWhatAFileSays) {
  seal_some(8);
  for (std::uint64_t ordinal = 0; ordinal < 6; ++ordinal) {
    keep_remains(ordinal);
    keys_[ordinal] = KeyIs::kGone;
  }
  ASSERT_TRUE(update());
  asked_ = 0;
  ASSERT_TRUE(restart());
  ASSERT_TRUE(update());
  EXPECT_EQ(asked_, 0u);
}

// A destruction that was not finished leaves a month of segments whose keys are there.
TEST_F(Appends, AskForAKeyThatIsThereOnceInALife) {
  seal_some(8);
  for (std::uint64_t ordinal = 0; ordinal < 6; ++ordinal) keep_remains(ordinal);
  ASSERT_TRUE(restart());
  asked_ = 0;
  for (int update_number = 0; update_number < 3; ++update_number) ASSERT_TRUE(update());
  EXPECT_EQ(asked_, 6u);
}

// One segment of which nobody can say anything keeps nothing of the others.
TEST_F(Appends, ForgetTheRequestsBehindASegmentWithoutAnAnswerOfItsOwn) {
  for (const bool token_answers : {true, false}) {
    SCOPED_TRACE(token_answers);
    fs::remove_all(directory_ + "/remains");
    keys_.clear();
    ASSERT_NO_FATAL_FAILURE(make_again({4, 4, 4, 4}));
    for (const std::uint64_t ordinal : {0, 1}) keep_remains(ordinal);
    keys_[0] = token_answers ? KeyIs::kUnknown : KeyIs::kUnanswered;
    keys_[1] = KeyIs::kGone;
    ASSERT_TRUE(restart());
    ASSERT_TRUE(update());
    EXPECT_TRUE(appends_->find(request(1)));
    EXPECT_EQ(appends_->find(request(5)).has_value(), !token_answers);
  }
}

/// Counts what is written between two syncs, and stops the update when told to.
class SlowDisk final : public testing::DiskBelow {
 public:
  using DiskBelow::DiskBelow;
  Result<std::unique_ptr<env::File>> create(const std::string& path) override {
    ASSIGN_OR_RETURN(auto file, DiskBelow::create(path));
    return std::unique_ptr<env::File>(std::make_unique<SlowFile>(std::move(file), *this));
  }

  std::uint64_t most = 0;  // bytes that were synced at once
  std::function<void()> on_write = [] {};

 private:
  class SlowFile final : public env::File {
   public:
    SlowFile(std::unique_ptr<env::File> file, SlowDisk& disk)
        : file_(std::move(file)), disk_(disk) {}
    [[nodiscard]] Result<void> read(ByteOffset at, MutableBytes out) const override {
      return file_->read(at, out);
    }
    Result<void> write(ByteOffset at, Bytes bytes) override {
      disk_.on_write();
      written_ += bytes.size();
      disk_.most = std::max(disk_.most, written_);
      return file_->write(at, bytes);
    }
    Result<void> sync() override {
      written_ = 0;
      return file_->sync();
    }
    Result<void> truncate(ByteOffset size) override { return file_->truncate(size); }
    [[nodiscard]] Result<ByteOffset> size() const override { return file_->size(); }
    Result<bool> make_immutable() override { return file_->make_immutable(); }

   private:
    std::unique_ptr<env::File> file_;
    SlowDisk& disk_;
    std::uint64_t written_ = 0;
  };
};

// Gigabytes are not synced at once, and a stop does not wait until they are written.
TEST_F(Appends, AreTakenTogetherPieceByPieceAndNotToTheEndWhenTheLogStops) {
  seal_some(4, 66'500);
  SlowDisk disk(*env::open_posix(directory_));
  const auto ask = [](std::uint64_t) -> Result<KeyIs> { return KeyIs::kThere; };
  const auto before = folder();
  {
    AppendFiles stopped(disk, *hashes_, ask, kReserve);
    ASSERT_TRUE(stopped.load(*catalogue_));
    disk.on_write = [&] { stopped.stop(); };
    const auto updated = stopped.update(*catalogue_);
    ASSERT_FALSE(updated);
    EXPECT_EQ(updated.error().code, Code::kBusy);
    EXPECT_EQ(folder(), before) << "nothing half written stays";
    disk.on_write = [] {};
  }
  AppendFiles appends(disk, *hashes_, ask, kReserve);
  ASSERT_TRUE(appends.load(*catalogue_));
  ASSERT_TRUE(appends.update(*catalogue_));
  EXPECT_EQ(folder().size(), 1u);
  EXPECT_GT(folder().begin()->second.size(), env::kSyncedAtOnce);
  EXPECT_LE(disk.most, env::kSyncedAtOnce + (2u << 20));
}

// A stranger's link under the name of the file that is being made leads nowhere.
TEST_F(Appends, AreNotWrittenThroughALink) {
  const std::string elsewhere = directory_ + "/elsewhere";
  put(elsewhere, "untouched");
  fs::create_symlink(elsewhere, path("0.tmp"));
  seal(3);
  EXPECT_EQ(bytes_in(elsewhere), "untouched");
  EXPECT_FALSE(fs::is_symlink(path("0")));
  expect_all_found();
}

}  // namespace
}  // namespace varve::store
