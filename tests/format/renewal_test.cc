// A renewal binds every record and every checkpoint under another function: it exposes
// other records with the old hashes, and old receipts stay valid.
#include "ledger/format/renewal.h"

#include <gtest/gtest.h>

#include <map>

#include "ledger/base/codec.h"
#include "tests/format/documented_log.h"

namespace varve::format {
namespace {

/// A hash function whose collisions anybody finds: SHA-256 of which 16 bits are left.
Hash weak_hash(std::initializer_list<Bytes> parts) {
  Hash hash = merkle::sha256_function().of(parts);
  std::ranges::fill(std::span(hash.bytes).subspan(2), std::byte{0});
  return hash;
}
constexpr merkle::HashFunction kWeak{"weak", &weak_hash};

const merkle::HashFunction& sha3() {
  return *merkle::find_renewing_function("sha3-256");
}

Buffer event_of(std::uint64_t number, const std::string& payload) {
  Record record;
  record.source = SourceId{7};
  record.sequence = number;
  record.media_type = "text/plain";
  record.payload = bytes_of(payload);
  return *encode_record(record);
}

/// Twenty records under a weak function, renewed; and the receipt of one of them.
struct WeakLog {
  static constexpr std::uint64_t kSize = 20;
  static constexpr std::uint64_t kRecord = 11;
  static constexpr TreeSize kReceiptSize{14};

  WeakLog() {
    for (std::uint64_t k = 0; k < kSize; ++k) records.push_back(event_of(k, "event"));
    RenewalBuilder builder("log.example/weak", sha3(), kWeak);
    for (const Buffer& record : records) builder.add(record);
    renewal = builder.renewal();
    merkle::GenericTree tree(kWeak);
    for (std::uint64_t k = 0; k < kReceiptSize.value; ++k) tree.append(kWeak.leaf(records[k]));
    old = {"log.example/weak", kReceiptSize, tree.root()};
    proof = prove(LeafIndex{kRecord}, 1);
  }

  [[nodiscard]] RenewalProof prove(LeafIndex first, std::uint64_t count) const {
    auto prover = RenewalProver::of(renewal, {first, count, kReceiptSize, {}, {}, {}});
    RenewalBuilder again("log.example/weak", sha3(), kWeak);
    for (const Buffer& record : records) prover->add(again.add(record));
    return prover->proof();
  }
  [[nodiscard]] Result<void> verify(const Buffer& record, const Checkpoint& under) const {
    const Bytes view(record);
    return verify_renewed(renewal, proof, {&view, 1}, under);
  }

  std::vector<Buffer> records;
  Renewal renewal;
  Checkpoint old;
  RenewalProof proof;
};

/// Another record with the same hash under the weak function.
Buffer second_preimage(const Buffer& record) {
  for (std::uint64_t k = 0;; ++k) {
    Buffer other = event_of(WeakLog::kRecord, "forged " + std::to_string(k));
    if (kWeak.leaf(other) == kWeak.leaf(record)) return other;
  }
}

TEST(Renewal, FindsARecordThatTheOldFunctionCannotTellFromTheTrueOne) {
  const WeakLog log;
  const Buffer forged = second_preimage(log.records[WeakLog::kRecord]);
  ASSERT_NE(forged, log.records[WeakLog::kRecord]);
  std::vector<Buffer> altered = log.records;
  altered[WeakLog::kRecord] = forged;
  RenewalBuilder builder("log.example/weak", sha3(), kWeak);
  for (const Buffer& record : altered) builder.add(record);
  EXPECT_EQ(builder.renewal().root, log.renewal.root) << "the old tree says nothing";
  EXPECT_EQ(builder.renewal().checkpoints, log.renewal.checkpoints);
  EXPECT_NE(builder.renewal().records, log.renewal.records);
  EXPECT_TRUE(log.verify(log.records[WeakLog::kRecord], log.old));
  EXPECT_EQ(log.verify(forged, log.old).error().code, Code::kCorrupt);
}

TEST(Renewal, FindsACheckpointThatWasNeverTheLogs) {
  const WeakLog log;
  Checkpoint forged = log.old;
  forged.root.bytes[5] ^= std::byte{1};
  EXPECT_EQ(log.verify(log.records[WeakLog::kRecord], forged).error().code, Code::kCorrupt);
  forged = log.old;
  forged.size = TreeSize{13};
  EXPECT_EQ(log.verify(log.records[WeakLog::kRecord], forged).error().code, Code::kInvalid);
  forged = log.old;
  forged.origin = "log.example/other";
  EXPECT_EQ(log.verify(log.records[WeakLog::kRecord], forged).error().code, Code::kInvalid);
}

TEST(Renewal, ProvesEveryRangeOfRecords) {
  WeakLog log;
  for (std::uint64_t first = 0; first < WeakLog::kSize; ++first)
    for (std::uint64_t count = 1; count <= WeakLog::kSize - first; ++count) {
      const RenewalProof proof = log.prove(LeafIndex{first}, count);
      const std::vector<Bytes> records(
          log.records.begin() + static_cast<std::ptrdiff_t>(first),
          log.records.begin() + static_cast<std::ptrdiff_t>(first + count));
      ASSERT_TRUE(verify_renewed(log.renewal, proof, records, log.old)) << first << "+" << count;
      ASSERT_FALSE(
          verify_renewed(log.renewal, proof, std::span(records).first(count - 1), log.old));
    }
}

TEST(Renewal, DoesNotProveWhatIsYounger) {
  const WeakLog log;
  EXPECT_TRUE(RenewalProver::of(log.renewal, {{19}, 1, {20}, {}, {}, {}}));
  EXPECT_FALSE(RenewalProver::of(log.renewal, {{19}, 1, {21}, {}, {}, {}}));
  EXPECT_FALSE(RenewalProver::of(log.renewal, {{19}, 2, {20}, {}, {}, {}}));
  EXPECT_FALSE(RenewalProver::of(log.renewal, {{20}, 1, {20}, {}, {}, {}}));
  EXPECT_FALSE(RenewalProver::of(log.renewal, {{0}, 0, {20}, {}, {}, {}}));
  EXPECT_FALSE(RenewalProver::of(log.renewal, {{0}, 1, {0}, {}, {}, {}}));
}

// What is left of a destroyed record is bound as such: never taken for a record, nor one for it.
TEST(Renewal, BindsWhatIsLeftOfADestroyedRecord) {
  const Buffer record = event_of(0, "gone");
  const Hash leaf = merkle::leaf_hash(record);
  RenewalBuilder whole("log.example", sha3());
  RenewalBuilder destroyed("log.example", sha3());
  whole.add(record);
  destroyed.add_destroyed(leaf);
  EXPECT_EQ(whole.renewal().root, destroyed.renewal().root);
  EXPECT_EQ(whole.renewal().checkpoints, destroyed.renewal().checkpoints);
  EXPECT_NE(whole.renewal().records, destroyed.renewal().records);
  RenewalBuilder hash_as_record("log.example", sha3());
  hash_as_record.add(leaf.view());
  EXPECT_NE(hash_as_record.renewal().records, destroyed.renewal().records);
}

TEST(Renewal, BindsTheCheckpointsTextOfEachSize) {
  const DocumentedLog log;
  RenewalBuilder builder(log.origin, sha3());
  merkle::GenericTree texts(sha3());
  for (std::size_t k = 0; k < log.records.size(); ++k) {
    const Hash root = merkle::root_of(std::span(log.leaves).first(k + 1));
    texts.append(sha3().leaf(bytes_of(checkpoint_text({log.origin, TreeSize{k + 1}, root}))));
    EXPECT_EQ(builder.add(log.records[k]).record, sha3().leaf(log.records[k]));
    EXPECT_EQ(builder.renewal().root, root);
    EXPECT_EQ(builder.renewal().checkpoints, texts.root());
  }
}

TEST(Renewal, HasOneSpelling) {
  const std::string text = renewal_text(WeakLog().renewal);
  EXPECT_EQ(*parse_renewal(text), WeakLog().renewal);
  EXPECT_TRUE(is_renewal(text));
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_FALSE(parse_renewal(std::string_view(text).substr(0, cut))) << cut;
  const std::pair<std::string, std::string> wrong[] = {
      {"renewal v1", "renewal v2"}, {"log.example/weak", "log example"},
      {"sha3-256", "sha256"},       {"sha3-256", "md5"},
      {"size 20", "size 020"},      {"size 20", "size 0"},
      {"records ", "record "},      {"checkpoints ", "\ncheckpoints "}};
  for (const auto& [from, to] : wrong) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    EXPECT_FALSE(parse_renewal(other)) << other;
  }
  EXPECT_FALSE(parse_renewal(text + "more\n"));
}

TEST(RenewalProof, HasOneSpelling) {
  WeakLog log;
  RenewalProof& proof = log.proof;
  proof.statement = format_proof_file(DocumentedLog().proof_file);
  const std::string text = format_renewal_proof(proof);
  const auto parsed = parse_renewal_proof(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(format_renewal_proof(*parsed), text);
  EXPECT_EQ(parsed->of_records, proof.of_records);
  EXPECT_EQ(parsed->of_checkpoint, proof.of_checkpoint);
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_FALSE(parse_renewal_proof(std::string_view(text).substr(0, cut))) << cut;
  EXPECT_FALSE(parse_renewal_proof(text + "\n"));
  for (const char* line : {"first ", "count ", "size ", "record ", "checkpoint ", "\nc2sp"}) {
    std::string other = text;
    other.insert(other.find(line), " ");
    EXPECT_FALSE(parse_renewal_proof(other)) << line;
  }
}

}  // namespace
}  // namespace varve::format
