// Versions and kinds from after this program.
#include "ledger/format/newer.h"

#include "ledger/base/text.h"
#include "ledger/format/record.h"
#include "ledger/format/retention.h"
#include "ledger/format/seal.h"
#include "ledger/format/tombstone.h"

namespace varve::format {
namespace {

Error newer(LeafIndex index, const std::string& what) {
  return not_found("record " + std::to_string(index.value) + " is " + what +
                   ": this log is newer than this program, so nothing can be said of it. Use a "
                   "newer version of this program");
}

std::uint8_t number_at(Bytes bytes, std::size_t at) {
  return at < bytes.size() ? std::to_integer<std::uint8_t>(bytes[at]) : std::uint8_t{0};
}

/// Nothing: it is a seal that decode_seal knows, or is none at all.
std::uint8_t later_seal_version(Bytes entry) {
  const auto record = decode_record(entry);
  const std::uint8_t version = record ? number_at(record->payload, 0) : std::uint8_t{0};
  return version > kSealVersionNewest ? version : std::uint8_t{0};
}

/// Empty: it is a policy whose version parse_policy knows, or is none at all.
std::string later_policy(Bytes entry) {
  const auto record = decode_record(entry);
  const auto title = record ? policy_title(text_of(record->payload)) : std::nullopt;
  return title && !is_policy(text_of(record->payload)) ? std::string(*title) : "";
}

}  // namespace

Result<void> expect_known(LeafIndex index, Bytes entry) {
  if (is_tombstone(entry)) return {};
  if (const std::uint8_t version = number_at(entry, 0); version > kRecordVersion)
    return newer(index, "of the record format " + std::to_string(version));
  const Kind kind{number_at(entry, 1)};
  const KindRow row = row_of(kind);
  if (row.meaning == Meaning::kSeal) {
    const std::uint8_t version = later_seal_version(entry);
    if (version != 0) return newer(index, "a batch seal of version " + std::to_string(version));
  }
  if (row.meaning == Meaning::kPolicy) {
    if (const std::string title = later_policy(entry); !title.empty())
      return newer(index, "a policy of a later version, \"" + title + "\"");
  }
  const bool passes = kind == Kind{} || row.meaning != Meaning::kNotUnderstood || !row.is_critical;
  if (passes) return {};
  const std::string name = row.name.empty() ? "" : " (" + std::string(row.name) + ")";
  return newer(index, "of kind " + std::to_string(number_of(kind)) + name);
}

void NotUnderstood::take(Kind kind) {
  if (!is_understood(kind)) ++counts_[kind];
}

void NotUnderstood::add(const NotUnderstood& more) {
  for (const auto& [kind, count] : more.counts_) counts_[kind] += count;
}

std::string NotUnderstood::text() const {
  std::string text;
  for (const auto& [kind, count] : counts_) {
    const bool first = text.empty();
    text.append(first ? "" : ", ").append(std::to_string(count));
    if (first) text.append(count == 1 ? " record" : " records");
    text.append(" of ").append(kind_name(kind));
  }
  return text.append(
      ": this program does not understand such records. They were hashed and counted, and nothing "
      "else of them was checked");
}

void NotUnderstood::encode(ByteWriter& out) const {
  out.u8(static_cast<std::uint8_t>(counts_.size()));
  for (const auto& [kind, count] : counts_) out.u8(number_of(kind)).u64(count);
}

void NotUnderstood::decode(ByteReader& in) {
  counts_.clear();
  for (std::uint8_t left = in.u8(); left > 0 && in.ok(); --left) {
    const Kind kind{in.u8()};
    counts_[kind] = in.u64();
  }
}

}  // namespace varve::format
