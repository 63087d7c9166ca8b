// What an Observing says of the mirror's file `keep`.
#include <algorithm>

#include "tools/audit/observing.h"

namespace varve::audit {
namespace {

constexpr const char* kMendKeep =
    ": mend that line (docs/format/observations.md); until then nothing goes from this mirror";
constexpr const char* kMendFile =
    ": make it a file that can be read (docs/format/observations.md); until then nothing goes from "
    "this mirror";

}  // namespace

void Observing::read_keeping(const env::Filesystem& mirror) {
  keep_path_ = mirror.system_path(kKeepFile);
  auto keeping = Keeping::open(mirror);
  if (keeping)
    keeping_ = std::move(*keeping);
  else if (trouble_.empty())
    trouble_ = keep_path_ + ": " + keeping.error().message +
               (keeping.error().code == Code::kInvalid ? kMendKeep : kMendFile);
}

Result<void> Observing::expect_same_keeping(const env::Filesystem& mirror) const {
  const auto now = Keeping::open(mirror);
  if (now && *now == keeping_) return {};
  return busy(keep_path_ + " changed meanwhile, and nothing goes: run it again");
}

std::optional<std::map<std::uint32_t, std::string>> Observing::kept_months() {
  auto kept = keeping_.months(mode());
  if (kept) return std::move(*kept);
  trouble_ = keep_path_ + ": " + kept.error().message + kMendKeep;
  return {};
}

Result<void> Observing::look_at_keep(const verify::LogSource& mirror,
                                     const verify::Intact& intact) {
  log_ = intact;
  if (!trouble_.empty()) return {};
  const auto kept = kept_months();
  if (!kept) return {};
  std::set<std::uint32_t> here;
  for (const auto& [number, who] : *kept) {
    const rules::Month* const month = log_->retention.find_month(number);
    if (month == nullptr || !month->disposal) continue;
    const auto range = log_->retention.range_of(*month);
    CHECK(range.has_value());  // R21
    ASSIGN_OR_RETURN(const bool has, has_events(mirror, *range, UINT64_MAX));
    if (has) here.insert(number);
  }
  look_at_lines(*kept, here);
  return {};
}

/// `here`: months that the log disposed of, and of which the mirror has events.
void Observing::look_at_lines(const std::map<std::uint32_t, std::string>& kept,
                              const std::set<std::uint32_t>& here) {
  const rules::Retention& log = log_->retention;
  kept_lines_.clear();
  for (const auto& [number, who] : kept) {
    KeptLine line{format::key_period_text(number, mode()), who};
    const rules::Month* const month = log.find_month(number);
    const bool is_here = here.contains(number);
    if (!is_here && month == nullptr && knows_months())
      line.does = KeptLine::Does::kNoSuchMonth;
    else if (!is_here && month != nullptr && month->disposal)
      line.does = KeptLine::Does::kNothingHere;
    else if (!is_here)
      line.does = KeptLine::Does::kWillKeep;
    kept_lines_.push_back(std::move(line));
  }
}

}  // namespace varve::audit
