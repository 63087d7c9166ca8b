// Proofs in the words of the API.
#include "log_answers.h"

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/receipt.h"
#include "ledger/merkle/proof.h"

namespace varve::verify {
namespace {

merkle::Proof inclusion(const LogBuilder& log, std::size_t index, std::size_t size) {
  auto proof = merkle::prove_inclusion(LeafIndex{index}, TreeSize{size}, LeafReader(log, size));
  CHECK(proof.has_value());
  return *proof;
}

Hash root(const LogBuilder& log, std::size_t size) {
  return merkle::root_of(leaves_of(log, size));
}

std::string list(const merkle::Proof& proof) {
  std::string out = "[";
  for (const Hash& hash : proof)
    out += (out.size() > 1 ? ",\"" : "\"") + base64(hash.view()) + "\"";
  return out + "]";
}

std::string tree(const LogBuilder& log, std::size_t size) {
  return R"("tree_size":)" + std::to_string(size) + R"(,"root":")" +
         base64(root(log, size).view()) + R"(","checkpoint":)" +
         format::json_quoted(log.checkpoint(size));
}

}  // namespace

std::string inclusion_json(const LogBuilder& log, std::size_t index, std::size_t size) {
  return R"({"index":)" + std::to_string(index) + R"(,"leaf_hash":")" +
         base64(merkle::leaf_hash(log.records[index]).view()) + R"(",)" + tree(log, size) +
         R"(,"proof":)" + list(inclusion(log, index, size)) + "}";
}

std::string proof_file(const LogBuilder& log, std::size_t index, std::size_t size) {
  return format::format_proof_file(
      {log.records[index], LeafIndex{index}, inclusion(log, index, size), log.checkpoint(size)});
}

std::string consistency_json(const LogBuilder& log, std::size_t from, std::size_t to) {
  const auto proof = merkle::prove_consistency(TreeSize{from}, TreeSize{to}, LeafReader(log, to));
  CHECK(proof.has_value());
  return R"({"from":)" + std::to_string(from) + R"(,"to":)" + std::to_string(to) +
         R"(,"from_root":")" + base64(root(log, from).view()) + R"(","to_root":")" +
         base64(root(log, to).view()) + R"(","proof":)" + list(*proof) + "}";
}

std::string event_json(const LogBuilder& log, std::size_t index, std::size_t size) {
  const auto record = format::decode_record(log.records[index]);
  CHECK(record.has_value());
  return R"({"index":)" + std::to_string(index) + R"(,"kind":"event","source":"x","sequence":)" +
         std::to_string(record->sequence) + R"(,"time_us":)" + std::to_string(record->time_us) +
         R"(,"media_type":")" + std::string(record->media_type) + R"(","record":")" +
         base64(log.records[index]) + R"(","payload":")" + base64(record->payload) + R"(",)" +
         tree(log, size) + R"(,"proof":)" + list(inclusion(log, index, size)) + "}";
}

std::string receipt_json(const LogBuilder& log, std::size_t first, std::size_t count,
                         std::size_t size, bool with_headers, const std::string& sender) {
  auto proof = merkle::prove_range(LeafIndex{first}, count, TreeSize{size}, LeafReader(log, size));
  CHECK(proof.has_value());
  format::Receipt receipt{
      LeafIndex{first}, count, TreeSize{size}, root(log, size), log.checkpoint(size), *proof, {}};
  for (std::size_t i = first; with_headers && i < first + count; ++i) {
    const auto record = format::decode_record(log.records[i]);
    CHECK(record.has_value());
    receipt.record_headers.push_back(*format::encode_record_header(*record));
  }
  receipt.sender = sender;
  return format::format_receipt(receipt);
}

}  // namespace varve::verify
