// Counting attempts, in as much memory as one record has text.
#include "api/access/refused_attempts.h"

#include <algorithm>

#include "ledger/base/check.h"

namespace varve::api {
namespace {

// What a line has besides its words; and what all lines may have, with room for what is around them.
constexpr std::size_t kBesideWords = 40;
constexpr std::size_t kLinesMax = format::kReportBytesMax - 1'000;

std::size_t line_bytes(const format::Refused& what) {
  return what.reason.size() + what.method.size() + what.route.size() + what.address.size() +
         what.client.size() + kBesideWords;
}

}  // namespace

void RefusedAttempts::take(const format::Refused& what, std::uint64_t now_us) {
  first_us_ = empty() ? now_us : std::min(first_us_, now_us);  // a clock may be set back
  last_us_ = empty() ? now_us : std::max(last_us_, now_us);
  if (const auto known = counts_.find(what); known != counts_.end()) {
    ++known->second;
  } else if (bytes_ + line_bytes(what) <= kLinesMax) {
    counts_.emplace(what, 1);
    bytes_ += line_bytes(what);
  } else {
    ++more_;
  }
}

format::Refusals RefusedAttempts::record(const std::string& origin) const {
  CHECK(!empty());
  format::Refusals refusals{origin, first_us_, last_us_, {}, more_};
  for (const auto& [what, requests] : counts_) refusals.refused.push_back({what, requests});
  return refusals;
}

}  // namespace varve::api
