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
#include "ledger/store/segment_decryptor.h"
#include "ledger/store/segment_files.h"

namespace varve::upkeep {
namespace {

Error of_token(const std::string& token, Error error) {
  error.message = token + ": " + error.message;
  return error;
}

bool overlaps(const rules::MonthRange& a, LeafIndex first, LeafIndex end) {
  return first < a.end && a.first < end;
}

/// A log that stops does not wait for a segment.
store::GoesOn unless_it_stops(const std::function<bool()>& goes_on) {
  return [&goes_on]() -> Result<void> {
    if (goes_on()) return {};
    return busy("the log is stopping");
  };
}

/// Nothing but the remains tells afterwards what was in it.
Result<void> remove_file(env::Filesystem& files, const store::SegmentHeader& header,
                         const DisposedOf& by, const TreeOfRemains& tree,
                         const store::GoesOn& goes_on) {
  RETURN_IF_ERROR(prove_remains(files, header, by, tree, goes_on));
  auto removed = store::remove_segment_file(files, header.ordinal);
  if (removed) return {};
  return std::move(removed).error().during(
      "removing what was disposed of. If it is immutable, take that away yourself: chattr -i " +
      files.system_path(store::segment_path(header.ordinal)));
}

}  // namespace

std::vector<TokenKeys> keys_on(std::span<const KeyHolder> tokens, const std::string& prefix) {
  std::vector<TokenKeys> out;
  for (const KeyHolder& token : tokens) {
    TokenKeys& keys = out.emplace_back(TokenKeys{token.name, {}, {}});
    const auto labels = token.keys->kek_labels();
    if (!labels) {
      keys.away = of_token(token.name, labels.error());
      continue;
    }
    for (const std::string& label : *labels)
      if (const auto parsed = store::parse_kek_label(prefix, label))
        keys.labels[parsed->period].push_back(label);
  }
  return out;
}

std::vector<HeldKeys> keys_of_month(std::span<const TokenKeys> keys, KeyPeriod period) {
  const std::string name = key_period_name(period);
  std::vector<HeldKeys> out;
  for (const TokenKeys& token : keys) {
    const auto found = token.labels.find(name);
    out.push_back({token.token, {}, token.away});
    if (found != token.labels.end()) out.back().labels = found->second;
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
                          const DisposedOf& by, const TreeOfRemains& tree,
                          const UnwrapDataKey& unwrap, const std::function<bool()>& goes_on) {
  const store::GoesOn on = unless_it_stops(goes_on);
  auto there = store::read_remains(files, header);
  ASSIGN_OR_RETURN(const bool has_file, store::has_segment_file(files, header.ordinal));
  if (!has_file) return there ? Result<void>() : std::move(there).error();
  if (!there && is_trouble(there.error())) return there.error();
  const auto key = unwrap(header);
  if (key) {
    RETURN_IF_ERROR(store::write_remains(files, header, *key, by.destroyed_us, by.disposal, on));
  } else {
    RETURN_IF_ERROR(store::expect_gone(files, header, key.error()));
    if (!there) return key.error();
    if (!state::check_remains(store::head_of(*there), by)) {
      there->made_us = by.destroyed_us;
      RETURN_IF_ERROR(store::complete_remains(files, std::move(*there), by.disposal, on));
    }
  }
  return prove_remains(files, header, by, tree, on);
}

namespace {

std::vector<store::SegmentHeader> of_month(Headers all, std::uint32_t month) {
  std::vector<store::SegmentHeader> found;
  for (const store::SegmentHeader& header : all)
    if (header.month == month) found.push_back(header);
  return found;
}

Result<void> keep_each(env::Filesystem& files, const std::vector<store::SegmentHeader>& segments,
                       std::span<const KeyHolder> tokens, const DisposedOf& by,
                       const TreeOfRemains& tree, const std::function<bool()>& goes_on) {
  for (const store::SegmentHeader& header : segments) {
    if (!goes_on()) return busy("the log is stopping");
    RETURN_IF_ERROR(keep_remains(
        files, header, by, tree, [&](const auto& of) { return unwrap_by_any(files, tokens, of); },
        goes_on));
  }
  return {};
}

}  // namespace

Result<void> check_segments_of(Headers all, std::span<const rules::MonthRange> months) {
  for (std::size_t k = 0; k < all.size(); ++k) {
    const store::SegmentHeader& header = all[k];
    const bool is_last = k + 1 == all.size();
    const LeafIndex end = is_last ? LeafIndex{~std::uint64_t{0}} : all[k + 1].first;
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

Result<std::vector<store::SegmentHeader>> keep_month(
    env::Filesystem& files, Headers all, const rules::MonthRange& month, const std::string& prefix,
    std::span<const KeyHolder> tokens, const DisposedOf& by, const TreeOfRemains& tree,
    const std::function<bool()>& goes_on) {
  ASSIGN_OR_RETURN(const auto no_rotation, store::lock_month_keys(files));
  RETURN_IF_ERROR(check_segments_of(all, std::span(&month, 1)));
  auto segments = of_month(all, month.month);
  RETURN_IF_ERROR(store::check_prefix(segments, prefix));
  RETURN_IF_ERROR(keep_each(files, segments, tokens, by, tree, goes_on));
  return segments;
}

Result<std::vector<store::SegmentHeader>> keep_rest(env::Filesystem& files, Headers all,
                                                    std::uint32_t month,
                                                    std::span<const KeyHolder> tokens,
                                                    const DisposedOf& by, const TreeOfRemains& tree,
                                                    const std::function<bool()>& goes_on) {
  ASSIGN_OR_RETURN(const auto no_rotation, store::lock_month_keys(files));
  auto segments = of_month(all, month);
  RETURN_IF_ERROR(keep_each(files, segments, tokens, by, tree, goes_on));
  return segments;
}

Result<std::set<std::uint32_t>> months_with_files(const env::Filesystem& files) {
  ASSIGN_OR_RETURN(const auto names, files.list("segments"));
  std::set<std::uint32_t> months;
  for (const std::string& name : names) {
    const auto ordinal = store::parse_segment_name(name);
    if (!ordinal) continue;
    ASSIGN_OR_RETURN(const auto file, files.open_read(store::segment_path(*ordinal)));
    const auto header = store::read_segment_header(*file);
    if (!header && is_trouble(header.error())) return header.error();
    if (header) months.insert(header->month);
  }
  return months;
}

Result<void> prove_where_a_file_is(const env::Filesystem& files,
                                   const std::vector<store::SegmentHeader>& segments,
                                   const DisposedOf& by, const TreeOfRemains& tree,
                                   const std::function<bool()>& goes_on) {
  const store::GoesOn on = unless_it_stops(goes_on);
  for (const store::SegmentHeader& header : segments) {
    ASSIGN_OR_RETURN(const bool has_file, store::has_segment_file(files, header.ordinal));
    if (has_file) RETURN_IF_ERROR(prove_remains(files, header, by, tree, on));
  }
  return {};
}

Result<std::uint64_t> remove_files(env::Filesystem& files,
                                   const std::vector<store::SegmentHeader>& segments,
                                   const DisposedOf& by, const TreeOfRemains& tree,
                                   const std::function<bool()>& goes_on) {
  std::uint64_t removed = 0;
  bool some_are_gone = false;  // perhaps of a try before, which could not sync
  Result<void> outcome;
  for (const store::SegmentHeader& header : segments) {
    const auto there = store::has_segment_file(files, header.ordinal);
    some_are_gone = some_are_gone || (there && !*there);
    if (there && !*there) continue;
    Result<void> gone;
    if (!there)
      gone = there.error();
    else
      gone = goes_on() ? remove_file(files, header, by, tree, unless_it_stops(goes_on))
                       : busy("the log is stopping");
    removed += gone ? 1 : 0;
    if (outcome && !gone) outcome = std::move(gone);
  }
  if (removed != 0 || some_are_gone) RETURN_IF_ERROR(files.sync_directory("segments"));
  RETURN_IF_ERROR(outcome);
  return removed;
}

}  // namespace varve::upkeep
