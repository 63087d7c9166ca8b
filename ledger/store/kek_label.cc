// Labels of key-encryption keys.
#include "ledger/store/kek_label.h"

#include <utility>

#include "ledger/base/key_period.h"
#include "ledger/base/text.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {

namespace {

/// Of either kind, whatever the length of a draft's periods: 1 has the most numbers.
bool is_period_name(std::string_view name) {
  return parse_key_period_name(name, 0) || parse_key_period_name(name, 1);
}

}  // namespace

std::string kek_label(const std::string& prefix, const KekLabel& label) {
  std::string text = prefix + "/" + label.period;
  if (label.generation > 1) text.append(".").append(std::to_string(label.generation));
  return text;
}

std::optional<KekLabel> parse_kek_label(const std::string& prefix, std::string_view label) {
  if (!label.starts_with(prefix + "/")) return std::nullopt;
  const std::string_view rest = label.substr(prefix.size() + 1);
  const std::size_t dot = rest.find('.');
  std::string period(rest.substr(0, dot));
  if (!is_period_name(period)) return std::nullopt;
  if (dot == std::string_view::npos) return KekLabel{std::move(period), 1};
  const auto generation = decode_decimal(rest.substr(dot + 1));
  if (!generation || *generation < 2) return std::nullopt;
  return KekLabel{std::move(period), *generation};
}

Result<void> check_prefix(const std::vector<SegmentHeader>& segments, const std::string& prefix) {
  for (const SegmentHeader& header : segments)
    if (!parse_kek_label(prefix, header.label) &&
        header.label != first_label(prefix, header.period()) + kDestroyedLabel)
      return invalid(segment_path(header.ordinal) + " in this store was locked up under " +
                     header.label + ", not under a key of the prefix " + prefix +
                     ": they are of two logs");
  return {};
}

}  // namespace varve::store
