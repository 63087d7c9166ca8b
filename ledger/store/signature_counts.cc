// The text of the counts: a line for each key, in order.
#include "ledger/store/signature_counts.h"

#include <utility>

#include "ledger/base/text.h"

namespace varve::store {
namespace {

constexpr std::string_view kFirstLine = "varve signatures v1\n";
constexpr std::string_view kLastLine = "end\n";

}  // namespace

std::string encode_signature_counts(const SignatureCounts& counts) {
  std::string text(kFirstLine);
  for (const auto& [key, count] : counts)
    text.append(base64(key)).append(" ").append(std::to_string(count)).append("\n");
  return text.append(kLastLine);
}

Result<SignatureCounts> decode_signature_counts(std::string_view text) {
  const Error damaged = corrupt("the count of signatures is damaged: it begins again");
  SignatureCounts counts;
  if (!text.starts_with(kFirstLine) || !text.ends_with(kLastLine)) return damaged;
  std::string_view rest = text.substr(kFirstLine.size());
  while (rest != kLastLine) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const std::size_t space = line.find(' ');
    if (end == std::string_view::npos || space == std::string_view::npos) return damaged;
    auto key = decode_base64(line.substr(0, space));
    const auto count = decode_decimal(line.substr(space + 1));
    if (!key || !count || !counts.emplace(std::move(*key), *count).second) return damaged;
    rest.remove_prefix(end + 1);
  }
  if (encode_signature_counts(counts) != text) return damaged;
  return counts;
}

}  // namespace varve::store
