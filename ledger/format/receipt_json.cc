// Reads a receipt's JSON, event by event: unlike a document tree, that sees duplicate keys, and
// it allocates nothing by a length that the input merely claims.
#include "ledger/format/receipt_json.h"

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <cstdint>

#include "ledger/base/text.h"
#include "ledger/format/record.h"
#include "ledger/format/sender.h"

namespace varve::format {
namespace {

constexpr std::size_t kReceiptMax = 8u << 20;  // kBatchRecordsMax headers in base64, and a note
constexpr std::size_t kProofHashesMax = 128;
constexpr std::size_t kHeadersMax = 16'384;  // kBatchRecordsMax

enum Field : std::uint8_t {
  kFirstIndex,
  kCount,
  kTreeSize,
  kRoot,
  kCheckpoint,
  kRangeProof,
  kRecordHeaders,
  kSender,
  kFields
};
constexpr std::array<std::string_view, kFields> kNames{
    "first_index", "count",       "tree_size",      "root",
    "checkpoint",  "range_proof", "record_headers", "sender"};
constexpr std::uint32_t kRequired = (1U << kRecordHeaders) - 1;  // every field before it

/// Boost.JSON's handler: one flat object of numbers, strings and lists of strings.
class Handler {
 public:
  using Code = boost::json::error_code;
  static constexpr std::size_t max_object_size = kFields;
  static constexpr std::size_t max_array_size = kHeadersMax;
  static constexpr std::size_t max_key_size = 32;
  static constexpr std::size_t max_string_size = kReceiptMax;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code& ec) { return depth_++ == 0 || fail(ec, "an object inside it"); }
  bool on_object_end(std::size_t, Code& ec) {
    return (seen_ & kRequired) == kRequired || fail(ec, "a field is missing");
  }
  bool on_array_begin(Code& ec) {
    in_list_ = depth_ == 1 && is_list(field_);
    return in_list_ || fail(ec, "a list where none belongs");
  }
  bool on_array_end(std::size_t, Code&) {
    in_list_ = false;
    return true;
  }

  bool on_key_part(boost::json::string_view part, std::size_t, Code&) { return keep(part); }
  bool on_key(boost::json::string_view part, std::size_t, Code& ec) {
    keep(part);
    field_ = 0;
    while (field_ != kFields && kNames[field_] != text_) ++field_;
    text_.clear();
    if (field_ == kFields) return fail(ec, "an unknown field");
    const std::uint32_t bit = 1U << field_;
    if ((seen_ & bit) != 0) return fail(ec, "a field twice");
    seen_ |= bit;
    return true;
  }

  bool on_string_part(boost::json::string_view part, std::size_t, Code&) { return keep(part); }
  bool on_string(boost::json::string_view part, std::size_t, Code& ec) {
    keep(part);
    const std::string text = std::move(text_);
    text_.clear();
    if (depth_ != 1 || is_list(field_) != in_list_) return fail(ec, "a string where none belongs");
    return take_string(text) || fail(ec, std::string(kNames[field_]) + " has a wrong value");
  }

  bool on_int64(std::int64_t v, boost::json::string_view digits, Code& ec) {
    return v < 0 ? fail(ec, "a negative number")
                 : on_uint64(static_cast<std::uint64_t>(v), digits, ec);
  }
  bool on_uint64(std::uint64_t v, boost::json::string_view, Code& ec) {
    if (depth_ != 1 || in_list_) return fail(ec, "a number where none belongs");
    switch (field_) {
      case kFirstIndex:
        receipt_.first_index = LeafIndex{v};
        return true;
      case kCount:
        receipt_.count = v;
        return true;
      case kTreeSize:
        receipt_.tree_size = TreeSize{v};
        return true;
      default:
        return fail(ec, "a number where none belongs");
    }
  }
  bool on_number_part(boost::json::string_view, Code&) { return true; }
  bool on_double(double, boost::json::string_view, Code& ec) { return fail(ec, "a fraction"); }
  bool on_bool(bool, Code& ec) { return fail(ec, "true or false"); }
  bool on_null(Code& ec) { return fail(ec, "null"); }
  bool on_comment_part(boost::json::string_view, Code&) { return true; }
  bool on_comment(boost::json::string_view, Code&) { return true; }

  Receipt& receipt() { return receipt_; }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  static bool is_list(std::size_t field) { return field == kRangeProof || field == kRecordHeaders; }

  bool fail(Code& ec, std::string why) {
    ec = boost::json::error::syntax;
    why_ = std::move(why);
    return false;
  }
  bool keep(boost::json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool take_string(const std::string& text);

  std::size_t field_ = kFields;
  std::uint32_t depth_ = 0;
  std::uint32_t seen_ = 0;
  bool in_list_ = false;
  std::string text_;
  std::string why_ = "malformed JSON";
  Receipt receipt_;
};

bool Handler::take_string(const std::string& text) {
  if (field_ == kCheckpoint) {
    receipt_.checkpoint = text;
    return true;
  }
  if (field_ == kSender) {
    receipt_.sender = text;
    return sender_kind(text) && source_id(text);
  }
  if (field_ == kRecordHeaders) {
    auto header = decode_base64(text);
    if (!header || header->empty()) return false;
    receipt_.record_headers.push_back(*std::move(header));
    return true;
  }
  const auto hash = decode_base64_hash(text);
  if (!hash) return false;
  if (field_ == kRoot) {
    receipt_.root = *hash;
    return true;
  }
  if (field_ != kRangeProof || receipt_.range_proof.size() == kProofHashesMax) return false;
  receipt_.range_proof.push_back(*hash);
  return true;
}

}  // namespace

Result<Receipt> read_receipt_json(std::string_view json) {
  if (json.size() > kReceiptMax) return invalid("not a receipt: it is larger than 8 MiB");
  boost::json::basic_parser<Handler> parser(boost::json::parse_options{});
  boost::json::error_code ec;
  const std::size_t used = parser.write_some(false, json.data(), json.size(), ec);
  if (ec) return invalid("not a receipt: " + parser.handler().why());
  if (used != json.size()) return invalid("not a receipt: something follows the JSON object");
  return std::move(parser.handler().receipt());
}

}  // namespace varve::format
