// Several places for marks as one.
#include "ledger/env/high_water_mark.h"

#include <utility>

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
      if (outcome && !written) outcome = std::move(written);
    }
    return outcome;
  }

 private:
  std::vector<std::unique_ptr<HighWaterMark>> places_;
};

}  // namespace

std::unique_ptr<HighWaterMark> all_marks(std::vector<std::unique_ptr<HighWaterMark>> places) {
  return std::make_unique<AllMarks>(std::move(places));
}

}  // namespace varve::env
