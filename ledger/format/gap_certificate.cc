// Gap certificates, in the one spelling that formatting gives.
#include "ledger/format/gap_certificate.h"

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/lines.h"
#include "ledger/format/note.h"
#include "ledger/format/record.h"

namespace varve::format {
namespace {

constexpr std::string_view kSourceLabel = "source ";
constexpr std::string_view kRecordLabel = "record ";
constexpr std::string_view kHeartbeatLabel = "heartbeat ";

Error not_a_certificate(std::string_view why) {
  return invalid("not a gap certificate: " + std::string(why));
}

Result<Buffer> decode_entry(std::string_view text) {
  auto record = decode_base64(text);
  if (!record || record->empty() || record->size() > kRecordMax)
    return not_a_certificate("a record in it is not base64");
  return record;
}

Result<GapCertificate::Entry> take_entry(std::string_view& text) {
  std::string_view line = take_labelled(text, kRecordLabel).value_or("");
  const auto index = decode_decimal(take_word(line));
  if (!index) return not_a_certificate("a record in it has no index");
  ASSIGN_OR_RETURN(Buffer record, decode_entry(line));
  return GapCertificate::Entry{LeafIndex{*index}, std::move(record)};
}

/// Takes the hash lines and the empty line after them.
Result<merkle::Proof> take_hashes(std::string_view& text) {
  merkle::Proof proof;
  for (;;) {
    const auto line = take_line(text);
    if (!line) return not_a_certificate("it ends before the checkpoint");
    if (line->empty()) return proof;
    const auto hash = decode_base64_hash(*line);
    if (!hash) return not_a_certificate("a proof line is not a base64 hash");
    proof.push_back(*hash);
  }
}

}  // namespace

std::string format_gap_certificate(const GapCertificate& certificate) {
  std::string out(kGapCertificateTitle);
  out.append("\n").append(kSourceLabel).append(certificate.source).append("\n");
  for (const GapCertificate::Entry& entry : certificate.records) {
    out.append(kRecordLabel).append(std::to_string(entry.index.value)).append(" ");
    out.append(base64(entry.record)).append("\n");
  }
  for (const Buffer& heartbeat : certificate.heartbeats)
    out.append(kHeartbeatLabel).append(base64(heartbeat)).append("\n");
  for (const Hash& hash : certificate.proof) out.append(base64(hash.view())).append("\n");
  return out.append("\n").append(certificate.checkpoint);
}

Result<GapCertificate> parse_gap_certificate(std::string_view text) {
  if (text.size() > kGapCertificateMax) return not_a_certificate("it is larger than 64 MiB");
  if (take_line(text) != kGapCertificateTitle)
    return not_a_certificate("its first line is another");
  GapCertificate certificate;
  const auto source = take_labelled(text, kSourceLabel);
  if (!source || !source_id(*source)) return not_a_certificate("it names no source");
  certificate.source = std::string(*source);
  while (text.starts_with(kRecordLabel)) {
    ASSIGN_OR_RETURN(GapCertificate::Entry entry, take_entry(text));
    certificate.records.push_back(std::move(entry));
  }
  while (text.starts_with(kHeartbeatLabel)) {
    const auto line = take_labelled(text, kHeartbeatLabel);
    ASSIGN_OR_RETURN(Buffer heartbeat, decode_entry(line.value_or("")));
    certificate.heartbeats.push_back(std::move(heartbeat));
  }
  ASSIGN_OR_RETURN(certificate.proof, take_hashes(text));
  ASSIGN_OR_RETURN(const Note note, parse_note(text));
  RETURN_IF_ERROR(parse_checkpoint_text(note.text));
  certificate.checkpoint = std::string(text);
  return certificate;
}

}  // namespace varve::format
