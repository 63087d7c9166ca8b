// A log, its mirror and its mark, and the empty store of a server that will go on with it.
#pragma once

#include <filesystem>
#include <fstream>

#include "ledger/store/mark_file.h"
#include "ledger/upkeep/restore.h"
#include "tests/log/world.h"

namespace varve::testing {

inline void put(const std::string& path, Bytes bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text_of(bytes);
}

/// What varve-audit mirror keeps of the log as it is now: checkpoint and bundles.
inline void mirror_to(const std::string& directory, const Log& log) {
  std::filesystem::remove_all(directory);
  const auto newest = log.latest();
  const TreeSize size = newest->checkpoint.size;
  for (std::uint64_t tile = 0; tile * merkle::kTileWidth < size.value; ++tile) {
    const merkle::TileId id{0, tile, merkle::tile_width(0, tile, size)};
    Buffer bundle;
    for (std::uint64_t i = 0; i < id.width; ++i) {
      const auto records = log.records({tile * merkle::kTileWidth + i}, 1);
      format::append_to_bundle(bundle, records->front());
    }
    put(directory + "/tile/entries/" + merkle::bundle_path(id), bundle);
  }
  put(directory + "/checkpoint", bytes_of(newest->note));
}

/// A log with its mark and its mirror, and the empty store of a server that will go on with it.
class Restoring : public ::testing::Test {
 protected:
  Restoring() : mirror_(lost_.directory + "-mirror"), marks_(lost_.directory + "-marks") {
    std::filesystem::create_directory(marks_);
    mark_files_ = std::move(*env::open_posix(marks_));
    mark_ = store::mark_file(*mark_files_, "log.mark");
    lost_.marks = mark_.get();
    lost_.options.segment_bytes_max = 4'096;
  }
  ~Restoring() override {
    std::filesystem::remove_all(mirror_);
    std::filesystem::remove_all(marks_);
  }
  void SetUp() override {
    ASSERT_TRUE(lost_.open());
    source_.emplace(lost_.registered("ward-3"));
    for (int k = 0; k < 30; ++k) {
      last_batch_ = source_->seal(events(9));
      ASSERT_TRUE(lost_.append(last_batch_));
      ASSERT_TRUE(lost_.append_events(events(5)));
    }
    mirror_to(mirror_, *lost_.log);
    note_ = lost_.log->latest()->note;
  }
  /// The server is gone; its mark and its token are not.
  void lose() {
    lost_.log.reset();
    fresh_.first_key = lost_.first_key;
    fresh_.options = lost_.options;
    fresh_.signer.add(lost_.first_key);
    fresh_.marks = mark_.get();
  }
  Result<upkeep::RestoreReport> restore() { return restore_to(fresh_); }
  Result<upkeep::RestoreReport> restore_to(World& world) {
    const auto from = env::open_posix(mirror_);
    return upkeep::restore_store(world.options, world.environment(), **from, disposals_);
  }
  void expect_refused(Code code, const std::string& why) {
    const auto report = restore();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, code) << report.error().message;
    EXPECT_NE(report.error().message.find(why), std::string::npos) << report.error().message;
    EXPECT_TRUE(fresh_.files->list("segments")->empty());
  }

  World lost_;
  World fresh_;
  const std::string mirror_;
  const std::string marks_;
  std::unique_ptr<env::Filesystem> mark_files_;
  std::unique_ptr<env::HighWaterMark> mark_;
  std::map<KeyPeriod, std::vector<std::string>> keys_;  // that the token has, by month
  upkeep::Disposals disposals_{
      {}, [this](KeyPeriod month) { return Result<std::vector<std::string>>(keys_[month]); }};
  std::optional<Source> source_;
  Buffer last_batch_;
  std::string note_;
};

}  // namespace varve::testing
