// Batch numbers as file names: padded, so that a sorted listing is in sequence.
#include "tools/collect/layout.h"

#include "ledger/base/text.h"

namespace varve::collect {
namespace {

constexpr std::size_t kDigits = 12;

std::string numbered(const char* directory, std::uint64_t batch, std::string_view suffix) {
  std::string digits = std::to_string(batch);
  if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
  return std::string(directory) + "/" + digits + std::string(suffix);
}

}  // namespace

std::string spool_path(std::uint64_t batch) {
  return numbered(kSpoolDirectory, batch, ".batch");
}
std::string sent_path(std::uint64_t batch) {
  return numbered(kSentDirectory, batch, ".batch");
}
std::string receipt_path(std::uint64_t batch) {
  return numbered(kReceiptsDirectory, batch, ".json");
}
std::string leaves_path(std::uint64_t batch) {
  return numbered(kReceiptsDirectory, batch, ".leaves");
}
std::string consistency_path(std::uint64_t batch) {
  return numbered(kReceiptsDirectory, batch, ".consistency");
}

std::string witnessed_path(std::uint64_t batch) {
  return numbered(kReceiptsDirectory, batch, ".witnessed.json");
}

std::string refused_witnessed_path(std::uint64_t batch) {
  return numbered(kReceiptsDirectory, batch, ".witnessed.refused");
}

std::optional<std::uint64_t> number_in(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return std::nullopt;
  name.remove_suffix(suffix.size());
  if (name.size() < kDigits) return std::nullopt;
  while (name.size() > 1 && name.front() == '0') name.remove_prefix(1);
  const Result<std::uint64_t> number = decode_decimal(name);
  return number ? std::optional(*number) : std::nullopt;
}

}  // namespace varve::collect
