// Reads JSON answers and proves what they claim.
#include "ledger/verify/answers.h"

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/format/record.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/merkle/proof.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/json_members.h"
#include "ledger/verify/source_text.h"

namespace varve::verify {
namespace {

/// The checkpoint in the answer, and that the answer's tree is the checkpoint's.
Result<format::SignedCheckpoint> tree_of(const format::Json& json, const rules::KeyTimeline& keys) {
  ASSIGN_OR_RETURN(const std::string note, json.text("checkpoint"));
  ASSIGN_OR_RETURN(format::SignedCheckpoint in, open_checkpoint_of(note, keys));
  ASSIGN_OR_RETURN(const std::uint64_t size, json.number("tree_size"));
  ASSIGN_OR_RETURN(const Hash root, hash_member(json, "root"));
  if (size != in.checkpoint.size.value || root != in.checkpoint.root)
    return corrupt("the tree in the answer is not the one of its checkpoint");
  return in;
}

Result<ProvenLeaf> prove(const format::Json& json, LeafIndex index, const Hash& leaf,
                         const rules::KeyTimeline& keys) {
  ASSIGN_OR_RETURN(format::SignedCheckpoint in, tree_of(json, keys));
  ASSIGN_OR_RETURN(const merkle::Proof proof, proof_member(json));
  if (auto ok =
          merkle::verify_inclusion(leaf, index, in.checkpoint.size, proof, in.checkpoint.root);
      !ok)
    return corrupt("record " + std::to_string(index.value) +
                   " is not proven to be in the log: " + ok.error().message);
  return ProvenLeaf{index, leaf, std::move(in)};
}

/// What the server says about the record, in words of its own, must be what the record says.
Result<void> compare_said(const format::Json& json, const format::Record& record) {
  ASSIGN_OR_RETURN(const Buffer payload, json.base64_bytes("payload"));
  ASSIGN_OR_RETURN(const std::string media_type, json.text("media_type"));
  ASSIGN_OR_RETURN(const std::uint64_t sequence, json.number("sequence"));
  ASSIGN_OR_RETURN(const std::uint64_t time_us, json.number("time_us"));
  if (text_of(payload) == text_of(record.payload) && media_type == record.media_type &&
      sequence == record.sequence && time_us == record.time_us)
    return {};
  return corrupt("what the answer says about the record is not what the record says");
}

/// A record has the hash of its source's name, so nobody can say another one.
Result<std::string> source_name_of(const format::Json& json, const format::Record& record) {
  if (!json.has("source_name")) return std::string();
  ASSIGN_OR_RETURN(std::string name, json.text("source_name"));
  const auto id = format::source_id(name);
  if (id && *id == record.source) return name;
  return corrupt("the answer says that the record is of " + name + ", but it is of " +
                 source_text(record.source));
}

}  // namespace

Result<ProvenLeaf> open_inclusion(std::string_view text, const LeafQuestion& asked,
                                  const rules::KeyTimeline& keys) {
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(text));
  ASSIGN_OR_RETURN(const std::uint64_t index, json.number("index"));
  ASSIGN_OR_RETURN(const Hash leaf, hash_member(json, "leaf_hash"));
  if ((asked.index && asked.index->value != index) || (asked.leaf && *asked.leaf != leaf))
    return corrupt("the answer is about another record than the one asked for");
  return prove(json, LeafIndex{index}, leaf, keys);
}

Result<ProvenRecord> open_event(std::string_view text, LeafIndex asked,
                                const rules::KeyTimeline& keys) {
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(text));
  ASSIGN_OR_RETURN(const std::uint64_t index, json.number("index"));
  if (index != asked.value)
    return corrupt("the answer is about another record than the one asked for");
  ASSIGN_OR_RETURN(Buffer bytes, json.base64_bytes("record"));
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(bytes));
  RETURN_IF_ERROR(compare_said(json, record));
  ASSIGN_OR_RETURN(ProvenLeaf leaf, prove(json, asked, merkle::leaf_hash(bytes), keys));
  ASSIGN_OR_RETURN(std::string name, source_name_of(json, record));
  return ProvenRecord{std::move(leaf), std::move(bytes), std::move(name)};
}

Result<void> open_consistency(std::string_view text, const format::Checkpoint& older,
                              const format::Checkpoint& newer) {
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(text));
  ASSIGN_OR_RETURN(const merkle::Proof proof, proof_member(json));
  return merkle::verify_consistency(older.size, newer.size, proof, older.root, newer.root);
}

}  // namespace varve::verify
