// Old receipts under a checkpoint that witnesses cosigned: what is lifted, what waits, and who is believed.
#include "tools/collect/upgrade.h"

#include <gtest/gtest.h>

#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "ledger/format/control.h"
#include "ledger/format/receipt.h"
#include "tests/env/temporary_directory.h"
#include "tests/format/test_cosigner.h"
#include "tests/merkle/memory_tree.h"
#include "tools/collect/layout.h"
#include "tools/collect/receipts.h"

namespace varve::collect {
namespace {

const char* const kLiftedOrigin = "log.example/lifted";

/// Serves the tiles of a tree of any size, until it lies.
class TreeTiles final : public verify::LogSource {
 public:
  explicit TreeTiles(const merkle::MemoryTree& tree) : tree_(tree) {}
  bool lies = false;

 private:
  [[nodiscard]] Result<Buffer> get(const std::string& path) const override {
    ASSIGN_OR_RETURN(const merkle::TileId id, merkle::parse_tile_path(path.substr(5)));
    Buffer bytes;
    for (std::uint64_t i = 0; i < id.width; ++i) {
      ASSIGN_OR_RETURN(const Hash hash, tree_.node({id.level * merkle::kTileHeight,
                                                    id.index * merkle::kTileWidth + i}));
      append(bytes, hash.view());
    }
    if (lies) bytes[7] ^= std::byte{1};
    return bytes;
  }

  const merkle::MemoryTree& tree_;
};

class Lifted : public ::testing::Test {
 protected:
  Lifted() {
    const std::string created =
        format::key_event_text({format::KeyAction::kCreate, kLiftedOrigin, key.verifier()});
    keys.emplace(key.verifier());
    CHECK(keys->apply(LeafIndex{0}, format::signed_note(created, {&key})));
    files = *env::open_posix(directory.path());
    CHECK(files->make_directory(kReceiptsDirectory));
    policy = *format::WitnessPolicy::parse("witness w " + witness.vkey() + "\nquorum w\n");
  }

  [[nodiscard]] std::string note_of(const merkle::MemoryTree& of, std::uint64_t size) const {
    const Hash root = *merkle::tree_root(TreeSize{size}, of);
    return format::signed_note(format::checkpoint_text({kLiftedOrigin, TreeSize{size}, root}),
                               {&key});
  }
  [[nodiscard]] std::string cosigned(const std::string& note) const {
    format::Note parsed = *format::parse_note(note);
    parsed.signatures.push_back(witness.cosign(parsed.text, 7));
    return format::format_note(parsed);
  }
  /// The receipt of a batch, in the tree of that size.
  void store(std::uint64_t batch, std::uint64_t first, std::uint64_t count, std::uint64_t size) {
    store_of(tree, batch, first, count, size);
  }
  void store_of(const merkle::MemoryTree& of, std::uint64_t batch, std::uint64_t first,
                std::uint64_t count, std::uint64_t size) {
    format::Receipt receipt;
    receipt.first_index = LeafIndex{first};
    receipt.count = count;
    receipt.tree_size = TreeSize{size};
    receipt.root = *merkle::tree_root(receipt.tree_size, of);
    receipt.checkpoint = note_of(of, size);
    receipt.range_proof = *merkle::prove_range(receipt.first_index, count, receipt.tree_size, of);
    CHECK(store_receipt(*files, batch, format::format_receipt(receipt),
                        of.first(first + count).subspan(first), ""));
  }
  Result<Upgraded> upgrade(std::uint64_t size) {
    auto under = open_witnessed(cosigned(note_of(tree, size)), *keys, policy);
    if (!under) return under.error();
    return upgrade_receipts(*files, tiles, *keys, policy, *under, *list_receipts(*files));
  }
  void expect_lifted(std::uint64_t batch, std::uint64_t size) const {
    const auto bytes = env::read_whole(*files, witnessed_path(batch), 1u << 20);
    ASSERT_TRUE(bytes) << batch;
    const auto lifted = format::parse_receipt(text_of(*bytes));
    ASSERT_TRUE(lifted);
    const auto stored = load_receipt(*files, batch);
    ASSERT_TRUE(stored) << "the old one stays";
    EXPECT_TRUE(format::verify_receipt(*lifted, kLiftedOrigin, std::vector{key.verifier()},
                                       stored->leaves));
    EXPECT_EQ(lifted->tree_size, TreeSize{size});
    EXPECT_TRUE(open_witnessed(lifted->checkpoint, *keys, policy));
  }
  /// In records 450 and 451: `next` joins, and the first key counts for no tree above 40 records.
  void revoke_for(const format::TestKey& next) {
    const std::string joins =
        format::key_event_text({format::KeyAction::kRotate, kLiftedOrigin, next.verifier()});
    CHECK(keys->apply(LeafIndex{450}, format::signed_note(joins, {&key, &next})));
    format::KeyEvent leaves{format::KeyAction::kRevoke, kLiftedOrigin, key.verifier()};
    leaves.last_size = TreeSize{40};
    const std::string left = format::key_event_text(leaves);
    CHECK(keys->apply(LeafIndex{451}, format::signed_note(left, {&next})));
  }
  [[nodiscard]] bool is_there(const std::string& path) const { return *env::exists(*files, path); }

  format::TestKey key = format::TestKey::ed25519(kLiftedOrigin, 51);
  format::TestCosigner witness{"w.example", 52};
  merkle::MemoryTree tree{700};
  TreeTiles tiles{tree};
  std::optional<rules::KeyTimeline> keys;
  format::WitnessPolicy policy;
  env::TemporaryDirectory directory;
  std::unique_ptr<env::Filesystem> files;
};

TEST_F(Lifted, AreAllReceiptsThatTheWitnessedTreeHasAndEachOnce) {
  const std::uint64_t sizes[] = {3, 4, 255, 256, 257, 300, 600, 601};
  std::uint64_t batch = 0;
  for (const std::uint64_t size : sizes) store(batch++, size - 3, 3, size);
  store(batch, 697, 3, 700);
  const auto done = upgrade(601);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->lifted, std::size(sizes));
  EXPECT_EQ(done->newer, std::vector{batch});
  for (std::uint64_t each = 0; each < batch; ++each) expect_lifted(each, 601);
  const auto again = upgrade(650);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->lifted, 0U);
  EXPECT_EQ(again->before, std::size(sizes));
  EXPECT_EQ(upgrade(700)->lifted, 1U);
  EXPECT_EQ(list_receipts(*files)->size(), batch + 1) << "no lifted one counts as a receipt";
}

TEST_F(Lifted, IsWrittenAgainWhereWhatIsThereDoesNotHold) {
  store(0, 5, 2, 7);
  ASSERT_EQ(upgrade(300)->lifted, 1U);
  Buffer bytes = *env::read_whole(*files, witnessed_path(0), 1u << 20);
  bytes[bytes.size() / 2] ^= std::byte{1};
  ASSERT_TRUE(env::write_durably(*files, witnessed_path(0), bytes));
  EXPECT_EQ(upgrade(400)->lifted, 1U);
  expect_lifted(0, 400);
}

TEST_F(Lifted, IsNoReceiptOfAnotherHistoryAndTheWitnessedNoteIsKept) {
  merkle::MemoryTree fork{0};
  for (Hash leaf : tree.first(400)) {
    if (fork.leaves.size() == 100) leaf.bytes[0] ^= std::byte{1};
    fork.leaves.push_back(leaf);
    fork.frontier.append(leaf, &fork);
  }
  store(0, 5, 2, 50);
  store_of(fork, 1, 300, 2, 302);
  const auto done = upgrade(500);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->lifted, 1U);
  ASSERT_EQ(done->refused.size(), 1U);
  EXPECT_EQ(done->refused[0].batch, 1U);
  EXPECT_NE(done->refused[0].why.message.find("of another history"), std::string::npos);
  const auto kept = env::read_whole(*files, refused_witnessed_path(1), 1u << 20);
  ASSERT_TRUE(kept);
  EXPECT_EQ(text_of(*kept), cosigned(note_of(tree, 500)));
  EXPECT_FALSE(is_there(witnessed_path(1)));
  EXPECT_TRUE(is_there(receipt_path(1)));
}

TEST_F(Lifted, IsComparedWithWhatWitnessesCosignedSince) {
  store(0, 5, 2, 50);
  ASSERT_EQ(upgrade(300)->lifted, 1U);
  merkle::MemoryTree fork{0};
  for (Hash leaf : tree.first(500)) {
    if (fork.leaves.size() == 200) leaf.bytes[0] ^= std::byte{1};
    fork.leaves.push_back(leaf);
    fork.frontier.append(leaf, &fork);
  }
  const TreeTiles others(fork);
  const auto under = open_witnessed(cosigned(note_of(fork, 400)), *keys, policy);
  ASSERT_TRUE(under);
  const auto done = upgrade_receipts(*files, others, *keys, policy, *under, *list_receipts(*files));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->before, 1U);
  ASSERT_EQ(done->refused.size(), 1U);
  EXPECT_NE(done->refused[0].why.message.find("lifted under another"), std::string::npos);
  EXPECT_TRUE(is_there(refused_witnessed_path(0)));
}

// A key is revoked because it was stolen: what it signed is worth what others say of it.
TEST_F(Lifted, IsAReceiptByAKeyThatWasRevokedSinceButNoReceiptThatIsDamaged) {
  store(0, 5, 2, 50);
  store(1, 50, 2, 60);
  ASSERT_TRUE(env::write_durably(*files, leaves_path(1), Buffer(2 * kHashSize)));
  store(2, 70, 2, 80);
  const auto next = format::TestKey::ed25519(kLiftedOrigin, 54);
  revoke_for(next);
  key = next;
  const auto done = upgrade(500);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->lifted, 2U);
  ASSERT_EQ(done->refused.size(), 1U);
  EXPECT_EQ(done->refused[0].batch, 1U);
  EXPECT_EQ(upgrade(600)->before, 2U);
}

// Keys come and go in an honest log: 13 is for those who lie.
TEST_F(Lifted, AccusesNobodyWhereKeysCameOrWent) {
  const auto old = key;
  const auto next = format::TestKey::ed25519(kLiftedOrigin, 54);
  const auto code = [&](std::uint64_t size) {
    const auto opened = open_witnessed(cosigned(note_of(tree, size)), *keys, policy);
    return opened ? std::optional<Code>() : opened.error().code;
  };
  key = next;
  EXPECT_EQ(code(500), Code::kNotFound) << "it joined behind what is known";
  store(0, 640, 2, 650);
  key = old;
  store(1, 5, 2, 50);
  const auto before = upgrade(445);
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_EQ(before->newer, std::vector<std::uint64_t>{0});
  EXPECT_TRUE(before->refused.empty());
  revoke_for(next);
  EXPECT_EQ(code(445), Code::kNotFound) << "witnesses saw it before the key was revoked";
  EXPECT_EQ(code(500), Code::kCorrupt) << "it had left";
  key = next;
  EXPECT_EQ(code(500), std::nullopt);
}

TEST_F(Lifted, FalseTilesAreNoFindingAboutTheLog) {
  store(0, 5, 2, 50);
  tiles.lies = true;
  const auto refused = upgrade(500);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kIo) << refused.error().message;
  EXPECT_FALSE(is_there(witnessed_path(0)));
  EXPECT_FALSE(is_there(refused_witnessed_path(0)));
}

TEST_F(Lifted, IsNothingUnderACheckpointThatWitnessesDidNotCosign) {
  const std::string good = cosigned(note_of(tree, 500));
  const auto code = [&](const std::string& note, const format::WitnessPolicy& by) {
    const auto opened = open_witnessed(note, *keys, by);
    return opened ? std::optional<Code>() : opened.error().code;
  };
  EXPECT_EQ(code(good, policy), std::nullopt);
  EXPECT_EQ(code(note_of(tree, 500), policy), Code::kNotFound);
  format::Note lie = *format::parse_note(good);
  lie.signatures.back().signature.back() ^= std::byte{1};
  EXPECT_EQ(code(format::format_note(lie), policy), Code::kCorrupt);
  lie.signatures.pop_back();
  lie.signatures.back().signature.back() ^= std::byte{1};
  EXPECT_EQ(code(format::format_note(lie), policy), Code::kCorrupt);
  const auto own = format::WitnessPolicy::parse(
      "witness w " +
      format::format_cosigner_vkey(*format::make_cosigner_key("w.example", key.verifier().key)) +
      "\nquorum w\n");
  EXPECT_EQ(code(good, *own), Code::kInvalid);
  const auto other = format::TestKey::ed25519(kLiftedOrigin, 53);
  const auto of_another_log =
      format::WitnessPolicy::parse("log " + format::format_vkey(other.verifier()) + "\nwitness w " +
                                   witness.vkey() + "\nquorum w\n");
  EXPECT_EQ(code(good, *of_another_log), Code::kNotFound);
}

}  // namespace
}  // namespace varve::collect
