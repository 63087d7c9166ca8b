// Several places for marks as one.
#include "ledger/env/high_water_mark.h"

#include <utility>

#include "ledger/base/text.h"

namespace varve::env {
namespace {

class AllMarks final : public HighWaterMark {
 public:
  explicit AllMarks(std::vector<std::unique_ptr<HighWaterMark>> places)
      : places_(std::move(places)) {}

  [[nodiscard]] Result<std::vector<Mark>> read() const override {
    std::vector<Mark> all;
    for (const auto& place : places_) {
      ASSIGN_OR_RETURN(const auto marks, place->read());
      all.insert(all.end(), marks.begin(), marks.end());
    }
    return all;
  }

  Result<void> write(const Mark& mark) override {
    Result<void> outcome;
    for (const auto& place : places_) {
      auto written = place->write(mark);
      const bool worse = !written && written.error().code == Code::kWorm;
      if ((outcome && !written) || worse) outcome = std::move(written);
    }
    return outcome;
  }

 private:
  std::vector<std::unique_ptr<HighWaterMark>> places_;
};

}  // namespace

Result<void> are_of(const std::vector<Mark>& marks, const Hash& log) {
  for (const Mark& mark : marks)
    if (mark.log != log)
      return invalid(
          "where this log's high-water mark is kept is that of another log (SHA-256 of its "
          "origin: " +
          hex(mark.log.view()) +
          "): give each log a place of its own, then "
          "put back this log's mark from a copy");
  return {};
}

Result<void> may_replace(const Mark& kept, const Mark& next, const std::string& place) {
  if (kept.log != next.log)
    return invalid(place + " is the high-water mark of another log: put back this log's own");
  if (next.size < kept.size)
    return worm(place + " says " + std::to_string(kept.size.value) + " records, this log has " +
                std::to_string(next.size.value) + ": another process writes it, or wrote it");
  if (next.size == kept.size && next.root != kept.root)
    return worm(place + " has another root than this log at " + std::to_string(kept.size.value) +
                " records: another process writes a second history of it");
  return {};
}

std::unique_ptr<HighWaterMark> all_marks(std::vector<std::unique_ptr<HighWaterMark>> places) {
  return std::make_unique<AllMarks>(std::move(places));
}

}  // namespace varve::env
