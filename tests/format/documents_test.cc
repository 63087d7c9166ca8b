// Every worked example in docs/format, against the log it is taken from and the real decoders.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/access.h"
#include "ledger/format/audit_run.h"
#include "ledger/format/batch.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/control.h"
#include "ledger/format/cose_receipt.h"
#include "ledger/format/gap_certificate.h"
#include "ledger/format/grants.h"
#include "ledger/format/heartbeat.h"
#include "ledger/format/sender.h"
#include "ledger/format/witness_alarms.h"
#include "ledger/format/witness_policy.h"
#include "ledger/rules/key_history.h"
#include "ledger/rules/witnessed.h"
#include "tests/directories.h"
#include "tests/format/documented_log.h"
#include "tests/format/documented_renewal.h"
#include "tests/format/test_cosigner.h"

namespace varve::format {
namespace {

const DocumentedLog& log() {
  static const DocumentedLog kLog;
  return kLog;
}

/// The lines of the block of `document` that opens with "```<name>".
std::string block(const std::string& document, const std::string& name) {
  std::ifstream in(source_file("docs/format/" + document));
  std::string line;
  while (std::getline(in, line) && line != "```" + name) {
  }
  std::string lines;
  while (std::getline(in, line) && line != "```") lines.append(line).append("\n");
  EXPECT_FALSE(lines.empty()) << document << " has no block " << name;
  return lines;
}

std::string dump_of(Bytes bytes) {
  std::ostringstream out;
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    Buffer offset;
    ByteWriter(offset).u16(static_cast<std::uint16_t>(at));
    out << hex(offset) << " ";
    for (const std::byte b : bytes.subspan(at, std::min<std::size_t>(16, bytes.size() - at)))
      out << " " << hex({&b, 1});
    out << "\n";
  }
  return out.str();
}

/// The bytes of a hex block, which must be exactly these.
Buffer shown(const std::string& document, const std::string& name, Bytes expected) {
  const std::string dump = block(document, "hex " + name);
  EXPECT_EQ(dump, dump_of(expected)) << document;
  Buffer bytes;
  std::istringstream words(dump);
  for (std::string word; words >> word;)
    if (word.size() == 2) append(bytes, *decode_hex(word));
  return bytes;
}

std::string shown_text(const std::string& document, const std::string& name,
                       const std::string& expected) {
  const std::string text = block(document, name);
  EXPECT_EQ(text, expected) << document;
  return text;
}

TEST(FormatDocuments, ShowARecord) {
  const Buffer bytes = shown("record.md", "record", log().records[2]);
  const auto record = decode_record(bytes);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->kind, Kind::kEvent);
  EXPECT_EQ(record->source, *source_id("ward-7/pacs"));
  EXPECT_EQ(text_of(record->payload), "{\"action\":\"read\",\"user\":\"dr-ito\"}");
  EXPECT_NE(block("record.md", "leaf-hash").find(hex(log().leaves[2].view())), std::string::npos)
      << hex(log().leaves[2].view());
}

TEST(FormatDocuments, ShowABatchAndItsSeal) {
  const auto batch = decode_batch(shown("batch.md", "batch", log().batch));
  ASSERT_TRUE(batch) << batch.error().message;
  const auto seal = decode_seal(shown("batch.md", "seal", log().records[4]));
  ASSERT_TRUE(seal);
  EXPECT_EQ(seal->root, merkle::root_of(std::span{log().leaves}.subspan(2, 2)));
  EXPECT_TRUE(verify_signature(log().source_key.verifier(), *seal_message(*seal, log().origin),
                               seal->signature));
}

TEST(FormatDocuments, ShowASealByTheLog) {
  const SourceId relay = *source_id(source_name({SenderKind::kListener, "relay"}));
  const SourceId ehr = *source_id(source_name({SenderKind::kClient, "ehr"}));
  Seal seal;
  seal.sealer = Sealer::kLog;
  seal.sequence = 1;
  seal.time_us = log().seal.time_us;
  seal.salt.fill(std::byte{0xa6});
  seal.previous = log().leaves[4];
  seal.root = log().seal.root;
  seal.count = 3;
  seal.runs = {{relay, 4, 1}, {ehr, 17, 2}};
  std::ranges::sort(seal.runs, {}, &SealedRun::source);
  const auto decoded = decode_seal(shown("batch.md", "log-seal", *encode_seal(seal)));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->runs, seal.runs);
}

TEST(FormatDocuments, ShowSenders) {
  const SenderRecord client{log().origin, {SenderKind::kClient, "EHR@ward-7"}};
  const SenderRecord listener{log().origin, {SenderKind::kListener, "relay"}};
  const auto shown_client =
      parse_sender(shown_text("control.md", "sender client", sender_text(client)));
  ASSERT_TRUE(shown_client);
  EXPECT_EQ(shown_client->sender, client.sender);
  EXPECT_TRUE(parse_sender(shown_text("control.md", "sender listener", sender_text(listener))));
}

TEST(FormatDocuments, ShowAHeartbeat) {
  const Heartbeat beat{1'795'256'100'000'000, 3'600, 0};
  EXPECT_EQ(*parse_heartbeat(shown_text("batch.md", "heartbeat", heartbeat_text(beat))), beat);
}

TEST(FormatDocuments, ShowAGapCertificate) {
  const auto certificate = parse_gap_certificate(
      shown_text("gap-certificate.md", "gap-certificate", format_gap_certificate(log().gaps)));
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(certificate->records[1].record, log().records[4]);
}

TEST(FormatDocuments, ShowAContradiction) {
  const auto shown_one = parse_contradiction(
      shown_text("contradiction.md", "contradiction", format_contradiction(log().contradiction)));
  ASSERT_TRUE(shown_one) << shown_one.error().message;
  EXPECT_EQ(shown_one->newer, log().checkpoint);
}

// What it says, @transmute/cose verifies in tests/system.
TEST(FormatDocuments, ShowACoseReceipt) {
  const VerifierKey& key = log().log_key.verifier();
  const Checkpoint tree = *open_checkpoint(log().checkpoint, log().origin, {&key, 1});
  const Buffer message = cose_signed_bytes(key, tree);
  shown("cose-receipt.md", "signed", message);
  EXPECT_EQ(message.front(), std::byte{0x84}) << "which begins no text in UTF-8";
  const auto root = make_signed_root(tree, key, log().log_key.sign(message));
  ASSERT_TRUE(root);
  const Buffer receipt =
      shown("cose-receipt.md", "receipt",
            inclusion_receipt(*root, log().proof_file.index, log().proof_file.proof));
  shown("cose-receipt.md", "keys", cose_key_set({&key, 1}));
  EXPECT_TRUE(names_key(*parse_cose_receipt(receipt), key));
}

TEST(FormatDocuments, ShowANoteAndAVerifierKey) {
  const std::string vkey = format_vkey(log().log_key.verifier());
  const auto key = parse_vkey(shown_text("note.md", "vkey", vkey + "\n").substr(0, vkey.size()));
  ASSERT_TRUE(key);
  const auto note = parse_note(shown_text("note.md", "note", log().checkpoint));
  ASSERT_TRUE(note);
  EXPECT_TRUE(verify_note(*note, {&*key, 1}));
  Buffer signature;
  ByteWriter(signature).u32(key->id).bytes(note->signatures[0].signature);
  shown("note.md", "signature", signature);
}

TEST(FormatDocuments, ShowACheckpoint) {
  const Checkpoint checkpoint{log().origin, TreeSize{5}, merkle::root_of(log().leaves)};
  const std::string text = checkpoint_text(checkpoint);
  EXPECT_EQ(*parse_checkpoint_text(text_of(shown("checkpoint.md", "checkpoint", bytes_of(text)))),
            checkpoint);
  shown_text("checkpoint.md", "checkpoint", text);
}

TEST(FormatDocuments, ShowAProofFileAndANode) {
  const auto file =
      parse_proof_file(shown_text("proof.md", "tlog-proof", format_proof_file(log().proof_file)));
  ASSERT_TRUE(file);
  const auto checkpoint =
      open_checkpoint(file->checkpoint, log().origin, std::vector{log().log_key.verifier()});
  ASSERT_TRUE(checkpoint);
  EXPECT_TRUE(merkle::verify_inclusion(merkle::leaf_hash(file->extra), file->index,
                                       checkpoint->size, file->proof, checkpoint->root));
  Buffer node{std::byte{1}};
  append(node, log().leaves[2].view());
  append(node, log().leaves[3].view());
  EXPECT_EQ(merkle::sha256(shown("proof.md", "node", node)), log().seal.root);
}

TEST(FormatDocuments, ShowReceipts) {
  const std::vector<VerifierKey> known{log().log_key.verifier()};
  const auto receipt =
      parse_receipt(shown_text("receipt.md", "json receipt", format_receipt(log().receipt)));
  ASSERT_TRUE(receipt);
  EXPECT_TRUE(verify_receipt(*receipt, log().origin, known, std::span{log().leaves}.subspan(2, 3)));
  const auto event = parse_receipt(
      shown_text("receipt.md", "json event-receipt", format_receipt(log().event_receipt)));
  ASSERT_TRUE(event);
  Buffer record = shown("receipt.md", "record_header", event->record_headers[0]);
  append(record, bytes_of("{\"action\":\"read\",\"user\":\"dr-ito\"}"));
  EXPECT_TRUE(verify_receipt(*event, log().origin, known, std::vector{merkle::leaf_hash(record)}));
}

TEST(FormatDocuments, ShowKeyEventsAndSourceEvents) {
  rules::KeyHistory history(log().origin);
  EXPECT_TRUE(history.apply(shown_text("control.md", "key-event", log().key_event)));
  EXPECT_EQ(history.active(), std::vector{log().log_key.verifier()});
  EXPECT_TRUE(history.apply(shown_text("control.md", "key-event statement", log().rotation)));
  EXPECT_TRUE(history.apply(shown_text("control.md", "key-event witness-key", log().witness_key)));
  shown("control.md", "witness-key", bytes_of(log().witness_key));
  EXPECT_EQ(*history.witness_key(), log().for_witnesses.verifier());
  EXPECT_TRUE(history.apply(shown_text("control.md", "key-event approvers", log().approvers)));
  EXPECT_TRUE(history.apply(shown_text("control.md", "key-event revocation", log().revocation)));
  EXPECT_EQ(history.active(), std::vector{log().next_key.verifier()});
  EXPECT_FALSE(history.counts(log().log_key.verifier(), TreeSize{6}));
  shown("control.md", "revocation", bytes_of(log().revocation));
  const auto note = parse_note(shown_text("control.md", "source-event", log().source_event));
  ASSERT_TRUE(note);
  EXPECT_EQ(parse_source_event(note->text)->key, log().source_key.verifier());
  EXPECT_TRUE(verify_note(*note, std::vector{log().source_key.verifier()}));
  const Buffer bytes = shown("control.md", "record", log().records[0]);
  EXPECT_EQ(decode_record(bytes)->kind, Kind::kKeyEvent);
}

TEST(FormatDocuments, ShowAnAuditRun) {
  const std::uint64_t began_us = 1'795'256'105'000'000;
  const std::uint64_t ended_us = began_us + 2'592'000'000'000;  // 30 days
  const AuditRun run{
      log().origin, began_us, ended_us, 1, TreeSize{5}, 2'310, {"segments/00000000.seg"}};
  const std::string text = shown_text("control.md", "audit-run", audit_run_text(run));
  EXPECT_EQ(*parse_audit_run(text), run);
  Record record{Kind::kAuditRun,  kLogItself, 2,
                ended_us + 1'000, {},         media_type_of(Kind::kAuditRun),
                bytes_of(text)};
  record.salt.fill(std::byte{0xa5});
  const Buffer bytes = shown("control.md", "audit-run", *encode_record(record));
  EXPECT_EQ(decode_record(bytes)->kind, Kind::kAuditRun);
}

TEST(FormatDocuments, ShowGrants) {
  const std::uint64_t time_us = 1'795'256'106'000'000;
  const std::uint64_t before_us = time_us - 86'400'000'000;
  const Grants grants{
      log().origin,
      LeafIndex{5},
      time_us,
      {{{"certificate", "append", "ward-7/pacs", "ward-7"}, before_us},
       {{"jwt", "read", "", grant_holder("https://idp.example.org scope=varve.read")}, time_us},
       {{"token", "operate", "", "ann"}, before_us}}};
  const std::string text = shown_text("control.md", "grants", grants_text(grants));
  EXPECT_EQ(*parse_grants(text), grants);
  Record record{Kind::kGrants, kLogItself, 3, time_us + 1'000, {}, media_type_of(Kind::kGrants),
                bytes_of(text)};
  record.salt.fill(std::byte{0xa6});
  const Buffer bytes = shown("control.md", "grants", *encode_record(record));
  EXPECT_EQ(decode_record(bytes)->kind, Kind::kGrants);
}

TEST(FormatDocuments, ShowAWitnessedCheckpoint) {
  const std::string note = block("cosignature.md", "cosigned");
  Record record{Kind::kWitnessed,      kLogItself, 4,
                1'795'256'170'000'000, {},         media_type_of(Kind::kWitnessed),
                bytes_of(note)};
  record.salt.fill(std::byte{0xa7});
  const Buffer bytes = shown("control.md", "witnessed", *encode_record(record));
  const auto shown = decode_record(bytes);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->kind, Kind::kWitnessed);
  EXPECT_EQ(rules::witnessed_tree(text_of(shown->payload), LeafIndex{5})->checkpoint.size,
            TreeSize{5});
}

TEST(FormatDocuments, ShowAnAccessARefusalAndALoss) {
  const Access access{"log.example",
                      {"privacy-office", "jwt", "sha256:" + std::string(64, 'a'), "ann",
                       "https://idp.example.org", "7f3c", "192.0.2.7"},
                      1'795'256'120'000'000,
                      1'795'256'120'400'000,
                      {{"GET", "/logs/{log}/events/{item}", 200, 3, {{{17}, {19}}, {{40}, {40}}}},
                       {"GET", "/logs/{log}/events/{item}", 410, 1, {{{5}, {5}}}},
                       {"GET", "/logs/{log}/tile/entries/{rest}", 200, 2, {{{0}, {511}}}}}};
  const std::string text = shown_text("access.md", "access", access_text(access));
  EXPECT_EQ(*parse_access(text), access);
  Record record;
  record.kind = Kind::kAccess;
  record.sequence = 12;
  record.time_us = 1'795'256'120'900'000;
  record.salt.fill(std::byte{0xc1});
  record.media_type = media_type_of(Kind::kAccess);
  record.payload = bytes_of(text);
  const Buffer bytes = shown("access.md", "access", *encode_record(record));
  EXPECT_TRUE(check_access(text_of(decode_record(bytes)->payload), "log.example"));
  const Refusals refusals{
      "log.example",
      1'795'256'120'000'000,
      1'795'256'179'000'000,
      {{{"no-credential", "GET", "/logs/{log}/events/{item}", "203.0.113.9", ""}, 40},
       {{"not-allowed", "GET", "/logs/{log}/tile/entries/{rest}", "192.0.2.7", "clinic-a"}, 2}},
      3};
  EXPECT_EQ(*parse_refusals(shown_text("access.md", "refusal", refusals_text(refusals))), refusals);
  const Loss loss{"log.example", 1'795'256'180'000'000, 1'795'259'000'000'000};
  EXPECT_EQ(*parse_loss(shown_text("access.md", "loss", loss_text(loss))), loss);
}

TEST(FormatDocuments, ShowARenewalAndWhatItProves) {
  const DocumentedRenewal renewed(log());
  const std::vector<VerifierKey> known{log().log_key.verifier()};
  const auto note = parse_note(shown_text("renewal.md", "renewal", renewed.note));
  ASSERT_TRUE(note && verify_note(*note, known));
  const auto renewal = parse_renewal(note->text);
  ASSERT_TRUE(renewal) << renewal.error().message;
  const Buffer record = shown("renewal.md", "renewal_record", renewed.record);
  EXPECT_EQ(decode_record(record)->kind, Kind::kRenewal);
  const Buffer leaves = shown("renewal.md", "renewed_leaves", renewed.leaves);
  merkle::GenericTree records(*renewal->function);
  merkle::GenericTree checkpoints(*renewal->function);
  for (ByteReader in(leaves); !in.at_end();) {
    records.append(in.hash());
    checkpoints.append(in.hash());
  }
  EXPECT_EQ(records.root(), renewal->records);
  EXPECT_EQ(checkpoints.root(), renewal->checkpoints);
  const auto proof = parse_renewal_proof(shown_text("renewal.md", "renewal-proof", renewed.proof));
  ASSERT_TRUE(proof) << proof.error().message;
  const auto statement = parse_proof_file(proof->statement);
  const auto in = open_checkpoint(statement->checkpoint, log().origin, known);
  ASSERT_TRUE(in);
  EXPECT_EQ(statement->extra, record);
  EXPECT_TRUE(merkle::verify_inclusion(merkle::leaf_hash(record), statement->index, in->size,
                                       statement->proof, in->root));
  const Bytes old(log().records[2]);
  const auto under = open_checkpoint(log().checkpoint, log().origin, known);
  EXPECT_TRUE(verify_renewed(*renewal, *proof, {&old, 1}, *under));
}

TEST(FormatDocuments, ShowACosignedNoteAndItsPolicy) {
  const TestCosigner north("north.example.org/w", 6);
  const TestCosigner south("south.example.org/w", 7);
  const std::string text =
      shown_text("cosignature.md", "policy",
                 "log " + format_vkey(log().log_key.verifier()) + "\nwitness north " +
                     north.vkey() + " https://witness.north.example.org\nwitness south " +
                     south.vkey() + "\ngroup both all north south\nquorum both\n");
  const auto policy = WitnessPolicy::parse(text);
  ASSERT_TRUE(policy) << policy.error().message;
  Note note = *parse_note(log().checkpoint);
  note.signatures.push_back(north.cosign(note.text, 1'795'256'160));
  note.signatures.push_back(south.cosign(note.text, 1'795'256'161));
  const std::string cosigned = shown_text("cosignature.md", "cosigned", format_note(note));
  const auto found = cosigners_of(cosigned, *policy);
  ASSERT_TRUE(found && found->is_quorum);
  Buffer line;
  ByteWriter(line).u32(north.key().id).bytes(note.signatures[1].signature);
  shown("cosignature.md", "cosignature", line);
  const std::string message = cosigned_message(note.text, found->by_witness[0]->time_s);
  shown("cosignature.md", "message", bytes_of(message));
}

TEST(FormatDocuments, ShowAnAlarmOfAWitness) {
  const WitnessAlarm alarm{TestCosigner("south.example.org/w", 7).key(), 1'795'256'220,
                           "it has cosigned 9 records, and the log has 5"};
  const auto read =
      parse_alarms(shown_text("cosignature.md", "alarms", alarms_text(std::vector{alarm})));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, std::vector{alarm});
}

}  // namespace
}  // namespace varve::format
