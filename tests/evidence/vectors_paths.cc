// Vectors of proofs of a record whose signature or path is not of the usual kind.
#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/merkle/tree.h"
#include "tests/format/documented_log.h"
#include "vectors.h"

namespace varve::evidence {
namespace {

using format::DocumentedLog;
using format::TestKey;

/// Proofs by the log of the documents, of any path: what their checkpoints say is signed, be it true or not.
struct Path {
  DocumentedLog log;
  TestKey key = log.log_key;
  std::string origin = log.origin;

  [[nodiscard]] std::string note(TreeSize size, const Hash& root) const {
    return format::signed_note(format::checkpoint_text({origin, size, root}), {&key});
  }
  [[nodiscard]] Case named(std::string name, std::string fault, const std::string& text) const {
    return {
        std::move(name),
        std::move(fault),
        {{"vkey", text_field(format::format_vkey(key.verifier()))}, {"file", text_field(text)}}};
  }
  /// Of the record 2, as a log of one record, or as one whose tree is that.
  [[nodiscard]] std::string file(const Buffer& record, LeafIndex index, const merkle::Proof& proof,
                                 TreeSize size, const Hash& root) const {
    return format::format_proof_file({record, index, proof, note(size, root)});
  }
  [[nodiscard]] std::string alone(const Buffer& record) const {
    return file(record, LeafIndex{0}, {}, TreeSize{1}, merkle::leaf_hash(record));
  }
};

/// A path of as many hashes as a proof file may have. In numbers of 53 bits it leads elsewhere.
Case of_a_large_tree(const Path& path, std::string name, std::string fault, std::uint64_t claimed) {
  constexpr std::uint64_t kHeight = 62;
  constexpr std::uint64_t kIndex = (std::uint64_t{1} << 61) + 12'345;
  merkle::Proof proof(kHeight);
  Hash root = path.log.leaves[2];
  for (std::uint64_t level = 0; level < kHeight; ++level) {
    proof[level] = path.log.leaves[level % 2];
    const bool is_right = (kIndex >> level & 1U) != 0;
    root = is_right ? merkle::node_hash(proof[level], root) : merkle::node_hash(root, proof[level]);
  }
  const TreeSize size{std::uint64_t{1} << kHeight};
  return path.named(std::move(name), std::move(fault),
                    path.file(path.log.records[2], LeafIndex{claimed}, proof, size, root));
}

/// A key whose base64 ends with a plus, which is a separator too.
TestKey key_with_a_plus(const std::string& name) {
  for (std::uint8_t seed = 10;; ++seed)
    if (TestKey key = TestKey::ed25519(name, seed);
        format::format_vkey(key.verifier()).ends_with("+"))
      return key;
}

std::vector<Case> of_other_signatures(const Path& path) {
  const DocumentedLog& log = path.log;
  const auto with_note = [&](const std::string& note) {
    format::ProofFile file = log.proof_file;
    file.checkpoint = note;
    return format::format_proof_file(file);
  };
  const std::string text = log.checkpoint.substr(0, log.checkpoint.find("\n\n") + 1);
  const std::string line = log.checkpoint.substr(text.size() + 1);
  const std::string false_line = with(line, "9mdj6xZ5", "9mdj6xZ4");
  const auto renamed = [](const std::string& one) { return with(one, "cardiology", "ward"); };
  Case other_id = path.named("the vkey has an id that is not its key's", "claim",
                             with_note(with(log.checkpoint, " 9mdj6xZ5", " 9mdj7BZ5")));
  other_id.fields[0].second =
      text_field(with(format::format_vkey(log.log_key.verifier()), "f66763eb", "f66763ec"));
  return {
      path.named("signed by another key of that name, too", "",
                 with_note(format::signed_note(text, {&log.log_key, &log.next_key}))),
      path.named("with the key's id under another name, too", "",
                 with_note(log.checkpoint + renamed(false_line))),
      path.named("the key's id under another name", "claim",
                 with_note(text + "\n" + renamed(line))),
      path.named("of another log, signed by this one's key", "claim",
                 with_note(format::signed_note(renamed(text), {&log.log_key}))),
      std::move(other_id),
      path.named("a false signature of the key beside a true one", "form",
                 with_note(log.checkpoint + false_line)),
  };
}

}  // namespace

std::vector<Case> proof_files_of_other_paths() {
  Path path;
  const DocumentedLog& log = path.log;
  const merkle::Proof& proof = log.proof_file.proof;
  const TreeSize size{5};
  const Hash root = merkle::root_of(log.leaves);
  merkle::Proof longer = proof;
  longer.push_back(log.leaves[0]);
  const merkle::Proof shorter(proof.begin(), proof.end() - 1);
  const Hash below = merkle::root_of(std::span{log.leaves}.first(4));
  const Buffer& record = log.records[2];
  const auto file = [&](std::uint64_t index, const merkle::Proof& that, const Hash& under) {
    return path.file(record, LeafIndex{index}, that, size, under);
  };
  std::vector<Case> cases = of_other_signatures(path);
  cases.push_back(path.named("at a place behind the end that has the same path", "claim",
                             file(10, proof, root)));
  cases.push_back(path.named("a hash too many, and the root that it leads to is signed", "claim",
                             file(2, longer, merkle::node_hash(log.leaves[0], root))));
  cases.push_back(path.named("a hash is missing, and the root that they lead to is signed", "claim",
                             file(2, shorter, below)));
  cases.push_back(
      of_a_large_tree(path, "in a tree of 2^62 records", "", (std::uint64_t{1} << 61) + 12'345));
  cases.push_back(of_a_large_tree(path, "at another place in a tree of 2^62 records", "claim",
                                  (std::uint64_t{1} << 61) + 12'344));
  cases.push_back(
      path.named("no record in it", "form", path.file({}, LeafIndex{2}, proof, size, root)));
  cases.push_back(path.named("65 hashes", "form", file(2, merkle::Proof(65, root), root)));
  cases.push_back(
      path.named("a second empty line", "form", with(file(2, proof, root), "\n\n", "\n\n\n")));
  Buffer longer_record = record;
  longer_record.push_back(std::byte{0});
  Buffer short_record(record.begin(), record.begin() + 43);
  cases.push_back(path.named("what is in the tree is no record", "claim",
                             path.alone(to_buffer(bytes_of("short")))));
  cases.push_back(path.named("the record ends in its header", "claim", path.alone(short_record)));
  cases.push_back(
      path.named("a byte behind the record's payload", "claim", path.alone(longer_record)));
  std::string cut = file(2, proof, root);
  cut.pop_back();
  cases.push_back(path.named("no newline at its end", "form", cut));
  path.key = key_with_a_plus(path.origin);
  cases.push_back(
      path.named("signed by a key whose vkey ends with a plus", "", path.alone(record)));
  return cases;
}

}  // namespace varve::evidence
