// Receipts and proof files: one spelling each, checked offline, refused when anything disagrees.
#include "ledger/format/receipt.h"

#include <gtest/gtest.h>

#include "ledger/format/checkpoint.h"
#include "ledger/format/proof_file.h"
#include "tests/format/test_keys.h"
#include "tests/merkle/memory_tree.h"

namespace varve::format {
namespace {

const std::string kLogName = "log.example";

class ReceiptTest : public testing::Test {
 protected:
  std::string note_of(std::uint64_t size) const {
    const Hash root = merkle::root_of(tree.first(size));
    return signed_note(checkpoint_text({kLogName, TreeSize{size}, root}), {&key});
  }
  Receipt receipt() const {
    return {.first_index = LeafIndex{3},
            .count = 4,
            .tree_size = TreeSize{11},
            .root = tree.frontier.root(),
            .checkpoint = note_of(11),
            .range_proof = *merkle::prove_range(LeafIndex{3}, 4, TreeSize{11}, tree),
            .record_headers = {}};
  }
  Result<void> verify(const Receipt& r, std::string_view origin = kLogName) const {
    return verify_receipt(r, origin, known, std::span{tree.leaves}.subspan(3, 4));
  }

  merkle::MemoryTree tree{11};
  TestKey key = TestKey::ed25519(kLogName, 1);
  std::vector<VerifierKey> known{key.verifier()};
};

TEST_F(ReceiptTest, ReadsBackAsItIsWritten) {
  Receipt r = receipt();
  for (const bool with_headers : {false, true}) {
    if (with_headers) r.record_headers = {Buffer(50), Buffer(51), Buffer(52), Buffer(53)};
    if (with_headers) r.sender = "client/ehr";
    const std::string json = format_receipt(r);
    EXPECT_TRUE(json.ends_with("}\n"));
    EXPECT_EQ(json.find('\n'), json.size() - 1);
    const auto parsed = parse_receipt(json);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(format_receipt(*parsed), json);
    EXPECT_EQ(parsed->first_index, r.first_index);
    EXPECT_EQ(parsed->count, r.count);
    EXPECT_EQ(parsed->checkpoint, r.checkpoint);
    EXPECT_EQ(parsed->range_proof, r.range_proof);
    EXPECT_EQ(parsed->record_headers, r.record_headers);
    EXPECT_EQ(parsed->sender, r.sender);
  }
}

TEST_F(ReceiptTest, KeepsNumbersOfSixtyFourBits) {
  Receipt r = receipt();
  r.first_index.value = ~std::uint64_t{0};
  r.tree_size.value = std::uint64_t{1} << 63;
  const auto parsed = parse_receipt(format_receipt(r));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->first_index, r.first_index);
  EXPECT_EQ(parsed->tree_size, r.tree_size);
}

TEST_F(ReceiptTest, IsReadWithSpaceBetweenAndInAnyOrder) {
  std::string json = format_receipt(receipt());
  json.insert(1, "\n  ");
  json.append("\n \n");
  EXPECT_TRUE(parse_receipt(json));
  const std::string first = "\"first_index\":3,";
  json = format_receipt(receipt());
  json.erase(json.find(first), first.size());
  json.insert(json.rfind('}'), ",\"first_index\":3");
  EXPECT_TRUE(parse_receipt(json));
}

TEST_F(ReceiptTest, IsRefusedWhereverItIsCut) {
  const std::string json = format_receipt(receipt());
  for (std::size_t cut = 0; cut < json.size() - 1; ++cut)
    EXPECT_FALSE(parse_receipt(json.substr(0, cut))) << cut;
}

TEST_F(ReceiptTest, IsRefusedWithAnUnknownADuplicateOrAMissingField) {
  const std::string json = format_receipt(receipt());
  const auto with = [&](const std::string& field) { return "{" + field + "," + json.substr(1); };
  for (const char* field : {"\"extra\":1", "\"\":1", "\"first_index\":3", "\"First_index\":3",
                            "\"count\":4", "\"root\":\"\"", "\"range_proof\":[]"})
    EXPECT_FALSE(parse_receipt(with(field))) << field;
  for (const char* name :
       {"first_index", "count", "tree_size", "root", "checkpoint", "range_proof"}) {
    const std::size_t begin = json.find("\"" + std::string(name) + "\"");
    const bool last = std::string(name) == "range_proof";
    std::string without = json;
    if (last) {
      without = json.substr(0, begin - 1) + "}";
    } else {
      const std::string next = std::string(name) == "checkpoint" ? "\"range_proof\"" : ",\"";
      const std::size_t end = json.find(next, begin + 1);
      without.erase(begin, end - begin + (next == ",\"" ? 1 : 0));
    }
    EXPECT_FALSE(parse_receipt(without)) << without;
  }
}

TEST_F(ReceiptTest, IsRefusedWithValuesOfAnotherKind) {
  const std::string json = format_receipt(receipt());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = json;
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return changed.replace(at, from.size(), to);
  };
  for (const char* value : {"-3", "3.0", "3e0", "\"3\"", "null", "true", "[3]", "{}", "03",
                            "18446744073709551616", "+3", "0x3", ""})
    EXPECT_FALSE(parse_receipt(with("\"first_index\":3", "\"first_index\":" + std::string(value))))
        << value;
  EXPECT_FALSE(parse_receipt(with("\"range_proof\":[", "\"range_proof\":[[],")));
  EXPECT_FALSE(parse_receipt(with("\"range_proof\":[", "\"range_proof\":[1,")));
  EXPECT_FALSE(parse_receipt(with("\"range_proof\":[", "\"range_proof\":[\"AAAA\",")));
  EXPECT_FALSE(parse_receipt(with("\"root\":\"", "\"root\":\"A")));
  EXPECT_FALSE(parse_receipt(with("\"checkpoint\":\"", "\"checkpoint\":\"\xff")));
  EXPECT_FALSE(parse_receipt(json + "{}"));
  EXPECT_FALSE(parse_receipt("[" + json + "]"));
  EXPECT_FALSE(parse_receipt("[]"));
  EXPECT_FALSE(parse_receipt("1"));
  EXPECT_FALSE(parse_receipt(with("}", ",\"record_headers\":[\"AAAA\"]}")));
  EXPECT_FALSE(parse_receipt(with("}", ",\"sender\":\"client/ehr\"}")))
      << "of no records of its own";
}

TEST_F(ReceiptTest, VerifiesWithNothingButTheKey) {
  const auto result = verify(receipt());
  EXPECT_TRUE(result) << result.error().message;
}

TEST_F(ReceiptTest, FailsWhenAnythingInItIsChanged) {
  const auto code_when = [&](auto change) {
    Receipt r = receipt();
    change(r);
    const auto result = verify(r);
    return result ? Code::kNotFound : result.error().code;
  };
  EXPECT_EQ(code_when([](Receipt& r) { r.first_index.value++; }), Code::kInvalid);
  EXPECT_EQ(code_when([](Receipt& r) { r.first_index.value = 100; }), Code::kInvalid);
  EXPECT_EQ(code_when([](Receipt& r) { r.count++; }), Code::kInvalid);
  EXPECT_EQ(code_when([](Receipt& r) { r.tree_size.value++; }), Code::kCorrupt);
  EXPECT_EQ(code_when([](Receipt& r) { r.root.bytes[0] ^= std::byte{1}; }), Code::kCorrupt);
  EXPECT_EQ(code_when([](Receipt& r) { r.range_proof[0].bytes[0] ^= std::byte{1}; }),
            Code::kCorrupt);
  EXPECT_EQ(code_when([](Receipt& r) { r.range_proof.pop_back(); }), Code::kInvalid);
  EXPECT_EQ(code_when([](Receipt& r) { r.range_proof.push_back({}); }), Code::kInvalid);
  EXPECT_EQ(code_when([&](Receipt& r) { r.checkpoint = note_of(10); }), Code::kCorrupt);
  EXPECT_EQ(code_when([](Receipt& r) { r.checkpoint[20] ^= 1; }), Code::kCorrupt);
}

TEST_F(ReceiptTest, FailsForAnotherOriginAnotherKeyOrOtherRecords) {
  EXPECT_FALSE(verify(receipt(), "other.example"));
  known = {TestKey::ed25519(kLogName, 2).verifier()};
  EXPECT_EQ(verify(receipt()).error().code, Code::kCorrupt);
  known = {key.verifier()};
  const auto other =
      verify_receipt(receipt(), kLogName, known, std::span{tree.leaves}.subspan(4, 4));
  EXPECT_EQ(other.error().code, Code::kCorrupt);
}

TEST_F(ReceiptTest, AsAProofFileReadsBackAsItIsWritten) {
  ProofFile file{.extra = {},
                 .index = LeafIndex{5},
                 .proof = *merkle::prove_inclusion(LeafIndex{5}, TreeSize{11}, tree),
                 .checkpoint = note_of(11)};
  for (const std::size_t extra : {0, 1, 2, 3, 60}) {
    file.extra = Buffer(extra, std::byte{7});
    const std::string text = format_proof_file(file);
    const auto parsed = parse_proof_file(text);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->extra, file.extra);
    EXPECT_EQ(parsed->index, file.index);
    EXPECT_EQ(parsed->proof, file.proof);
    EXPECT_EQ(parsed->checkpoint, file.checkpoint);
    for (std::size_t cut = 0; cut < text.size(); ++cut)
      EXPECT_FALSE(parse_proof_file(text.substr(0, cut))) << cut;
  }
}

TEST_F(ReceiptTest, AsAProofFileIsRefusedInAnyOtherSpelling) {
  const std::string hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
  const std::string title = "c2sp.org/tlog-proof@v1\n";
  const std::string note = note_of(11);
  ASSERT_TRUE(parse_proof_file(title + "index 0\n" + hash + "\n" + note));
  ASSERT_TRUE(parse_proof_file(title + "index 0\n\n" + note));
  for (const std::string& text :
       {"c2sp.org/tlog-proof@v2\nindex 0\n\n" + note, title + "\n" + note,
        title + "index 00\n\n" + note, title + "index -1\n\n" + note, title + "Index 0\n\n" + note,
        title + "index  0\n\n" + note, title + "extra \nindex 0\n\n" + note,
        title + "extra ====\nindex 0\n\n" + note, title + "extra\nindex 0\n\n" + note,
        title + "extra AAAA\nextra AAAA\nindex 0\n\n" + note,
        title + "index 0\nextra AAAA\n\n" + note, title + "index 0\n" + hash + note,
        title + "index 0\nAAAA\n\n" + note, title + "index 0\n\n\n" + note.substr(1),
        title + "index 0\n" + hash + " \n" + note, title + "index 0\r\n\n" + note})
    EXPECT_EQ(parse_proof_file(text).error().code, Code::kInvalid) << text;
  std::string many = title + "index 0\n";
  for (int i = 0; i < 64; ++i) many += hash;
  EXPECT_TRUE(parse_proof_file(many + "\n" + note));
  EXPECT_FALSE(parse_proof_file(many + hash + "\n" + note));
}

}  // namespace
}  // namespace varve::format
