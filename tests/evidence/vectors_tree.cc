// Vectors of records, and of proofs about the tree over them.
#include "ledger/base/text.h"
#include "ledger/format/record.h"
#include "ledger/merkle/proof.h"
#include "ledger/merkle/tree.h"
#include "tests/format/documented_log.h"
#include "tests/merkle/memory_tree.h"
#include "vectors.h"

namespace varve::evidence {
namespace {

using merkle::MemoryTree;
using merkle::Proof;

constexpr std::uint64_t kSizeMax = 9;

std::vector<Hash> hashes_of(const format::Json& one, std::string_view field) {
  std::vector<Hash> hashes;
  const auto texts = one.texts(field).value();
  for (const std::string& text : texts) hashes.push_back(decode_base64_hash(text).value());
  return hashes;
}

Hash hash_of(const format::Json& one, std::string_view field) {
  return decode_base64_hash(one.text(field).value()).value();
}

std::string hash_field(const Hash& hash) {
  return bytes_field(hash.view());
}

Case record_case(std::string name, std::string fault, Bytes record) {
  return {std::move(name),
          std::move(fault),
          {{"record", bytes_field(record)}, {"leaf_hash", hash_field(merkle::leaf_hash(record))}}};
}

Buffer changed(Buffer record, std::size_t at, int value) {
  record[at] = static_cast<std::byte>(value);
  return record;
}

struct Inclusion {
  Hash leaf;
  LeafIndex index;
  TreeSize size;
  Proof proof;
  Hash root;

  [[nodiscard]] Case named(std::string name, std::string fault) const {
    return {std::move(name),
            std::move(fault),
            {{"leaf_hash", hash_field(leaf)},
             {"index", number_field(index.value)},
             {"tree_size", number_field(size.value)},
             {"proof", hashes_field(proof)},
             {"root", hash_field(root)}}};
  }
};

struct Consistency {
  TreeSize from;
  TreeSize to;
  Hash from_root;
  Hash to_root;
  Proof proof;

  [[nodiscard]] Case named(std::string name, std::string fault) const {
    return {std::move(name),
            std::move(fault),
            {{"from", number_field(from.value)},
             {"to", number_field(to.value)},
             {"from_root", hash_field(from_root)},
             {"to_root", hash_field(to_root)},
             {"proof", hashes_field(proof)}}};
  }
};

/// What may be wrong with the hashes of any proof of two or more.
std::vector<std::pair<std::string, Proof>> bent(const Proof& proof) {
  std::vector<std::pair<std::string, Proof>> all(4, {"", proof});
  all[0].first = "the last hash is missing";
  all[0].second.pop_back();
  all[1].first = "a hash too many";
  all[1].second.push_back(proof.back());
  all[2].first = "two hashes in the other order";
  std::swap(all[2].second[0], all[2].second[1]);
  all[3].first = "no hash at all";
  all[3].second.clear();
  return all;
}

std::string includes(const format::Json& one) {
  return why(merkle::verify_inclusion(hash_of(one, "leaf_hash"), LeafIndex{*one.number("index")},
                                      TreeSize{*one.number("tree_size")}, hashes_of(one, "proof"),
                                      hash_of(one, "root")));
}

std::string extends(const format::Json& one) {
  return why(merkle::verify_consistency(TreeSize{*one.number("from")}, TreeSize{*one.number("to")},
                                        hashes_of(one, "proof"), hash_of(one, "from_root"),
                                        hash_of(one, "to_root")));
}

std::string has_range(const format::Json& one) {
  return why(merkle::verify_range(hashes_of(one, "leaves"), LeafIndex{*one.number("first_index")},
                                  TreeSize{*one.number("tree_size")}, hashes_of(one, "proof"),
                                  hash_of(one, "root")));
}

std::string has_leaves(const format::Json& one) {
  std::vector<merkle::PlacedLeaf> leaves;
  const auto hashes = hashes_of(one, "leaves");
  const auto places = one.texts("indexes").value();
  for (std::size_t i = 0; i < hashes.size(); ++i)
    leaves.push_back({LeafIndex{*decode_decimal(places.at(i))}, hashes[i]});
  return why(merkle::verify_leaves(leaves, TreeSize{*one.number("tree_size")},
                                   hashes_of(one, "proof"), hash_of(one, "root")));
}

std::string size_text(std::uint64_t size) {
  return std::to_string(size);
}

}  // namespace

VectorFile records() {
  const format::DocumentedLog log;
  const Buffer& event = log.records[2];
  VectorFile file{"record", "record.md", {}, [](const format::Json& one) {
                    const auto record = one.base64_bytes("record").value();
                    const auto decoded = format::decode_record(record);
                    if (!decoded) return why(decoded);
                    return std::string(merkle::leaf_hash(record) == hash_of(one, "leaf_hash")
                                           ? ""
                                           : "the leaf hash is another");
                  }};
  for (std::size_t i = 0; i < log.records.size(); ++i)
    file.cases.push_back(record_case("record " + size_text(i), "", log.records[i]));
  Buffer longer = event;
  longer.push_back(std::byte{0});
  file.cases.push_back(record_case("of a kind that has no name", "", changed(event, 1, 200)));
  file.cases.push_back(record_case("version 2", "form", changed(event, 0, 2)));
  file.cases.push_back(record_case("kind 0", "form", changed(event, 1, 0)));
  file.cases.push_back(record_case("a byte behind the payload", "form", longer));
  longer.resize(event.size() - 1);
  file.cases.push_back(record_case("a byte of the payload is missing", "form", longer));
  file.cases.push_back(record_case("no media type", "form", changed(event, 42, 0)));
  file.cases.push_back(
      record_case("a control character in the media type", "form", changed(event, 43, 9)));
  Case other = record_case("the leaf hash of another record", "claim", event);
  other.fields[1].second = hash_field(log.leaves[3]);
  file.cases.push_back(other);
  return file;
}

VectorFile inclusion() {
  VectorFile file{"inclusion", "proof.md", {}, includes};
  const MemoryTree tree(kSizeMax);
  const auto proven = [&](std::uint64_t i, std::uint64_t n) {
    const TreeSize size{n};
    return Inclusion{tree.leaves[i], LeafIndex{i}, size,
                     *merkle::prove_inclusion(LeafIndex{i}, size, tree),
                     *merkle::tree_root(size, tree)};
  };
  for (std::uint64_t n = 1; n <= kSizeMax; ++n)
    for (std::uint64_t i = 0; i < n; ++i)
      file.cases.push_back(proven(i, n).named("leaf " + size_text(i) + " of " + size_text(n), ""));
  for (const auto& [name, proof] : bent(proven(2, 7).proof)) {
    Inclusion one = proven(2, 7);
    one.proof = proof;
    file.cases.push_back(one.named(name, "claim"));
  }
  const auto but = [&](std::string name, const std::function<void(Inclusion&)>& change) {
    Inclusion one = proven(2, 7);
    change(one);
    file.cases.push_back(one.named(std::move(name), "claim"));
  };
  but("another leaf", [&](Inclusion& one) { one.leaf = tree.leaves[3]; });
  but("at another place", [](Inclusion& one) { one.index.value = 3; });
  but("in another tree", [&](Inclusion& one) { one.root = *merkle::tree_root(TreeSize{6}, tree); });
  but("at the place behind the last", [](Inclusion& one) { one.index.value = 7; });
  but("in a tree of another height", [](Inclusion& one) { one.size.value = 9; });
  but("at a place behind the last that has the same path",
      [](Inclusion& one) { one.index.value = 10; });
  Inclusion last = proven(6, 7);
  last.index.value = 100;
  file.cases.push_back(last.named("leaf 6 of 7 at the place 100", "claim"));
  but("a hash too many, with the root that it leads to", [&](Inclusion& one) {
    one.proof.push_back(tree.leaves[0]);
    one.root = merkle::node_hash(tree.leaves[0], one.root);
  });
  but("a hash is missing, with the root that they lead to", [&](Inclusion& one) {
    one.proof.pop_back();
    one.root = *merkle::tree_root(TreeSize{4}, tree);
  });
  return file;
}

VectorFile consistency() {
  VectorFile file{"consistency", "proof.md", {}, extends};
  const MemoryTree tree(kSizeMax);
  const auto proven = [&](std::uint64_t m, std::uint64_t n) {
    const TreeSize from{m};
    const TreeSize to{n};
    return Consistency{from, to, *merkle::tree_root(from, tree), *merkle::tree_root(to, tree),
                       *merkle::prove_consistency(from, to, tree)};
  };
  for (std::uint64_t n = 0; n <= kSizeMax; ++n)
    for (std::uint64_t m = 0; m <= n; ++m)
      file.cases.push_back(proven(m, n).named(size_text(m) + " to " + size_text(n), ""));
  for (const auto& [name, proof] : bent(proven(3, 7).proof)) {
    Consistency one = proven(3, 7);
    one.proof = proof;
    file.cases.push_back(one.named(name, "claim"));
  }
  const auto but = [&](std::string name, const Consistency& from,
                       const std::function<void(Consistency&)>& change) {
    Consistency one = from;
    change(one);
    file.cases.push_back(one.named(std::move(name), "claim"));
  };
  const Hash other = *merkle::tree_root(TreeSize{5}, tree);
  but("another older root", proven(3, 7), [&](Consistency& one) { one.from_root = other; });
  but("another newer root", proven(3, 7), [&](Consistency& one) { one.to_root = other; });
  but("another older root, of a power of two", proven(4, 7),
      [&](Consistency& one) { one.from_root = other; });
  but("two roots of one size", proven(4, 4), [&](Consistency& one) { one.to_root = other; });
  but("of no leaves, and not the root of none", proven(0, 7),
      [&](Consistency& one) { one.from_root = other; });
  but("the proof and the root of a smaller tree", proven(3, 4),
      [](Consistency& one) { one.to.value = 7; });
  but("a hash too many, with the roots that it leads to", proven(3, 7), [&](Consistency& one) {
    one.proof.push_back(tree.leaves[0]);
    one.from_root = merkle::node_hash(tree.leaves[0], one.from_root);
    one.to_root = merkle::node_hash(tree.leaves[0], one.to_root);
  });
  but("the smaller tree from the larger one", proven(3, 7), [](Consistency& one) {
    std::swap(one.from, one.to);
    std::swap(one.from_root, one.to_root);
  });
  return file;
}

VectorFile ranges() {
  VectorFile file{"range", "proof.md", {}, has_range};
  const MemoryTree tree(kSizeMax);
  const auto add = [&](std::string name, std::string fault, std::uint64_t first,
                       std::uint64_t count, const Proof& proof, std::uint64_t claimed) {
    const std::vector<Hash> leaves(
        tree.leaves.begin() + static_cast<std::ptrdiff_t>(first),
        tree.leaves.begin() + static_cast<std::ptrdiff_t>(first + count));
    file.cases.push_back({std::move(name),
                          std::move(fault),
                          {{"leaves", hashes_field(leaves)},
                           {"first_index", number_field(claimed)},
                           {"tree_size", number_field(7)},
                           {"proof", hashes_field(proof)},
                           {"root", hash_field(*merkle::tree_root(TreeSize{7}, tree))}}});
  };
  for (std::uint64_t first = 0; first < 7; ++first)
    for (std::uint64_t count = 1; first + count <= 7; ++count)
      add("leaves " + size_text(first) + " to " + size_text(first + count - 1) + " of 7", "", first,
          count, *merkle::prove_range(LeafIndex{first}, count, TreeSize{7}, tree), first);
  const Proof proof = *merkle::prove_range(LeafIndex{2}, 3, TreeSize{7}, tree);
  for (const auto& [name, other] : bent(proof)) add(name, "claim", 2, 3, other, 2);
  add("at another place", "claim", 2, 3, proof, 1);
  add("a leaf is missing", "claim", 2, 2, proof, 2);
  add("a leaf too many", "claim", 2, 4, proof, 2);
  return file;
}

VectorFile leaf_sets() {
  VectorFile file{"leaves", "proof.md", {}, has_leaves};
  const MemoryTree tree(kSizeMax);
  const auto add = [&](std::string name, std::string fault, const std::vector<std::uint64_t>& which,
                       const Proof& proof) {
    std::vector<Hash> leaves;
    std::string places;
    for (const std::uint64_t i : which) {
      leaves.push_back(tree.leaves[i]);
      places.append(places.empty() ? "" : ",").append(text_field(size_text(i)));
    }
    file.cases.push_back({std::move(name),
                          std::move(fault),
                          {{"leaves", hashes_field(leaves)},
                           {"indexes", "[" + places + "]"},
                           {"tree_size", number_field(7)},
                           {"proof", hashes_field(proof)},
                           {"root", hash_field(*merkle::tree_root(TreeSize{7}, tree))}}});
  };
  const auto proof_of = [&](const std::vector<std::uint64_t>& which) {
    std::vector<LeafIndex> places;
    for (const std::uint64_t i : which) places.push_back({i});
    return *merkle::prove_leaves(places, TreeSize{7}, tree);
  };
  for (std::uint64_t set = 1; set < 128; set += 3) {  // each leaf a bit
    std::vector<std::uint64_t> which;
    for (std::uint64_t i = 0; i < 7; ++i)
      if ((set >> i & 1U) != 0) which.push_back(i);
    add("the set " + size_text(set) + " of 7", "", which, proof_of(which));
  }
  for (const auto& [name, other] : bent(proof_of({1, 4}))) add(name, "claim", {1, 4}, other);
  add("another leaf", "claim", {1, 5}, proof_of({1, 4}));
  add("a leaf is missing", "claim", {1}, proof_of({1, 4}));
  add("in the other order", "claim", {4, 1}, proof_of({1, 4}));
  add("a leaf twice", "claim", {1, 1, 4}, proof_of({1, 4}));
  return file;
}

}  // namespace varve::evidence
