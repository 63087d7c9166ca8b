// Who may destroy which keys.
#include "ledger/upkeep/disposal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ledger/base/key_period.h"
#include "ledger/base/trouble.h"
#include "ledger/store/hash_files.h"
#include "ledger/store/kek_label.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"

namespace varve::upkeep {
namespace {

Result<std::uint64_t> records_of(const env::Filesystem& files, const store::SegmentHeader& header) {
  const std::string path = store::segment_path(header.ordinal);
  ASSIGN_OR_RETURN(const auto file, store::open_segment(files, header.ordinal));
  const auto footer = store::read_footer(*file);
  if (!footer && is_trouble(footer.error())) return footer.error();
  if (!footer)
    return corrupt(path + ": " + footer.error().message + ": start and stop varved, or repair it");
  return footer->footer.end.value - header.first.value;
}

/// Errors: kInvalid  one of `labels` may be of a newer key than `current`.
Result<void> check_none_is_newer(const std::vector<std::string>& labels, const std::string& current,
                                 const std::string& prefix) {
  const auto parsed = store::parse_kek_label(prefix, current);
  for (const std::string& label : labels) {
    const auto other = store::parse_kek_label(prefix, label);
    if (!parsed || !other || other->generation > parsed->generation)
      return invalid(label + " is newer than " + current +
                     ", which this store uses: is it an old copy? Else run kek rotate again");
  }
  return {};
}

/// A store that lacks segments in the middle says nothing of what its months need.
Result<void> check_all_there(const std::vector<store::SegmentHeader>& all) {
  for (std::size_t ordinal = 0; ordinal < all.size(); ++ordinal)
    if (all[ordinal].ordinal != ordinal)
      return invalid(store::segment_path(ordinal) +
                     " is not there: restore the store before you destroy a key");
  return {};
}

}  // namespace

Result<std::unique_ptr<Disposal>> Disposal::begin(env::Filesystem& files, DisposalOrder order) {
  CHECK(order.superseded || order.first_key);
  std::unique_ptr<Disposal> out{new Disposal{files, std::move(order)}};
  ASSIGN_OR_RETURN(out->no_rotation_, store::lock_month_keys(files));
  if (!out->order_.superseded) {
    ASSIGN_OR_RETURN(out->no_server_, files.lock("lock"));
  }
  return out;
}

Result<void> Disposal::plan(std::vector<KeyHolder> tokens, const SegmentProgress& progress) {
  CHECK(tokens_.empty() && !tokens.empty());
  tokens_ = std::move(tokens);
  RETURN_IF_ERROR(find_segments());
  RETURN_IF_ERROR(count_records());
  RETURN_IF_ERROR(find_keys_elsewhere());
  RETURN_IF_ERROR(check_anything_to_destroy());
  return order_.superseded ? Result<void>() : check_disposed_of(progress);
}

/// What the log itself says of the month: the server disposed of it, and this is a token that it did not
/// have at hand.
Result<void> Disposal::check_disposed_of(const SegmentProgress& progress) {
  const auto unwrap = [this](const store::SegmentHeader& header) {
    return unwrap_by_any(files_, tokens_, header);
  };
  ASSIGN_OR_RETURN(const StoreState read,
                   read_store_state(files_, *order_.first_key, unwrap, progress));
  const rules::Retention& log = read.records.retention();
  const rules::Month* const month = log.find_month(plan_.period.number);
  if (month == nullptr || !month->disposal)
    return worm("no record of the log disposes of " + order_.month +
                ": people give notice and approve with varve-keys dispose");
  ASSIGN_OR_RETURN(const auto all, store::all_segments(files_));
  RETURN_IF_ERROR(check_segments_of(all, std::array{*log.range_of(*month)}));  // it is over
  by_ = *state::disposed_of(log, month->month);
  tree_ = read.tree;
  return {};
}

Result<void> Disposal::find_segments() {
  ASSIGN_OR_RETURN(auto segments, store::all_segments(files_));
  RETURN_IF_ERROR(store::check_prefix(segments, order_.kek_prefix));
  const auto all = segments;
  ASSIGN_OR_RETURN(plan_.period,
                   parse_key_period(order_.month, all.empty() ? 0 : all.back().key_minutes));
  std::erase_if(segments, [&](const auto& header) { return header.period() != plan_.period; });
  plan_.keys = keys_of_month(keys_on(tokens_, order_.kek_prefix), plan_.period);
  if (all.empty() && order_.superseded) return keep_current(segments);
  if (all.empty())
    return invalid("there are no segments in " + order_.store + ": is it the log's directory?");
  const KeyPeriod newest = all.back().period();  // months of segments never go back
  const bool is_over = plan_.period < newest;
  if (order_.superseded && !(segments.empty() && is_over)) return keep_current(segments);
  if (order_.superseded) RETURN_IF_ERROR(check_all_there(all));
  if (!is_over)
    return invalid(order_.month + " is not over for the log in " + order_.store +
                   ", whose own clock is in " + key_period_text(newest) +
                   ": its next records would go under the same key. Destroy the key once the log "
                   "has records of a later month");
  if (segments.empty() && !order_.superseded)
    return invalid("no segment in " + order_.store + " is of " + order_.month +
                   ": is it an old copy? A key that no segment needs goes with --superseded");
  plan_.segments = std::move(segments);
  return {};
}

/// Leaves the label that the month's data keys are wrapped under out of the plan. Errors: kInvalid
/// one of the others may still be needed.
Result<void> Disposal::keep_current(const std::vector<store::SegmentHeader>& segments) {
  ASSIGN_OR_RETURN(const auto anew, store::read_month_keys(files_, plan_.period));
  if (!anew) return not_found("the key of this month was never rotated: none is superseded");
  for (const store::SegmentHeader& header : segments)
    if (anew->find(header.ordinal) == nullptr && header.label != anew->label)
      return invalid(store::segment_path(header.ordinal) + " still needs " + header.label +
                     ": run kek rotate again");
  for (HeldKeys& held : plan_.keys) {
    RETURN_IF_ERROR(check_none_is_newer(held.labels, anew->label, order_.kek_prefix));
    std::erase(held.labels, anew->label);
  }
  return {};
}

Result<void> Disposal::count_records() {
  for (const store::SegmentHeader& header : plan_.segments) {
    ASSIGN_OR_RETURN(const std::uint64_t records, records_of(files_, header));
    plan_.records += records;
  }
  return {};
}

/// Each data key is wrapped under the key in its header, and since a rotation under a second one.
Result<void> Disposal::find_keys_elsewhere() {
  if (plan_.segments.empty()) return {};
  ASSIGN_OR_RETURN(const auto anew, store::read_month_keys(files_, plan_.period));
  if (anew) plan_.elsewhere.insert(anew->label);
  for (const store::SegmentHeader& header : plan_.segments) plan_.elsewhere.insert(header.label);
  for (const HeldKeys& held : plan_.keys)
    for (const std::string& label : held.labels) plan_.elsewhere.erase(label);
  return {};
}

Result<void> Disposal::check_anything_to_destroy() const {
  const auto holds = [](const HeldKeys& held) { return !held.labels.empty(); };
  if (std::ranges::any_of(plan_.keys, holds)) return {};
  for (const HeldKeys& held : plan_.keys)
    if (held.away) return *held.away;
  return not_found("the token holds no such key: nothing to destroy");
}

Result<void> Disposal::keep_all(const SegmentProgress& progress) {
  if (plan_.segments.empty()) return {};
  ASSIGN_OR_RETURN(const auto hashes, store::HashFiles::open_to_read(files_));
  std::uint64_t done = 0;
  for (const store::SegmentHeader& header : plan_.segments) {
    progress(done++, plan_.segments.size());
    RETURN_IF_ERROR(keep_remains(
        files_, header, by_, {tree_, *hashes},
        [this](const auto& of) { return unwrap_by_any(files_, tokens_, of); },
        [] { return true; }));
  }
  return {};
}

Result<std::vector<DestroyedKeys>> Disposal::carry_out(const SegmentProgress& progress) {
  CHECK(!plan_.keys.empty());
  RETURN_IF_ERROR(keep_all(progress));
  std::vector<DestroyedKeys> out;
  for (std::size_t i = 0; i < tokens_.size(); ++i)
    out.push_back(destroy_keys(plan_.keys[i], *tokens_[i].keys));
  return out;
}

}  // namespace varve::upkeep
