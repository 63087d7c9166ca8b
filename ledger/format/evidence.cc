// Evidence, in the one spelling that formatting gives.
#include "ledger/format/evidence.h"

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/lines.h"
#include "ledger/format/note.h"
#include "ledger/format/record.h"

namespace varve::format {
namespace {

constexpr std::string_view kAskLabel = "ask ";
constexpr std::string_view kFromLabel = "from ";
constexpr std::string_view kUntilLabel = "until ";
constexpr std::string_view kIndexLabel = "index ";
constexpr std::string_view kOutsideLine = "outside";
constexpr std::string_view kGoneLabel = "gone ";
constexpr std::string_view kTermLabel = "term ";
constexpr std::string_view kThereLabel = "there ";
constexpr std::string_view kAbsentLabel = "absent ";
constexpr std::string_view kNeighbourLabel = "neighbour ";
constexpr std::string_view kPathLabel = "path ";
constexpr std::string_view kEventLabel = "event ";
constexpr std::string_view kProofLabel = "proof ";
constexpr std::size_t kNeighboursMax = 2;

Error not_evidence(std::string_view why) {
  return invalid("not evidence: " + std::string(why));
}

void put_base64(std::string& out, std::string_view label, Bytes bytes) {
  out.append(label);
  append_base64(out, bytes);
  out.append("\n");
}

void put_entry(std::string& out, std::string_view label, const AnswerEvidence::Entry& entry) {
  out.append(label).append(std::to_string(entry.index.value));
  put_base64(out, " ", entry.record);
}

void put_row(std::string& out, const ShownRow& row) {
  put_base64(out, kTermLabel, row.term);
  if (row.there) {
    out.append(kThereLabel).append(std::to_string(row.place)).append(" ");
    append_base64(out, row.there->nonce.view());
    for (const std::uint64_t record : row.there->records)
      out.append(" ").append(std::to_string(record));
    out.append("\n");
  } else {
    out.append(kAbsentLabel).append(std::to_string(row.place)).append("\n");
  }
  for (const IndexRow& neighbour : row.neighbours) {
    Buffer both = to_buffer(neighbour.token);
    append(both, neighbour.content.view());
    put_base64(out, kNeighbourLabel, both);
  }
  for (const Hash& hash : row.path) put_base64(out, kPathLabel, hash.view());
}

void put_index(std::string& out, const AnswerEvidence::Index& index) {
  put_entry(out, kIndexLabel, index.commitment);
  if (index.opened == AnswerEvidence::Opened::kOutside) out.append(kOutsideLine).append("\n");
  if (index.disposal) put_entry(out, kGoneLabel, *index.disposal);
  for (const ShownRow& row : index.rows) put_row(out, row);
}

/// A line of base64 with exactly as many bytes as `out`.
Result<void> take_bytes(std::string_view& text, std::string_view label, MutableBytes out) {
  const auto line = take_labelled(text, label);
  const auto bytes = line ? decode_base64(*line) : Result<Buffer>(invalid(""));
  if (!bytes || bytes->size() != out.size())
    return not_evidence("a line " + std::string(label) + "is missing or not of its length");
  std::ranges::copy(*bytes, out.begin());
  return {};
}

Result<std::vector<Hash>> take_hashes_of(std::string_view& text, std::string_view label) {
  std::vector<Hash> hashes;
  while (text.starts_with(label)) {
    Hash hash;
    RETURN_IF_ERROR(take_bytes(text, label, hash.bytes));
    hashes.push_back(hash);
  }
  return hashes;
}

Result<AnswerEvidence::Entry> take_record(std::string_view& text, std::string_view label) {
  std::string_view line = take_labelled(text, label).value_or("");
  const auto index = decode_decimal(take_word(line));
  auto record = decode_base64(line);
  if (!index || !record || record->empty() || record->size() > kRecordMax)
    return not_evidence("a line " + std::string(label) + "has no index or no record");
  return AnswerEvidence::Entry{LeafIndex{*index}, std::move(*record)};
}

Result<ShownRow::There> take_there(std::string_view line) {
  ShownRow::There there;
  ASSIGN_OR_RETURN(there.nonce, decode_base64_hash(take_word(line)));
  while (!line.empty()) {
    ASSIGN_OR_RETURN(const std::uint64_t record, decode_decimal(take_word(line)));
    there.records.push_back(record);
  }
  return there;
}

Result<ShownRow> take_row(std::string_view& text) {
  ShownRow row;
  RETURN_IF_ERROR(take_bytes(text, kTermLabel, row.term));
  const bool is_there = text.starts_with(kThereLabel);
  std::string_view line = take_labelled(text, is_there ? kThereLabel : kAbsentLabel).value_or(" ");
  const bool ends_in_blank = line.ends_with(' ');
  const auto place = decode_decimal(take_word(line));
  if (!place || ends_in_blank) return not_evidence("a row in it has no place");
  row.place = *place;
  if (is_there) {
    auto there = take_there(line);
    if (!there) return not_evidence("a row in it is malformed: " + there.error().message);
    row.there = std::move(*there);
  } else if (!line.empty()) {
    return not_evidence("a row that is absent has records");
  }
  while (text.starts_with(kNeighbourLabel) && row.neighbours.size() < kNeighboursMax) {
    std::array<std::byte, kIndexTokenSize + kHashSize> both{};
    RETURN_IF_ERROR(take_bytes(text, kNeighbourLabel, both));
    IndexRow& neighbour = row.neighbours.emplace_back();
    std::copy_n(both.begin(), kIndexTokenSize, neighbour.token.begin());
    std::copy(both.begin() + kIndexTokenSize, both.end(), neighbour.content.bytes.begin());
  }
  ASSIGN_OR_RETURN(row.path, take_hashes_of(text, kPathLabel));
  return row;
}

bool take_whole_line(std::string_view& text, std::string_view line) {
  if (!text.starts_with(std::string(line) + "\n")) return false;
  text.remove_prefix(line.size() + 1);
  return true;
}

Result<AnswerEvidence::Index> take_index(std::string_view& text) {
  AnswerEvidence::Index index;
  ASSIGN_OR_RETURN(index.commitment, take_record(text, kIndexLabel));
  if (take_whole_line(text, kOutsideLine)) {
    index.opened = AnswerEvidence::Opened::kOutside;
    return index;
  }
  if (text.starts_with(kGoneLabel)) {
    index.opened = AnswerEvidence::Opened::kGone;
    ASSIGN_OR_RETURN(index.disposal, take_record(text, kGoneLabel));
    return index;
  }
  while (text.starts_with(kTermLabel)) {
    ASSIGN_OR_RETURN(ShownRow row, take_row(text));
    index.rows.push_back(std::move(row));
  }
  if (index.rows.empty()) return not_evidence("an index in it shows no row");
  return index;
}

/// Values of one field follow each other.
Result<void> take_asked(std::string_view& text, AnswerEvidence& out) {
  while (text.starts_with(kAskLabel)) {
    std::string_view line = take_labelled(text, kAskLabel).value_or("");
    const std::string field(take_word(line));
    const auto value = decode_base64(line);
    if (field.empty() || !value || value->empty())
      return not_evidence("a line ask has no field or no value");
    const auto known = std::ranges::find(out.asked, field, &AnswerEvidence::Asked::field);
    if (known == out.asked.end())
      out.asked.push_back({field, {}});
    else if (known != std::prev(out.asked.end()))
      return not_evidence("values of one field do not follow each other");
    out.asked.back().values.emplace_back(text_of(*value));
  }
  return out.asked.empty() ? not_evidence("nothing is asked in it") : Result<void>();
}

Result<void> take_moment(std::string_view& text, std::string_view label,
                         std::optional<std::uint64_t>& out) {
  if (!text.starts_with(label)) return {};
  ASSIGN_OR_RETURN(out, take_number(text, label));
  return {};
}

}  // namespace

std::vector<const AnswerEvidence::Entry*> records_of(const AnswerEvidence& evidence) {
  std::vector<const AnswerEvidence::Entry*> all;
  for (const AnswerEvidence::Index& index : evidence.indexes) {
    all.push_back(&index.commitment);
    if (index.disposal) all.push_back(&*index.disposal);
  }
  for (const AnswerEvidence::Entry& event : evidence.events) all.push_back(&event);
  return all;
}

std::string format_evidence(const AnswerEvidence& evidence) {
  std::string out(kEvidenceTitle);
  out.append("\n");
  for (const AnswerEvidence::Asked& asked : evidence.asked)
    for (const std::string& value : asked.values)
      put_base64(out, std::string(kAskLabel) + asked.field + " ", bytes_of(value));
  if (evidence.from_us)
    out.append(kFromLabel).append(std::to_string(*evidence.from_us)).append("\n");
  if (evidence.until_us)
    out.append(kUntilLabel).append(std::to_string(*evidence.until_us)).append("\n");
  for (const AnswerEvidence::Index& index : evidence.indexes) put_index(out, index);
  for (const AnswerEvidence::Entry& event : evidence.events) put_entry(out, kEventLabel, event);
  for (const Hash& hash : evidence.proof) put_base64(out, kProofLabel, hash.view());
  return out.append("\n").append(evidence.checkpoint);
}

Result<AnswerEvidence> parse_evidence(std::string_view text) {
  if (text.size() > kEvidenceMax) return not_evidence("it is larger than 256 MiB");
  if (take_line(text) != kEvidenceTitle) return not_evidence("its first line is another");
  AnswerEvidence out;
  RETURN_IF_ERROR(take_asked(text, out));
  RETURN_IF_ERROR(take_moment(text, kFromLabel, out.from_us));
  RETURN_IF_ERROR(take_moment(text, kUntilLabel, out.until_us));
  while (text.starts_with(kIndexLabel)) {
    ASSIGN_OR_RETURN(AnswerEvidence::Index index, take_index(text));
    out.indexes.push_back(std::move(index));
  }
  while (text.starts_with(kEventLabel)) {
    ASSIGN_OR_RETURN(AnswerEvidence::Entry event, take_record(text, kEventLabel));
    out.events.push_back(std::move(event));
  }
  ASSIGN_OR_RETURN(out.proof, take_hashes_of(text, kProofLabel));
  if (take_line(text) != "") return not_evidence("it has a line that does not belong there");
  ASSIGN_OR_RETURN(const Note note, parse_note(text));
  RETURN_IF_ERROR(parse_checkpoint_text(note.text));
  out.checkpoint = std::string(text);
  return out;
}

}  // namespace varve::format
