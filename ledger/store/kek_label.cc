// Labels of key-encryption keys.
#include "ledger/store/kek_label.h"

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {

std::string kek_label(const std::string& prefix, const KekLabel& label) {
  std::string text = first_label(prefix, label.month);
  if (label.generation > 1) text.append(".").append(std::to_string(label.generation));
  return text;
}

std::optional<KekLabel> parse_kek_label(const std::string& prefix, std::string_view label) {
  constexpr std::size_t kMonthSize = 7;
  if (!label.starts_with(prefix + "/")) return std::nullopt;
  const std::string_view rest = label.substr(prefix.size() + 1);
  const auto month = parse_month(rest.substr(0, kMonthSize));
  if (!month) return std::nullopt;
  if (rest.size() == kMonthSize) return KekLabel{*month, 1};
  if (rest[kMonthSize] != '.') return std::nullopt;
  const auto generation = decode_decimal(rest.substr(kMonthSize + 1));
  if (!generation || *generation < 2) return std::nullopt;
  return KekLabel{*month, *generation};
}

Result<void> check_prefix(const std::vector<SegmentHeader>& segments, const std::string& prefix) {
  for (const SegmentHeader& header : segments)
    if (!parse_kek_label(prefix, header.label) &&
        header.label != first_label(prefix, header.month) + kDestroyedLabel)
      return invalid(segment_path(header.ordinal) + " in this store was locked up under " +
                     header.label + ", not under a key of the prefix " + prefix +
                     ": they are of two logs");
  return {};
}

}  // namespace varve::store
