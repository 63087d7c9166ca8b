// A mirror that keeps, by its own judgement, what its log disposed of. The server that is restored from
// it goes on with the log, disposal and all: the month goes again there, and stays in the mirror.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/log/disposing.h"
#include "tests/log/restoring.h"

namespace varve::testing {
namespace {

namespace fs = std::filesystem;

class RestoringWhatAMirrorKept : public Disposing {
 protected:
  RestoringWhatAMirrorKept() : mirror_(world_.directory + "-mirror") {
    fs::create_directory(mirror_);
    mirror_files_ = std::move(*env::open_posix(mirror_));
    mark_ = store::mark_file(*mirror_files_, "log.mark");
  }
  ~RestoringWhatAMirrorKept() override { fs::remove_all(mirror_); }

  /// January's events as they were, and everything behind them.
  void keep() {
    Buffer bundle;
    const TreeSize size = world_.size();
    ASSERT_LE(size.value, merkle::kTileWidth);
    for (std::uint64_t i = 0; i < size.value; ++i)
      format::append_to_bundle(bundle, i < records_.size() ? records_[i] : record({i}));
    put(mirror_ + "/tile/entries/" + merkle::bundle_path({0, 0, merkle::tile_width(0, 0, size)}),
        bundle);
    put(mirror_ + "/checkpoint", bytes_of(world_.log->latest()->note));
  }

  const std::string mirror_;
  std::unique_ptr<env::Filesystem> mirror_files_;
  std::unique_ptr<env::HighWaterMark> mark_;
};

TEST_F(RestoringWhatAMirrorKept, DisposesOfItAgain) {
  world_.log.reset();
  world_.marks = mark_.get();
  ASSERT_TRUE(world_.open());
  dispose_of_january();
  wait_until_said();
  keep();
  world_.log.reset();

  World fresh;
  fresh.clock = &clock_;
  fresh.first_key = world_.first_key;
  fresh.options = world_.options;
  fresh.signer.add(world_.first_key);
  fresh.marks = mark_.get();
  fresh.other_vault = &second_;
  fresh.holders = {{"pkcs11:token=one", &second_}};
  const upkeep::Disposals none{
      {}, [](KeyPeriod) { return Result<std::vector<std::string>>(std::vector<std::string>()); }};
  const auto restored =
      upkeep::restore_store(fresh.options, fresh.environment(), *mirror_files_, none);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_TRUE(second_.has(kJanuaryKey)) << "what came back is under a key of its month";
  ASSERT_TRUE(fresh.open());
  while (second_.has(kJanuaryKey)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::size_t gone = 0;
  for (std::uint64_t i = 0; i < records_.size(); ++i) {
    auto read = fresh.log->records(LeafIndex{i}, 1);
    for (int k = 0; !read && read.error().code == Code::kBusy && k < 1'000; ++k)
      read = fresh.log->records(LeafIndex{i}, 1);  // its key has gone just now
    if (read && format::is_tombstone(read->front())) ++gone;
  }
  EXPECT_EQ(gone, 6U) << "five events, and the secret of the month";
}

}  // namespace
}  // namespace varve::testing
