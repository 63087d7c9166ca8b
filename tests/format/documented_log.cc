// Builds the log of the documents the way a server and a collector do.
#include "tests/format/documented_log.h"

#include <algorithm>

#include "ledger/format/batch.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/control.h"

namespace varve::format {
namespace {

Salt salt_of(std::size_t record) {
  Salt salt;
  salt.fill(static_cast<std::byte>(0xa0 + record));
  return salt;
}

/// The tree over given leaves, as provers want it.
class Nodes final : public merkle::NodeSink, public merkle::HashReader {
 public:
  explicit Nodes(std::span<const Hash> leaves) {
    merkle::Frontier frontier;
    for (const Hash& leaf : leaves) frontier.append(leaf, this);
  }
  void completed(merkle::NodeId id, const Hash& hash) override { nodes_.emplace(id, hash); }
  [[nodiscard]] Result<Hash> node(merkle::NodeId id) const override { return nodes_.at(id); }

 private:
  std::map<merkle::NodeId, Hash> nodes_;
};

}  // namespace

DocumentedLog::DocumentedLog() {
  key_event =
      signed_note(key_event_text({KeyAction::kCreate, origin, log_key.verifier()}), {&log_key});
  source_event = signed_note(
      source_event_text({SourceAction::kRegister, origin, source_key.verifier()}), {&source_key});
  KeyStatement statement;
  statement.token = "pkcs11:manufacturer=SoftHSM%20project;model=SoftHSM%20v2;serial=1;token=varve";
  statement.claims = {true, true, true, false, true, false, true};
  statement.probe = ProbeOutcome{};
  statement.attestations = {to_buffer(bytes_of("verbatim"))};
  const KeyEvent joins{KeyAction::kRotate, origin, next_key.verifier(), {}, statement};
  rotation = signed_note(key_event_text(joins), {&log_key, &next_key});
  witness_key =
      signed_note(key_event_text({KeyAction::kWitnessKey, origin, for_witnesses.verifier()}),
                  {&log_key, &next_key, &for_witnesses});
  const KeyEvent names{KeyAction::kApprovers,
                       origin,
                       log_key.verifier(),
                       {},
                       {},
                       2,
                       {ann_key.verifier(), bob_key.verifier()}};
  approvers = signed_note(key_event_text(names), {&log_key, &ann_key, &bob_key});
  revocation =
      signed_note(key_event_text({KeyAction::kRevoke, origin, log_key.verifier(), TreeSize{5}}),
                  {&next_key, &ann_key, &bob_key});
  Record control;
  control.kind = Kind::kKeyEvent;
  control.media_type = media_type_of(Kind::kKeyEvent);
  control.payload = bytes_of(key_event);
  add(control);
  control.kind = Kind::kSourceEvent;
  control.sequence = 1;
  control.media_type = media_type_of(Kind::kSourceEvent);
  control.payload = bytes_of(source_event);
  add(control);
  add_batch();
  prove();
}

void DocumentedLog::add(const Record& record) {
  Record stamped = record;
  stamped.time_us = time_us_;
  stamped.salt = salt_of(records.size());
  time_us_ += 1'000'000;
  records.push_back(*encode_record(stamped));
  leaves.push_back(merkle::leaf_hash(records.back()));
}

void DocumentedLog::add_batch() {
  Record event;
  event.source = *source_id(source_key.verifier().name);
  event.media_type = "application/json";
  event.payload = bytes_of("{\"action\":\"read\",\"user\":\"dr-ito\"}");
  add(event);
  event.sequence = 1;
  event.payload = bytes_of("{\"action\":\"print\",\"user\":\"dr-ito\"}");
  add(event);
  seal.source = event.source;
  seal.time_us = time_us_;
  seal.salt = salt_of(records.size());
  seal.count = 2;
  seal.root = merkle::root_of(std::span{leaves}.subspan(2, 2));
  std::ranges::copy(source_key.sign(*seal_message(seal, origin)), seal.signature.begin());
  records.push_back(*encode_seal(seal));
  leaves.push_back(merkle::leaf_hash(records.back()));
  for (std::size_t i = 2; i < 5; ++i) append_to_bundle(batch, records[i]);
}

void DocumentedLog::prove() {
  const TreeSize size{records.size()};
  const Nodes nodes(leaves);
  const Hash root = merkle::root_of(leaves);
  checkpoint = signed_note(checkpoint_text({origin, size, root}), {&log_key});
  receipt = {LeafIndex{2},
             3,
             size,
             root,
             checkpoint,
             *merkle::prove_range(LeafIndex{2}, 3, size, nodes),
             {}};
  event_receipt = {LeafIndex{2},
                   1,
                   size,
                   root,
                   checkpoint,
                   *merkle::prove_range(LeafIndex{2}, 1, size, nodes),
                   {*encode_record_header(*decode_record(records[2]))}};
  proof_file = {records[2], LeafIndex{2}, *merkle::prove_inclusion(LeafIndex{2}, size, nodes),
                checkpoint};
  const std::vector<LeafIndex> sealed{{1}, {4}};
  gaps = {
      source_key.verifier().name, {}, {}, *merkle::prove_leaves(sealed, size, nodes), checkpoint};
  for (const LeafIndex i : sealed) gaps.records.push_back({i, records[i.value]});
  std::vector<Hash> others(leaves.begin(), leaves.begin() + 3);
  others.back() = merkle::leaf_hash(bytes_of("another record 2"));
  const Checkpoint other{origin, TreeSize{3}, merkle::root_of(others)};
  contradiction = {merkle::root_of(std::span{leaves}.first(3)),
                   *merkle::prove_consistency(TreeSize{3}, size, nodes),
                   signed_note(checkpoint_text(other), {&log_key}), checkpoint};
}

}  // namespace varve::format
