// Finding the record, and HMAC.
#include "api/access/reads_key.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <string>

#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/format/month_secret.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "ledger/ledger.h"

namespace varve::api {
namespace {

constexpr std::string_view kLabel = "varve reads v2";  // what the key is for

Hash hmac(const Hash& key, std::string_view text) {
  Hash out;
  unsigned length = 0;
  const MutableBytes into{out.bytes};
  const unsigned char* const made =
      ::HMAC(EVP_sha256(), key.bytes.data(), static_cast<int>(key.bytes.size()), u8(bytes_of(text)),
             text.size(), u8(into), &length);
  CHECK(made != nullptr && length == into.size());
  return out;
}

}  // namespace

Hash ReadsKey::authenticate(std::string_view text) const {
  return hmac(key, text);
}

std::optional<LeafIndex> newest_secret(const Log& log) {
  const LedgerView view = log.view();
  const auto& points = view.retention->timeline().points();
  if (points.empty()) return std::nullopt;
  const std::uint32_t month = view.retention->month_of_reading(points.back().reading_us);
  const auto begins = std::ranges::find_if(points, [&](const auto& point) {
    return view.retention->month_of_reading(point.reading_us) == month;
  });
  return LeafIndex{begins->index.value + 1};
}

Result<ReadsKey> newest_reads_key(const Log& log) {
  const auto secret = newest_secret(log);
  if (!secret) return not_found("the log has no months, so nobody's secret");
  auto key = reads_key_of(log, *secret);
  if (key || key.error().code != Code::kCorrupt) return key;
  return not_found("the log's newest month has no secret");
}

Result<ReadsKey> reads_key_of(const Log& log, LeafIndex secret) {
  const auto entries = log.records(secret, 1);
  if (!entries && (entries.error().code == Code::kIo || entries.error().code == Code::kBusy))
    return entries.error();
  const Error none = corrupt("record " + std::to_string(secret.value) + " is no secret of a month");
  if (!entries || entries->empty() || format::is_tombstone(entries->front())) return none;
  const auto record = format::decode_record(entries->front());
  if (!record || record->kind != format::Kind::kMonthSecret) return none;
  const auto found = format::decode_month_secret(record->payload);
  if (!found) return none;
  return ReadsKey{secret, hmac(found->secret, kLabel)};
}

}  // namespace varve::api
