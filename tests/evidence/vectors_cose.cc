// Vectors of COSE receipts. What is true is the example of the page, and others of the same log.
#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/format/cose_receipt.h"
#include "ledger/verify/cose.h"
#include "tests/format/documented_log.h"
#include "tests/merkle/memory_tree.h"
#include "vectors.h"

namespace varve::evidence {
namespace {

using format::DocumentedLog;

// A key that nobody has any more, and its signature on the root of the documents' log: ECDSA signs differently each
// time.
constexpr std::string_view kEs256Key =
    "audit.example.org/"
    "cardiology+7cac7d41+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKVMynW2qQyQP/5+uZ4vUj4jSafEF1dxJZd+"
    "1jmyxmytP4PCZy5pzTxGNRW3tWkBxkj95/lJd8Ayb/Ew+LH9+xM=";
constexpr std::string_view kEs256Signature =
    "MEUCIAaLoUi2h5O5Vsi9xlaY/uO0Z9Omze8hTFyZwVuLjuNlAiEArBDKUpV/0NO5aLA/TUwcHqg59zSeXWX64h3NEt16"
    "glM=";

/// The log of the documents, which signs whatever a case wants.
struct CoseKept {
  DocumentedLog log;
  merkle::MemoryTree tree{0};

  CoseKept() {
    for (const Hash& leaf : log.leaves) {
      tree.leaves.push_back(leaf);
      tree.frontier.append(leaf, &tree);
    }
  }
  [[nodiscard]] format::Checkpoint checkpoint(std::uint64_t size) const {
    return {log.origin, TreeSize{size}, *merkle::tree_root(TreeSize{size}, tree)};
  }
  [[nodiscard]] format::SignedRoot root(const format::Checkpoint& of) const {
    const format::VerifierKey& key = log.log_key.verifier();
    return *format::make_signed_root(of, key, log.log_key.sign(format::cose_signed_bytes(key, of)));
  }
  [[nodiscard]] Buffer inclusion(std::uint64_t index, std::uint64_t size) const {
    return format::inclusion_receipt(
        root(checkpoint(size)), LeafIndex{index},
        *merkle::prove_inclusion(LeafIndex{index}, TreeSize{size}, tree));
  }
  [[nodiscard]] Buffer consistency(std::uint64_t from, std::uint64_t size) const {
    return format::consistency_receipt(
        root(checkpoint(size)), TreeSize{from},
        *merkle::prove_consistency(TreeSize{from}, TreeSize{size}, tree));
  }
  [[nodiscard]] format::SignedRoot es256_root() const {
    return *format::make_signed_root(checkpoint(5), *format::parse_vkey(kEs256Key),
                                     *decode_base64(kEs256Signature));
  }
  [[nodiscard]] Buffer note(std::uint64_t size) const {
    return to_buffer(
        bytes_of(format::signed_note(format::checkpoint_text(checkpoint(size)), {&log.log_key})));
  }
  [[nodiscard]] Case named(std::string name, std::string fault, const Buffer& receipt,
                           const Buffer& given) const {
    return by(format::format_vkey(log.log_key.verifier()), std::move(name), std::move(fault),
              receipt, given);
  }
  static Case by(std::string_view vkey, std::string name, std::string fault, const Buffer& receipt,
                 const Buffer& given) {
    return {std::move(name),
            std::move(fault),
            {{"vkey", text_field(std::string(vkey))},
             {"receipt", bytes_field(receipt)},
             {"given", bytes_field(given)}}};
  }
};

/// An ES256 receipt, and what it is not: DER has its two numbers with what COSE leaves out.
std::vector<Case> es256_cases(const CoseKept& k) {
  const Buffer& record = k.log.records[2];
  const auto receipt = [&](const format::SignedRoot& root) {
    return format::inclusion_receipt(root, LeafIndex{2},
                                     *merkle::prove_inclusion(LeafIndex{2}, TreeSize{5}, k.tree));
  };
  const format::SignedRoot root = k.es256_root();
  format::SignedRoot exchanged = root;
  std::ranges::rotate(exchanged.signature, exchanged.signature.begin() + 32);
  format::SignedRoot as_der = root;
  as_der.signature = *decode_base64(kEs256Signature);
  const auto of = [&](std::string name, std::string fault, const format::SignedRoot& from,
                      const Buffer& given) {
    return CoseKept::by(kEs256Key, std::move(name), std::move(fault), receipt(from), given);
  };
  return {of("of record 2, signed with ES256", "", root, record),
          of("of another record, signed with ES256", "claim", root, k.log.records[3]),
          of("the two numbers of ES256 exchanged", "claim", exchanged, record),
          of("a signature of ES256 in DER", "form", as_der, record)};
}

/// With the first bytes `from`, in hex, replaced. They must be there.
Buffer spelled(const Buffer& receipt, std::string_view from, std::string_view to) {
  return *decode_hex(with(hex(receipt), from, to));
}

std::string holds_cose(const format::Json& one) {
  const auto key = format::parse_vkey(one.text("vkey").value()).value();
  const Buffer receipt = decode_base64(one.text("receipt").value()).value();
  const Buffer given = decode_base64(one.text("given").value()).value();
  const verify::Trust trust{key.name, key, {}, {}};
  const auto parsed = format::parse_cose_receipt(receipt);
  if (!parsed) return why(parsed);
  if (parsed->index) return why(verify::verify_cose_receipt(receipt, trust, given, std::nullopt));
  return why(verify::verify_cose_receipt(receipt, trust, std::nullopt, text_of(given)));
}

}  // namespace

VectorFile cose_receipts() {
  const CoseKept k;
  const Buffer& record = k.log.records[2];
  const Buffer good = k.inclusion(2, 5);
  const Buffer older = k.consistency(3, 5);
  format::Checkpoint other = k.checkpoint(5);
  other.root.bytes[0] ^= std::byte{1};
  const merkle::Proof proof = *merkle::prove_inclusion(LeafIndex{2}, TreeSize{5}, k.tree);
  const merkle::Proof fewer(proof.begin(), proof.end() - 1);
  merkle::Proof more = proof;
  more.push_back(proof.back());
  const auto with_proof = [&](const merkle::Proof& hashes) {
    return format::inclusion_receipt(k.root(k.checkpoint(5)), LeafIndex{2}, hashes);
  };
  VectorFile file{"cose-receipt", "cose-receipt.md", {}, holds_cose};
  file.cases = {
      k.named("of record 2", "", good, record),
      k.named("of the last record, whose proof is shorter", "", k.inclusion(4, 5),
              k.log.records[4]),
      k.named("that the tree of 5 begins with that of 3", "", older, k.note(3)),
      k.named("that the tree of 5 begins with that of 4, a power of two", "", k.consistency(4, 5),
              k.note(4)),
      k.named("of another record", "claim", good, k.log.records[3]),
      k.named("at another place", "claim", spelled(good, "83050283", "83050383"), record),
      k.named("behind the end of the tree", "claim", spelled(good, "83050283", "83050583"), record),
      k.named("another size in the proof than is signed", "claim",
              spelled(good, "83050283", "83060283"), record),
      k.named("another size in both", "claim",
              spelled(spelled(good, "83050283", "83060283"), "026135", "026136"), record),
      k.named("a hash is another", "claim", spelled(good, "5820239c", "5820239d"), record),
      k.named("a hash is missing", "claim", with_proof(fewer), record),
      k.named("a hash too many", "claim", with_proof(more), record),
      k.named("another root, signed", "claim",
              format::inclusion_receipt(k.root(other), LeafIndex{2}, proof), record),
      k.named("the signature is another", "claim", spelled(good, "f6584013", "f6584012"), record),
      k.named("of another log", "claim", spelled(good, "781c61756469", "781c61756468"), record),
      k.named("the older tree is another", "claim", older, k.note(2)),
  };
  Buffer longer = good;
  longer.push_back(std::byte{0});
  const std::pair<const char*, Buffer> spellings[] = {
      {"a number in more bytes than it needs", spelled(good, "586a83050283", "586b8318050283")},
      {"the algorithm by its old name, EdDSA", spelled(good, "a40132", "a40127")},
      {"the tag is missing", spelled(good, "d284", "84")},
      {"an array without a length", spelled(good, "d284", "d29f")},
      {"a byte behind the end", longer},
  };
  for (const auto& [name, receipt] : spellings)
    file.cases.push_back(k.named(name, "form", receipt, record));
  for (Case& one : es256_cases(k)) file.cases.push_back(std::move(one));
  return file;
}

}  // namespace varve::evidence
