// What Go's golang.org/x/mod/sumdb says about tens of thousands of trees, tiles, proofs, bent
// proofs and notes, against what the ledger's own code says. tests/go/vectors.go writes them.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>

#include "ledger/base/text.h"
#include "ledger/format/note.h"
#include "ledger/merkle/proof.h"
#include "ledger/merkle/tile.h"
#include "tests/directories.h"

namespace varve {
namespace {

using merkle::Proof;

const std::string kVectors = built_file("tests/go/vectors.txt");

/// Calls `judge` with the rest of each line of this kind, and returns how many there were.
int for_each(const std::string& kind, const std::function<void(std::istringstream&)>& judge) {
  std::ifstream in(kVectors);
  EXPECT_TRUE(in) << kVectors << " is not there; ctest makes it first (test go_vectors)";
  int lines = 0;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(kind + " ")) continue;
    ++lines;
    SCOPED_TRACE(line.substr(0, 200));
    std::istringstream fields(line.substr(kind.size() + 1));
    judge(fields);
    if (testing::Test::HasFailure()) break;
  }
  return lines;
}

template <class T>
T take(std::istringstream& fields) {
  T value{};
  EXPECT_TRUE(fields >> value);
  return value;
}

Hash take_hash(std::istringstream& fields) {
  return *decode_hex_hash(take<std::string>(fields));
}

Proof take_proof(std::istringstream& fields) {
  Proof proof;
  std::istringstream list(take<std::string>(fields));
  for (std::string item; std::getline(list, item, ',');)
    if (item != "-") proof.push_back(*decode_hex_hash(item));
  return proof;
}

/// Counts verdicts, and wants both kinds.
struct Verdicts {
  std::map<bool, int> seen;
  void expect(bool ours, const std::string& theirs) {
    EXPECT_EQ(ours, theirs == "good");
    ++seen[ours];
  }
  void report(const char* what) {
    EXPECT_GT(seen[true], 100);
    EXPECT_GT(seen[false], 1000);
    std::cout << what << ": agreed on " << seen[true] << " good and " << seen[false] << " bad\n";
  }
};

TEST(Go, HasTheSameRootAtEverySizeUpTo1200) {
  merkle::Frontier frontier;
  const int sizes = for_each("tree", [&](auto& fields) {
    frontier.append(merkle::leaf_hash(bytes_of("leaf " + std::to_string(frontier.size().value))));
    EXPECT_EQ(take<std::uint64_t>(fields), frontier.size().value);
    EXPECT_EQ(take_hash(fields), frontier.root());
  });
  EXPECT_EQ(sizes, 1200);
}

TEST(Go, CutsTheSameTilesAndSpellsTheirPathsTheSame) {
  const int tiles = for_each("tile", [&](auto& fields) {
    merkle::TileId id;
    id.level = take<std::uint32_t>(fields);
    id.index = take<std::uint64_t>(fields);
    id.width = take<std::uint32_t>(fields);
    const TreeSize size{take<std::uint64_t>(fields)};
    EXPECT_EQ(merkle::tile_width(id.level, id.index, size), id.width);
    EXPECT_EQ(merkle::tile_path(id), take<std::string>(fields));
  });
  EXPECT_GT(tiles, 500);
}

TEST(Go, JudgesEveryInclusionProofTheSame) {
  Verdicts verdicts;
  for_each("inclusion", [&](auto& fields) {
    const auto verdict = take<std::string>(fields);
    const LeafIndex i{take<std::uint64_t>(fields)};
    const TreeSize n{take<std::uint64_t>(fields)};
    const Hash leaf = take_hash(fields);
    const Hash root = take_hash(fields);
    const Proof proof = take_proof(fields);
    verdicts.expect(merkle::verify_inclusion(leaf, i, n, proof, root).has_value(), verdict);
  });
  verdicts.report("inclusion");
}

TEST(Go, JudgesEveryConsistencyProofTheSame) {
  Verdicts verdicts;
  for_each("consistency", [&](auto& fields) {
    const auto verdict = take<std::string>(fields);
    const TreeSize m{take<std::uint64_t>(fields)};
    const TreeSize n{take<std::uint64_t>(fields)};
    const Hash root_m = take_hash(fields);
    const Hash root_n = take_hash(fields);
    const Proof proof = take_proof(fields);
    verdicts.expect(merkle::verify_consistency(m, n, proof, root_m, root_n).has_value(), verdict);
  });
  verdicts.report("consistency");
}

/// Go reads base64 whose last character has stray bits; a canonical reader must not.
bool last_signature_is_canonical(const std::string& note) {
  const std::size_t space = note.rfind(' ');
  return note.ends_with('\n') && decode_base64(note.substr(space + 1, note.size() - space - 2));
}

TEST(Go, OpensNoNoteThatTheLedgerRefusesButForStrayBitsInBase64) {
  int good = 0;
  const int notes = for_each("note", [&](auto& fields) {
    const bool theirs = take<std::string>(fields) == "good";
    const auto key = format::parse_vkey(take<std::string>(fields));
    ASSERT_TRUE(key);
    const Buffer bytes = *decode_base64(take<std::string>(fields));
    const std::string text(text_of(bytes));
    const auto note = format::parse_note(text);
    const bool ours = note && format::verify_note(*note, {&*key, 1});
    if (ours != theirs) {
      EXPECT_FALSE(ours);
      EXPECT_FALSE(last_signature_is_canonical(text));
    }
    good += ours ? 1 : 0;
  });
  EXPECT_GT(notes, 1000);
  EXPECT_EQ(good, 6);  // per key: its note, that note cut after all of it, and the one by both
  std::cout << "notes: agreed on " << good << " good and " << notes - good << " bad\n";
}

}  // namespace
}  // namespace varve
