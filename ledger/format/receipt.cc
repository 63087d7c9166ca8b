// Receipts: written as one line of JSON in a fixed order, and checked offline.
#include "ledger/format/receipt.h"

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/receipt_json.h"

namespace varve::format {
namespace {

constexpr std::size_t kUsualReceipt = 2048;  // bytes, of one event in a log of a million; no limit

/// A signed note has one control character, the newline. Escapes what JSON demands, no more.
void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const std::string_view plain = text.substr(0, text.find_first_of("\n\"\\"));
    out.append(plain);
    text.remove_prefix(plain.size());
    if (text.empty()) break;
    out.append({'\\', text.front() == '\n' ? 'n' : text.front()});
    text.remove_prefix(1);
  }
  out.push_back('"');
}

template <class Items, class BytesOf>
void append_base64_list(std::string& out, const Items& items, BytesOf bytes_of_item) {
  out.push_back('[');
  for (const auto& item : items) {
    if (out.back() != '[') out.push_back(',');
    out.push_back('"');
    append_base64(out, bytes_of_item(item));
    out.push_back('"');
  }
  out.push_back(']');
}

}  // namespace

std::string format_receipt(const Receipt& receipt) {
  std::string out;
  out.reserve(kUsualReceipt + receipt.checkpoint.size());
  out.append("{\"first_index\":").append(std::to_string(receipt.first_index.value));
  out.append(",\"count\":").append(std::to_string(receipt.count));
  out.append(",\"tree_size\":").append(std::to_string(receipt.tree_size.value));
  out.append(",\"root\":\"");
  append_base64(out, receipt.root.view());
  out.append("\",\"checkpoint\":");
  append_quoted(out, receipt.checkpoint);
  out.append(",\"range_proof\":");
  append_base64_list(out, receipt.range_proof, [](const Hash& h) { return h.view(); });
  if (!receipt.record_headers.empty()) {
    out.append(",\"record_headers\":");
    append_base64_list(out, receipt.record_headers, [](const Buffer& b) { return Bytes{b}; });
  }
  if (!receipt.sender.empty()) {
    out.append(",\"sender\":");
    append_quoted(out, receipt.sender);
  }
  return out.append("}\n");
}

Result<Receipt> parse_receipt(std::string_view json) {
  ASSIGN_OR_RETURN(Receipt receipt, read_receipt_json(json));
  ASSIGN_OR_RETURN(const Note note, parse_note(receipt.checkpoint));
  RETURN_IF_ERROR(parse_checkpoint_text(note.text));
  if (!receipt.record_headers.empty() && receipt.record_headers.size() != receipt.count)
    return invalid("not a receipt: it counts " + std::to_string(receipt.count) +
                   " records and has " + std::to_string(receipt.record_headers.size()) +
                   " record headers");
  if (!receipt.sender.empty() && receipt.record_headers.empty())
    return invalid("not a receipt: it names a sender, but has no record headers");
  return receipt;
}

Result<void> verify_receipt(const Receipt& receipt, std::string_view origin,
                            std::span<const VerifierKey> known, std::span<const Hash> leaves) {
  if (leaves.size() != receipt.count)
    return invalid("the receipt counts " + std::to_string(receipt.count) + " records, not " +
                   std::to_string(leaves.size()));
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, open_checkpoint(receipt.checkpoint, origin, known));
  if (checkpoint.size != receipt.tree_size || checkpoint.root != receipt.root)
    return corrupt("the receipt's tree size or root is not that of its checkpoint");
  return merkle::verify_range(leaves, receipt.first_index, receipt.tree_size, receipt.range_proof,
                              receipt.root);
}

}  // namespace varve::format
