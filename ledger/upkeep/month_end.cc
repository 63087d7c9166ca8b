// First everything that has to stay is durable, then the keys go.
#include "ledger/upkeep/month_end.h"

#include <algorithm>
#include <utility>

#include "ledger/base/key_period.h"
#include "ledger/base/trouble.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/kek_label.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"

namespace varve::upkeep {
namespace {

Error of_token(const std::string& token, Error error) {
  error.message = token + ": " + error.message;
  return error;
}

bool overlaps(const rules::MonthRange& a, LeafIndex first, LeafIndex end) {
  return first < a.end && a.first < end;
}

}  // namespace

std::vector<TokenLabels> labels_on(std::span<const KeyHolder> tokens) {
  std::vector<TokenLabels> labels;
  for (const KeyHolder& token : tokens) labels.push_back(token.keys->kek_labels());
  return labels;
}

std::vector<HeldKeys> keys_of_month(std::span<const KeyHolder> tokens,
                                    std::span<const TokenLabels> labels, const std::string& prefix,
                                    KeyPeriod period) {
  const std::string name = key_period_name(period);
  std::vector<HeldKeys> out;
  for (std::size_t k = 0; k < tokens.size(); ++k) {
    HeldKeys held{tokens[k].name, {}, std::nullopt};
    if (!labels[k]) {
      held.away = of_token(tokens[k].name, labels[k].error());
    } else {
      for (const std::string& label : *labels[k]) {
        const auto parsed = store::parse_kek_label(prefix, label);
        if (parsed && parsed->period == name) held.labels.push_back(label);
      }
    }
    out.push_back(std::move(held));
  }
  return out;
}

DestroyedKeys destroy_keys(const HeldKeys& held, env::KekCustody& keys) {
  DestroyedKeys out{held.token, {}, held.away, !held.away};
  for (const std::string& label : held.labels) {
    auto destroyed = keys.destroy_kek(label);
    // It was there a moment ago: a call that was repeated finds what the first one did.
    const bool is_gone = destroyed || destroyed.error().code == Code::kNotFound;
    if (!is_gone) {
      out.not_finished = of_token(held.token, std::move(destroyed).error());
      break;
    }
    out.labels.push_back(label);
  }
  return out;
}

Result<env::SecretBytes> unwrap_by_any(const env::Filesystem& files,
                                       std::span<const KeyHolder> tokens,
                                       const store::SegmentHeader& header) {
  std::optional<Error> why;
  for (const KeyHolder& token : tokens) {
    auto key = store::unwrap_data_key(files, *token.keys, header);
    if (key && key->view().size() == store::kDataKeySize) return key;
    Error error =
        key ? corrupt("a segment's data key has the wrong length") : std::move(key).error();
    if (!why || (store::is_gone(*why) && !store::is_gone(error)))
      why = of_token(token.name, std::move(error));
  }
  return std::move(*why).during("unwrapping the data key of " +
                                store::segment_path(header.ordinal));
}

Result<void> keep_remains(env::Filesystem& files, const store::SegmentHeader& header,
                          std::uint64_t destroyed_us, const UnwrapDataKey& unwrap) {
  const auto key = unwrap(header);
  const auto there = store::read_remains(files, header);
  if (!key && there) return {};
  if (!key) return key.error();
  if (!there && is_trouble(there.error())) return there.error();
  RETURN_IF_ERROR(store::write_remains(files, header, *key, destroyed_us));
  RETURN_IF_ERROR(store::read_remains(files, header));
  return {};
}

Result<void> check_segments_of(const env::Filesystem& files,
                               std::span<const rules::MonthRange> months) {
  ASSIGN_OR_RETURN(const auto segments, store::all_segments(files));
  for (std::size_t k = 0; k < segments.size(); ++k) {
    const store::SegmentHeader& header = segments[k];
    const bool is_last = k + 1 == segments.size();
    const LeafIndex end = is_last ? LeafIndex{~std::uint64_t{0}} : segments[k + 1].first;
    if (header.first == end) continue;  // it is empty: all that came to it was refused
    for (const rules::MonthRange& month : months) {
      const bool holds_some = overlaps(month, header.first, end);
      const bool holds_others = header.first < month.first || month.end < end;
      if (holds_some ? (header.month == month.month && !holds_others) : header.month != month.month)
        continue;
      return invalid(store::segment_path(header.ordinal) + " is of " +
                     key_period_text(header.period()) +
                     " and holds records of another month beside those of " +
                     key_period_text({month.month, header.key_minutes}) +
                     ": restore the log from a mirror, which gives each month segments of its own");
    }
  }
  return {};
}

Result<std::vector<store::SegmentHeader>> keep_month(env::Filesystem& files,
                                                     const rules::MonthRange& month,
                                                     const std::string& prefix,
                                                     std::span<const KeyHolder> tokens,
                                                     std::uint64_t destroyed_us,
                                                     const std::function<bool()>& goes_on) {
  ASSIGN_OR_RETURN(const auto no_rotation, store::lock_month_keys(files));
  RETURN_IF_ERROR(check_segments_of(files, std::span(&month, 1)));
  ASSIGN_OR_RETURN(auto segments, store::segments_of_month(files, month.month));
  RETURN_IF_ERROR(store::check_prefix(segments, prefix));
  for (const store::SegmentHeader& header : segments) {
    if (!goes_on()) return busy("the log is stopping");
    RETURN_IF_ERROR(keep_remains(files, header, destroyed_us,
                                 [&](const auto& of) { return unwrap_by_any(files, tokens, of); }));
  }
  return segments;
}

}  // namespace varve::upkeep
