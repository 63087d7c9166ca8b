// The scrub: what rots in a sealed segment, or in the hashes kept of it, is found while the log
// goes on, is reported to the operator and the ledger, and is forgotten once it is repaired.
#include "ledger/upkeep/scrub.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "ledger/base/later_format.h"
#include "ledger/format/audit_run.h"
#include "ledger/recovery/recovery.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/scrub_state.h"
#include "ledger/store/segment_reader.h"
#include "ledger/store/segment_writer.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::events;
using testing::Source;
using testing::World;

/// Some sealed segments, of a log that is closed.
class Scrub : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.options.segment_bytes_max = 2'048;
    world_.options.scrub_period_s = 0;
    ASSERT_TRUE(world_.open());
    Source source = world_.registered("ward-3");
    for (int k = 0; k < 24; ++k) ASSERT_TRUE(world_.append(source.seal(events(9))));
    close();
    world_.options.scrub_period_s = 1;
  }
  void close() {
    world_.log.reset();
    ASSERT_EQ(std::system(("chattr -R -f -i " + world_.directory + "; true").c_str()), 0);
    fs::permissions(world_.directory + "/segments/00000001.seg", fs::perms::owner_all);
  }
  /// Flips one bit; twice is as it was.
  void flip(const std::string& path, std::uint64_t at) const {
    std::fstream file(world_.directory + "/" + path,
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int was = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(was ^ 1));
    ASSERT_TRUE(file.good()) << path;
  }
  void wait_for(const std::function<bool(const ScrubStatus&)>& there) {
    for (int tries = 0; tries < 24'000 && !there(world_.log->status().scrub); ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_TRUE(there(world_.log->status().scrub));
  }
  /// What the audit runs in the log say, the oldest first.
  std::vector<format::AuditRun> runs() {
    std::vector<format::AuditRun> all;
    for (std::uint64_t i = 0; i < world_.log->latest()->checkpoint.size.value; ++i) {
      const auto bytes = world_.log->records({i}, 1);
      if (!bytes) continue;  // of the segment that a test damaged
      const auto record = format::decode_record(bytes->front());
      if (record->kind == format::Kind::kAuditRun)
        all.push_back(*format::parse_audit_run(text_of(record->payload)));
    }
    return all;
  }

  static constexpr const char* kSegment = "segments/00000001.seg";
  World world_;
};

TEST_F(Scrub, FindsEveryFlippedByteOfASealedSegment) {
  const auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered) << recovered.error().message;
  const auto scrub = [&] {
    return upkeep::scrub_segment(1, *recovered->storage, world_.vault,
                                 recovered->start.state.keys(), [](std::uint64_t) { return true; });
  };
  const auto intact = scrub();
  ASSERT_TRUE(intact);
  ASSERT_TRUE(intact->findings.empty()) << intact->findings[0].what;
  EXPECT_EQ(intact->bytes, fs::file_size(world_.directory + "/" + kSegment));
  for (std::uint64_t at = 0; at < intact->bytes; ++at) {
    SCOPED_TRACE(at);
    flip(kSegment, at);
    const auto found = scrub();
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_FALSE(found->findings.empty());
    EXPECT_EQ(found->findings[0].where, kSegment);
    flip(kSegment, at);
  }
}

TEST_F(Scrub, SaysNothingOfASegmentOfALaterFormat) {
  const auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered) << recovered.error().message;
  constexpr std::size_t kVersionAt = 9;
  std::fstream file(world_.directory + "/" + kSegment,
                    std::ios::in | std::ios::out | std::ios::binary);
  Buffer header(store::read_segment_header(**world_.files->open_read(kSegment))->size - kHashSize);
  file.read(reinterpret_cast<char*>(header.data()), static_cast<std::streamsize>(header.size()));
  header[kVersionAt] = std::byte{3};
  append(header, merkle::sha256(header).view());
  file.seekp(0);
  file << text_of(header) << std::flush;
  const auto scrubbed =
      upkeep::scrub_segment(1, *recovered->storage, world_.vault, recovered->start.state.keys(),
                            [](std::uint64_t) { return true; });
  ASSERT_FALSE(scrubbed) << scrubbed->findings.size();
  EXPECT_TRUE(is_later_format(scrubbed.error())) << scrubbed.error().message;
  EXPECT_TRUE(scrubbed.error().message.starts_with(kSegment)) << scrubbed.error().message;
}

/// Records frames as they are, decrypted.
class Frames final : public store::ScanSink {
 public:
  struct Frame {
    std::uint64_t first;
    std::uint32_t count;
    Buffer body;
  };
  Result<void> records(const store::FrameRef& ref, const store::FrameHeader& header,
                       Buffer body) override {
    frames.push_back({ref.first, header.count, std::move(body)});
    return {};
  }
  Result<void> checkpoint(const store::FrameRef&, const std::string&) override { return {}; }
  std::vector<Frame> frames;
};

/// Puts the hashes of new leaves where the hash files have those of the old ones.
class OverHashFiles final : public merkle::NodeSink {
 public:
  explicit OverHashFiles(std::string directory) : directory_(std::move(directory)) {}
  void completed(merkle::NodeId id, const Hash& hash) override {
    if (id.height % 4 != 0) return;
    const std::string path =
        directory_ + (id.height < 10 ? "/tree/0" : "/tree/") + std::to_string(id.height);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(id.index * kHashSize));
    file << text_of(hash.view());
  }

 private:
  std::string directory_;
};

// Whoever has the data key writes the segment again, with another record in it, no checkpoint, and
// the hash files to match: nothing in it is damaged, and it is not what was signed.
TEST_F(Scrub, FindsASegmentThatWasWrittenAnewWithItsHashes) {
  const auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered);
  const store::SegmentRow row = *recovered->storage->catalogue->segment(1);
  auto tree = merkle::Frontier::load(TreeSize{row.first.value}, *recovered->storage->hashes);
  const auto file = *world_.files->open_read(kSegment);
  const store::SegmentHeader header = *store::read_segment_header(*file);
  auto key = store::unwrap_data_key(*world_.files, world_.vault, header);
  Frames old;
  ASSERT_TRUE(store::scan_segment(*file, header, store::KeyOpener(*key), old));
  fs::remove(world_.directory + "/" + kSegment);
  const auto writer = *store::SegmentWriter::create(*world_.files, header, std::move(*key));
  OverHashFiles hashes(world_.directory);
  std::vector<store::FrameRef> places;
  for (Frames::Frame& frame : old.frames) {
    const auto parts = store::decode_frame_body(frame.body, frame.count);
    if (&frame ==
        &old.frames.back()) {  // the newest: hashes over it are of the segment behind, too
      const auto last = parts->records.back().data() - frame.body.data();
      frame.body[static_cast<std::size_t>(last) + 30] ^= std::byte{1};  // in its salt
    }
    tree->append_all(merkle::leaf_hashes(parts->records), &hashes);
    const store::Piece piece{frame.body, {}};
    places.push_back(*writer->write_records(LeafIndex{frame.first}, frame.count, {&piece, 1}));
  }
  ASSERT_TRUE(writer->seal({row.end, writer->end(), writer->chain(), tree->root(), places, {}}));
  const auto found =
      upkeep::scrub_segment(1, *recovered->storage, world_.vault, recovered->start.state.keys(),
                            [](auto) { return true; });
  ASSERT_TRUE(found && !found->findings.empty());
  EXPECT_EQ(found->findings[0].where, kSegment);
  EXPECT_NE(found->findings[0].what.find("root"), std::string::npos) << found->findings[0].what;
}

TEST_F(Scrub, SaysOfASegmentInAnothersPlaceThatItDoesNotBelongThere) {
  const auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered);
  fs::copy_file(world_.directory + "/segments/00000002.seg", world_.directory + "/" + kSegment,
                fs::copy_options::overwrite_existing);
  const auto found =
      upkeep::scrub_segment(1, *recovered->storage, world_.vault, recovered->start.state.keys(),
                            [](auto) { return true; });
  ASSERT_TRUE(found && !found->findings.empty());
  EXPECT_EQ(found->findings[0].what, upkeep::kDoesNotContinue);
}

// A footer that is whole and leaves a frame out: its records would not be found by their numbers.
TEST_F(Scrub, FindsAFooterThatDoesNotDescribeItsFrames) {
  const auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered);
  auto place = *store::read_footer(**world_.files->open_read(kSegment));
  ASSERT_GT(place.footer.frames.size(), 1U);
  place.footer.frames.pop_back();
  fs::resize_file(world_.directory + "/" + kSegment, place.at.value);
  ASSERT_TRUE(
      store::seal_segment(**world_.files->open_or_create(kSegment), place.at, place.footer));
  const auto found =
      upkeep::scrub_segment(1, *recovered->storage, world_.vault, recovered->start.state.keys(),
                            [](auto) { return true; });
  ASSERT_TRUE(found && !found->findings.empty());
  EXPECT_EQ(found->findings[0].what, "its footer does not describe its frames");
}

TEST_F(Scrub, FindsEveryFlippedByteOfTheHashesThatAreKeptOfASegment) {
  const auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered);
  const store::SegmentRow row = *recovered->storage->catalogue->segment(1);
  for (const auto& [path, height] : {std::pair<std::string, int>{"tree/00", 0}, {"tree/04", 4}}) {
    const std::uint64_t end = (row.end.value >> height) * kHashSize;
    for (std::uint64_t at = (row.first.value >> height) * kHashSize; at < end; ++at) {
      SCOPED_TRACE(path + " " + std::to_string(at));
      flip(path, at);
      const auto found =
          upkeep::scrub_segment(1, *recovered->storage, world_.vault, recovered->start.state.keys(),
                                [](std::uint64_t) { return true; });
      ASSERT_TRUE(found && !found->findings.empty());
      EXPECT_TRUE(found->findings[0].where.starts_with("tree")) << found->findings[0].where;
      flip(path, at);
    }
  }
}

// The whole of it: a byte rots while the log serves. The operator is informed once, appends go on, the
// ledger says so; and after the repair it is forgotten.
TEST_F(Scrub, TellsOfDamageWhileTheLogGoesOnAndForgetsItAfterTheRepair) {
  std::atomic<int> told = 0;
  world_.notice = [&](std::string_view event, const std::string& sentence) {
    if (event != "damage_found") return;
    ++told;
    EXPECT_TRUE(sentence.starts_with(std::string(kSegment) + ": ")) << sentence;
  };
  ASSERT_TRUE(world_.open());
  wait_for([](const ScrubStatus& s) { return s.finished_us > 0; });
  EXPECT_TRUE(runs().back().damaged.empty());
  EXPECT_GE(runs().back().segments, 4U);
  EXPECT_GT(runs().back().bytes, 8'000U);
  flip(kSegment, 900);
  wait_for([](const ScrubStatus& s) { return !s.damaged.empty(); });
  EXPECT_EQ(world_.log->status().scrub.damaged, std::vector<std::string>{kSegment});
  EXPECT_TRUE(world_.append_events(events(1)));
  EXPECT_EQ(world_.log->status().state, LogState::kServing);
  const std::uint64_t then = world_.log->status().scrub.finished_us;
  wait_for([&](const ScrubStatus& s) { return s.finished_us > then + 1'000'000; });  // a whole pass
  EXPECT_EQ(runs().back().damaged, std::vector<std::string>{kSegment});
  EXPECT_EQ(told, 1);
  close();
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(world_.log->status().scrub.damaged, std::vector<std::string>{kSegment});
  close();
  flip(kSegment, 900);
  world_.options.scrub_period_s = 300;  // its turn comes minutes later: it is read first
  ASSERT_TRUE(world_.open());
  wait_for([](const ScrubStatus& s) { return s.damaged.empty(); });
  const auto audit = [&] {
    world_.log.reset();
    return testing::audit_store(world_.options, world_.environment());
  }();
  ASSERT_TRUE(audit) << audit.error().message;
  EXPECT_TRUE(audit->findings.empty()) << audit->findings[0].what;
}

/// A token that does not answer until it is let go.
class HangingVault final : public env::KeyVault {
 public:
  explicit HangingVault(env::KeyVault& inner) : inner_(inner) {}
  Result<Buffer> wrap(std::string_view label, Bytes key) override {
    return inner_.wrap(label, key);
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hangs_; });
    return inner_.unwrap(label, wrapped);
  }
  void wait_until_asked() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    hangs_ = false;
    changed_.notify_all();
  }

 private:
  env::KeyVault& inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hangs_ = true;
  int waiting_ = 0;
};

// A start without the token seals what it finds; its signature comes later, and its turn after that.
TEST(ScrubUnsigned, WaitsForTheSignatureOfASealedSegment) {
  World world;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(events(2)));
  world.signer.down = true;
  ASSERT_FALSE(world.append_events(events(2)));
  world.log.reset();
  {
    const auto recovered = recovery::recover(world.options, world.environment());
    ASSERT_TRUE(recovered) << recovered.error().message;
    const auto found =
        upkeep::scrub_segment(0, *recovered->storage, world.vault, recovered->start.state.keys(),
                              [](auto) { return true; });
    ASSERT_FALSE(found) << found->findings.front().what;
    EXPECT_EQ(found.error().code, Code::kBusy);
  }
  world.signer.down = false;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(events(2)));
  world.log.reset();
  const auto recovered = recovery::recover(world.options, world.environment());
  const auto found =
      upkeep::scrub_segment(0, *recovered->storage, world.vault, recovered->start.state.keys(),
                            [](auto) { return true; });
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->findings.empty());
}

TEST_F(Scrub, NeverBlocksAppends) {
  HangingVault vault(world_.vault);
  const Environment there{env::posix_clock(), env::system_random(), *world_.files, world_.signer,
                          vault};
  auto opened = Log::open(world_.options, there);
  ASSERT_TRUE(opened) << opened.error().message;
  world_.log = std::move(*opened);
  vault.wait_until_asked();  // the scrub is within a segment now, and stays there
  for (int k = 0; k < 30; ++k) ASSERT_TRUE(world_.append_events(events(40)));  // seals segments too
  EXPECT_EQ(world_.log->status().scrub.finished_us, 0U);
  vault.let_go();
  wait_for([](const ScrubStatus& s) { return s.finished_us > 0; });
  world_.log.reset();  // before its vault
}

TEST_F(Scrub, GoesOnWhereItWasAfterARestart) {
  store::ScrubState state;
  state.began_us = env::posix_clock().now_us();
  state.segments = 3;
  state.next = 2;  // the damage in 1 is behind it
  state.finished_us = 7;
  ASSERT_TRUE(store::save_scrub_state(*world_.files, state));
  flip(kSegment, 900);
  world_.options.scrub_period_s = 86'400;  // its turn comes hours later
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(world_.log->status().scrub.finished_us, 7U);
  world_.log.reset();
  world_.options.scrub_period_s = 1;
  ASSERT_TRUE(world_.open());
  wait_for([](const ScrubStatus& s) { return s.finished_us > 7; });
  EXPECT_TRUE(runs().front().damaged.empty());
  EXPECT_EQ(runs().front().segments, 3U);
  wait_for([](const ScrubStatus& s) { return !s.damaged.empty(); });  // the next pass has it
}

TEST_F(Scrub, NeedsNoStateAndTakesNoneThatIsDamaged) {
  store::ScrubState state{5, 3, 2, 100, 4'096, 40, 9, {{1, {"segments/00000001.seg", "tree/00"}}}};
  const std::string text = store::scrub_state_text(state);
  EXPECT_EQ(*store::parse_scrub_state(text), state);
  for (std::size_t cut = 0; cut + 1 < text.size(); ++cut) {
    const auto parsed = store::parse_scrub_state(std::string_view(text).substr(0, cut));
    EXPECT_TRUE(!parsed || *parsed != state) << cut;
  }
  std::ofstream(world_.directory + "/scrub") << "varve scrub v1\nbegan x\n";
  const auto said = std::make_shared<std::atomic<bool>>(false);
  world_.notice = [said](std::string_view event, const std::string&) {
    if (event == "scrub_begins_again") *said = true;
  };
  ASSERT_TRUE(world_.open());
  EXPECT_TRUE(*said);
  std::ifstream kept(world_.directory + "/scrub.kept");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "varve scrub v1\nbegan x\n");
  wait_for([](const ScrubStatus& s) { return s.finished_us > 0; });
}

}  // namespace
}  // namespace varve
