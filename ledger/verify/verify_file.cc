// Rebuilds the leaves from what the holder of a receipt has, then proves them.
#include "ledger/verify/verify_file.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/batch.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/receipt.h"
#include "ledger/format/record.h"
#include "ledger/merkle/proof.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/source_text.h"

namespace varve::verify {
namespace {

std::vector<format::VerifierKey> keys_for(std::string_view note, const Trust& trust) {
  if (!trust.keys) return {trust.key};
  const auto parsed = format::parse_note(note);
  if (!parsed) return {};  // opening the checkpoint says what is wrong with it
  const auto claimed = format::parse_checkpoint_text(parsed->text);
  return claimed ? trust.keys->keys_at(claimed->size) : std::vector<format::VerifierKey>{};
}

Error explained(Error why, std::string_view text, const Trust& trust) {
  if (why.code != Code::kCorrupt) return why;
  const auto note = format::parse_note(text);
  const auto claimed = note ? format::parse_checkpoint_text(note->text) : note.error();
  if (!claimed) return why;
  why = or_unknown_key(std::move(why), *note, claimed->size, trust);
  return trust.keys ? or_revoked(std::move(why), text, *trust.keys) : why;
}

bool is_by(const format::NoteSignature& signature, const std::vector<format::VerifierKey>& keys) {
  return std::ranges::any_of(keys, [&](const format::VerifierKey& key) {
    return key.id == signature.id && key.name == signature.name;
  });
}

/// What is of another log is neither sound nor altered: it does not fit. Of a note that is none, whoever
/// opens it says what is wrong.
Result<void> expect_origin(std::string_view note, const Trust& trust) {
  const auto parsed = format::parse_note(note);
  if (!parsed) return {};
  const auto claimed = format::parse_checkpoint_text(parsed->text);
  if (!claimed || claimed->origin == trust.origin) return {};
  return invalid("it is of the log " + claimed->origin + ", and the key that is trusted of " +
                 trust.origin);
}

Result<void> compare_payload(Bytes record_bytes, std::optional<Bytes> payload) {
  if (!payload) return {};
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(record_bytes));
  if (text_of(record.payload) == text_of(*payload)) return {};
  return corrupt("the record in the proof holds another payload than the file given");
}

/// Length of the payload that belongs to a record header: its last four bytes.
Result<std::uint32_t> payload_length(Bytes header) {
  if (header.size() < format::kRecordFixedSize)
    return invalid("the receipt has a record header that is too short");
  return ByteReader(header.last(4)).u32();
}

/// Takes the next event from the body, as the server split it: one LF ends an event, or the end of
/// the body. Whatever else is beside it, a CR too, is the event's.
Result<Bytes> next_payload(Bytes& body, std::uint32_t length) {
  if (length > body.size()) return invalid("what was sent is shorter than the receipt's events");
  const Bytes payload = body.first(length);
  body = body.subspan(length);
  if (body.empty()) return payload;
  if (body.front() != std::byte{'\n'})
    return invalid("what was sent is not what the receipt is for: its lines have other lengths");
  body = body.subspan(1);
  return payload;
}

/// A header must end where the event begins: what stood between the two would be hashed as a part of the
/// event, and whoever sent the event would have a receipt for another one.
Result<Buffer> joined(Buffer record, Bytes payload) {
  append(record, payload);
  ASSIGN_OR_RETURN(const format::Record decoded, format::decode_record(record));
  if (decoded.payload.size() != payload.size())
    return corrupt(
        "the receipt has a record header that goes on behind its end: its record holds " +
        std::to_string(decoded.payload.size()) + " bytes, but an event of " +
        std::to_string(payload.size()) + " was sent");
  return record;
}

Result<std::vector<Buffer>> records_of(const format::Receipt& receipt, Bytes body) {
  std::vector<Buffer> records;
  for (const Buffer& header : receipt.record_headers) {
    ASSIGN_OR_RETURN(const std::uint32_t length, payload_length(header));
    Bytes payload = body;
    if (receipt.record_headers.size() == 1 && length == body.size()) {
      body = {};
    } else {
      ASSIGN_OR_RETURN(payload, next_payload(body, length));
    }
    ASSIGN_OR_RETURN(Buffer record, joined(header, payload));
    records.push_back(std::move(record));
  }
  if (!body.empty()) return invalid("more was sent than the receipt is for");
  return records;
}

/// A header is the server's word until it is hashed, and what it says counts then: it has to be that of
/// an event of the sender that the receipt names, numbered as the one before it in the receipt. An old
/// receipt names none: there the events are the log's own.
Result<void> check_sealed_by_log(const format::Receipt& receipt,
                                 const std::vector<Buffer>& records) {
  SourceId sender = format::kLogItself;
  if (!receipt.sender.empty()) {
    ASSIGN_OR_RETURN(sender, format::source_id(receipt.sender));
  }
  std::optional<std::uint64_t> last;
  std::uint64_t index = receipt.first_index.value;
  for (const Buffer& bytes : records) {
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(bytes));
    const std::string which = "the receipt makes record " + std::to_string(index++);
    if (record.kind != format::Kind::kEvent)
      return corrupt(which + " a " + format::kind_name(record.kind) + ", but events were sent");
    if (record.source != sender)
      return corrupt(which + " an event of " + source_text(record.source) +
                     ", but the receipt says that it is of " +
                     (receipt.sender.empty() ? source_text(sender) : receipt.sender));
    if (last && record.sequence != *last + 1)
      return corrupt(which + " number " + std::to_string(record.sequence) +
                     " of its sender's events, behind number " + std::to_string(*last));
    last = record.sequence;
  }
  return {};
}

Result<ProvenRange> prove(const format::Receipt& receipt, const Trust& trust,
                          const std::vector<Hash>& leaves, std::vector<Buffer> records) {
  const auto known = keys_for(receipt.checkpoint, trust);
  if (auto holds = format::verify_receipt(receipt, trust.origin, known, leaves); !holds)
    return explained(std::move(holds).error(), receipt.checkpoint, trust);
  return ProvenRange{
      receipt.first_index, receipt.count,      {trust.origin, receipt.tree_size, receipt.root},
      std::move(records),  receipt.checkpoint, receipt.sender};
}

}  // namespace

Error or_unknown_key(Error why, const format::Note& note, TreeSize size, const Trust& trust) {
  const TreeSize known_to = trust.newest ? trust.newest->size : TreeSize{0};
  if (why.code != Code::kCorrupt || (trust.keys && size <= known_to)) return why;
  const auto expected =
      trust.keys ? trust.keys->active_at(size) : std::vector<format::VerifierKey>{trust.key};
  const auto known = trust.keys ? trust.keys->history().all() : expected;
  const format::NoteSignature* unknown = nullptr;
  for (const format::NoteSignature& signature : note.signatures) {
    if (is_by(signature, expected)) return why;  // whose signature is wrong
    if (signature.name == trust.origin && !is_by(signature, known)) unknown = &signature;
  }
  if (unknown == nullptr) return why;
  Buffer id;
  ByteWriter(id).u32(unknown->id);
  const std::string key =
      "it cannot be said whether this is sound: it is signed by the key " + hex(id);
  if (!trust.keys)
    return not_found(key +
                     ", and the one given is another: give the log's trust bundle, as "
                     "varve-keys backup-public writes it, with --bundle FILE");
  return not_found(key + ", which the bundle, of the first " + std::to_string(known_to.value) +
                   " records, does not know: get a newer one (varve-keys backup-public)");
}

Result<ProvenRange> verify_proof_file(std::string_view text, const Trust& trust,
                                      std::optional<Bytes> record, std::optional<Bytes> payload) {
  ASSIGN_OR_RETURN(const format::ProofFile file, format::parse_proof_file(text));
  RETURN_IF_ERROR(expect_origin(file.checkpoint, trust));
  if (file.extra.empty() && !record)
    return invalid("the proof does not carry its record: give it with --record");
  if (!file.extra.empty() && record && text_of(file.extra) != text_of(*record))
    return corrupt("the proof carries another record than the file given");
  const Bytes bytes = record ? *record : Bytes{file.extra};
  RETURN_IF_ERROR(compare_payload(bytes, payload));
  const auto known = keys_for(file.checkpoint, trust);
  auto in = format::open_checkpoint(file.checkpoint, trust.origin, known);
  if (!in) return explained(std::move(in).error(), file.checkpoint, trust);
  RETURN_IF_ERROR(merkle::verify_inclusion(merkle::leaf_hash(bytes), file.index, in->size,
                                           file.proof, in->root));
  return ProvenRange{file.index, 1, *in, {to_buffer(bytes)}, file.checkpoint};
}

Result<ProvenRange> verify_batch_receipt(std::string_view json, const Trust& trust, Buffer bytes) {
  ASSIGN_OR_RETURN(const format::Receipt receipt, format::parse_receipt(json));
  RETURN_IF_ERROR(expect_origin(receipt.checkpoint, trust));
  if (!receipt.record_headers.empty())
    return invalid("the server sealed these events: give what was sent with --payload");
  ASSIGN_OR_RETURN(const format::SealedBatch batch, format::decode_batch(std::move(bytes)));
  std::vector<Buffer> records;
  for (const Bytes record : batch.records) records.push_back(to_buffer(record));
  return prove(receipt, trust, batch.leaves, std::move(records));
}

Result<ProvenRange> verify_events_receipt(std::string_view json, const Trust& trust, Bytes body) {
  ASSIGN_OR_RETURN(const format::Receipt receipt, format::parse_receipt(json));
  RETURN_IF_ERROR(expect_origin(receipt.checkpoint, trust));
  if (receipt.record_headers.empty())
    return invalid("the receipt is of a sealed batch: give the batch with --batch");
  ASSIGN_OR_RETURN(std::vector<Buffer> records, records_of(receipt, body));
  RETURN_IF_ERROR(check_sealed_by_log(receipt, records));
  const std::vector<Bytes> views(records.begin(), records.end());
  return prove(receipt, trust, merkle::leaf_hashes(views), std::move(records));
}

Result<VerifiedCheckpoint> verify_checkpoint(std::string_view note, const Trust& trust) {
  RETURN_IF_ERROR(expect_origin(note, trust));
  const auto known = keys_for(note, trust);
  auto checkpoint = format::open_checkpoint(note, trust.origin, known);
  if (!checkpoint) return explained(std::move(checkpoint).error(), note, trust);
  VerifiedCheckpoint verified{std::move(*checkpoint), {}};
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(note));
  ASSIGN_OR_RETURN(const auto signers, format::verify_note(parsed, known));
  for (const std::size_t k : signers) verified.signers.push_back(known[k]);
  return verified;
}

}  // namespace varve::verify
