// A length of the header against the policy.
#include "ledger/recovery/segment_period.h"

#include <string>

namespace varve::recovery {
namespace {

std::string periods_text(std::uint16_t minutes) {
  return minutes == 0 ? "months" : "key periods of " + std::to_string(minutes) + " minutes";
}

}  // namespace

Result<void> check_period(const store::SegmentHeader& header, const rules::Retention& log) {
  const std::uint16_t minutes = log.key_period(0).minutes;
  if (header.key_minutes == minutes) return {};
  return corrupt("its header says that the log's keys are of " + periods_text(header.key_minutes) +
                 ", and the log's policy says " + periods_text(minutes));
}

}  // namespace varve::recovery
