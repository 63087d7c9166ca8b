// What arrives while the token signs is already written: its frames are before the checkpoint of the
// records before them, and recovery, audit and scrub know which checkpoint is of which records.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "ledger/base/text.h"
#include "ledger/recovery/found_checkpoints.h"
#include "ledger/recovery/uncovered_trees.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using testing::events;
using testing::SoftKey;
using testing::Source;
using testing::World;

constexpr const char* kSegment = "segments/00000000.seg";

/// Too much to wait for the signature: megabytes that do not become smaller.
std::vector<std::string> much() {
  std::vector<std::string> out;
  for (int i = 0; i < 60; ++i) {
    Buffer random(40'000);
    env::system_random().fill(random);
    out.push_back(base64(random));
  }
  return out;
}

class WriteAhead : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.options.sync_ahead_bytes = 1;
    ASSERT_TRUE(world_.open());
    created_ = world_.size().value;
    source_.emplace(world_.registered("ward-3"));
    begin_ = world_.size().value;
  }

  void send(Buffer batch) {
    auto promise = std::make_shared<std::promise<Result<Appended>>>();
    sent_.push_back(promise->get_future());
    world_.log->append(*format::decode_batch(std::move(batch)),
                       [promise](Result<Appended> done) { promise->set_value(std::move(done)); });
  }
  std::future<Result<Appended>> append_event(format::KeyAction action, const SoftKey& key,
                                             const std::vector<SoftKey>& signers) {
    format::Note note{format::key_event_text({action, world_.options.origin, key.key, TreeSize{2}}),
                      {}};
    for (const SoftKey& signer : signers)
      note.signatures.push_back(signer.note_signature(note.text));
    auto promise = std::make_shared<std::promise<Result<Appended>>>();
    world_.log->append_control(
        format::Kind::kKeyEvent, format::format_note(note),
        [promise](Result<Appended> done) { promise->set_value(std::move(done)); });
    return promise->get_future();
  }
  static void wait_for(const std::function<bool()>& so) {
    while (!so()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  /// Sends one batch, and another that is written while the token signs the first.
  void write_ahead() {
    const int asked = world_.signer.asked;
    const std::uint64_t before = world_.log->status().records;
    send(source_->seal(events(3)));
    wait_for([&] { return world_.signer.asked > asked; });
    const auto more = much();
    send(source_->seal(more));
    wait_for([&] { return world_.log->status().records == before + 4 + more.size() + 1; });
  }
  [[nodiscard]] bool anyone_told() const {
    return std::ranges::any_of(sent_, [](const auto& one) {
      return one.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
  }
  void expect_told_under(std::vector<std::uint64_t> sizes) {
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      const auto done = sent_[k].get();
      ASSERT_TRUE(done) << done.error().message;
      EXPECT_EQ(done->under->checkpoint.size.value, sizes[k]);
      EXPECT_TRUE(world_.log->receipt(*done));
    }
  }
  /// Also from the files alone, and whoever asks for an old checkpoint gets the one that was reported.
  void expect_sound() {
    ASSERT_TRUE(world_.reopen());
    world_.log.reset();
    const auto report = testing::audit_store(world_.options, world_.environment());
    ASSERT_TRUE(report);
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
  }
  /// As the disk is now.
  void copy_to(World& other) const {
    std::filesystem::copy(world_.directory, other.directory,
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
    other.signer.add(world_.first_key);
    other.options.first_key = world_.options.first_key;
  }
  [[nodiscard]] std::vector<std::uint64_t> checkpoints() const {
    std::vector<std::uint64_t> sizes;
    const auto file = *world_.files->open_read(kSegment);
    const auto found = recovery::found_checkpoints(*file, ByteOffset{0});
    for (const format::Checkpoint& checkpoint : *found) sizes.push_back(checkpoint.size.value);
    return sizes;
  }

  World world_;
  std::uint64_t created_ = 0;  // records in the new log
  std::uint64_t begin_ = 0;    // of what the tests append
  std::optional<Source> source_;
  std::vector<std::future<Result<Appended>>> sent_;
};

TEST_F(WriteAhead, EachIsToldUnderItsOwnCheckpointAndNoneBeforeItIsSigned) {
  {
    const std::lock_guard token(world_.signer.pause);
    write_ahead();
    EXPECT_FALSE(anyone_told());
    EXPECT_EQ(world_.size().value, begin_);
  }
  expect_told_under({begin_ + 4, begin_ + 65});
  EXPECT_EQ(checkpoints(), (std::vector<std::uint64_t>{created_, begin_, begin_ + 4, begin_ + 65}));
  expect_sound();
}

// It looks like the tear of a crash, for all records before it are whole, and a checkpoint of them is
// behind it; but two of them cannot both be missing in a tail that was never synced.
TEST_F(WriteAhead, ACheckpointThatRottedBehindWhatWasWrittenAheadIsDamage) {
  {
    const std::lock_guard token(world_.signer.pause);
    write_ahead();
  }
  expect_told_under({begin_ + 4, begin_ + 65});
  World after(world_.options.origin);
  copy_to(after);
  std::fstream file(after.directory + "/" + kSegment,
                    std::ios::binary | std::ios::in | std::ios::out);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::size_t at =
      bytes.find(world_.options.origin + "\n" + std::to_string(begin_ + 4) + "\n");
  ASSERT_NE(at, std::string::npos);
  file.clear();
  file.seekp(static_cast<std::streamoff>(at));
  file.put('A');
  file.close();
  const auto report = upkeep::audit_files(after.options, after.environment(), [](auto, auto) {});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->findings.empty());
  const auto opened = after.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupt);
  EXPECT_NE(opened.error().message.find("acknowledged"), std::string::npos)
      << opened.error().message;
}

// What is in the file when the process dies is durable or torn off, whoever signed what.
TEST_F(WriteAhead, ACrashWhileTheTokenSignsLosesNothingThatIsWhole) {
  World after;
  {
    const std::lock_guard token(world_.signer.pause);
    write_ahead();
    copy_to(after);
  }
  ASSERT_TRUE(after.open());
  EXPECT_EQ(after.size().value, begin_ + 65);
}

TEST_F(WriteAhead, ATokenThatDoesNotSignLeavesBothToTheNextSignature) {
  {
    const std::lock_guard token(world_.signer.pause);
    write_ahead();
    world_.signer.down = true;
  }
  for (auto& one : sent_) EXPECT_EQ(one.get().error().code, Code::kBusy);
  world_.signer.down = false;
  while (!world_.append_events(events(1))) {
  }
  EXPECT_EQ(world_.size().value, begin_ + 68);  // the event with its sender and its seal
  expect_sound();
}

// Its checkpoint is verified by the keys before it: those that were asked to sign it. Two events could
// replace them all.
TEST_F(WriteAhead, KeyEventsComeAfterTheSignatureThatIsBeingMade) {
  const SoftKey second(world_.options.origin);
  world_.signer.add(second);
  std::vector<std::future<Result<Appended>>> told;
  {
    const std::lock_guard token(world_.signer.pause);
    write_ahead();
    told.push_back(append_event(format::KeyAction::kRotate, second, {world_.first_key, second}));
    told.push_back(append_event(format::KeyAction::kRetire, world_.first_key, {second}));
    send(source_->seal(much()));  // enough to be written: the writer comes to the events
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // and would write them now
  }
  for (auto& one : told) ASSERT_TRUE(one.get());
  for (auto& one : sent_) ASSERT_TRUE(one.get());
  const auto newest = format::parse_note(world_.log->latest()->note);
  ASSERT_EQ(newest->signatures.size(), 1u);
  EXPECT_EQ(newest->signatures[0].id, second.key.id);
  expect_sound();
}

TEST(UncoveredTrees, AreCoveredByTheirOwnCheckpointInOrder) {
  merkle::Frontier tree;
  recovery::UncoveredTrees uncovered(tree);
  std::vector<format::Checkpoint> checkpoints{{"log", tree.size(), tree.root()}};
  for (const char* leaf : {"a", "b", "c"}) {
    tree.append(merkle::leaf_hash(bytes_of(leaf)));
    uncovered.add(tree);
    checkpoints.push_back({"log", tree.size(), tree.root()});
  }
  format::Checkpoint other = checkpoints[2];
  other.root = checkpoints[3].root;
  EXPECT_FALSE(uncovered.cover(other)) << "of another root";
  EXPECT_FALSE(uncovered.cover({"log", TreeSize{4}, tree.root()})) << "of a size that is not there";
  EXPECT_TRUE(uncovered.cover(checkpoints[1]));
  EXPECT_FALSE(uncovered.cover(checkpoints[0])) << "older than the one before it";
  EXPECT_FALSE(uncovered.cover(checkpoints[1])) << "twice";
  EXPECT_TRUE(uncovered.cover(checkpoints[3])) << "one may be left out";
}

}  // namespace
}  // namespace varve
