// The thread behind disposals.
#include "ledger/upkeep/disposer.h"

#include <algorithm>
#include <span>
#include <utility>

#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "ledger/merkle/checked.h"
#include "ledger/rules/disposal_plan.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_files.h"
#include "ledger/upkeep/append_and_wait.h"

namespace varve::upkeep {
namespace {

constexpr std::size_t kSegmentsNamed = 5'000;   // in a record, with 16 tokens beside them
constexpr std::uint64_t kLookAtEndMs = 1'000;   // whether the last look has ended
constexpr std::uint64_t kLookAgainMs = 60'000;  // at what is due, and at a token that was away

format::KeyEnd end_of(const DestroyedKeys& keys) {
  if (keys.not_finished) return keys.was_asked ? format::KeyEnd::kFailed : format::KeyEnd::kAway;
  return keys.labels.empty() ? format::KeyEnd::kAbsent : format::KeyEnd::kDestroyed;
}

bool is_covered(const LedgerView& view, const rules::Month& month) {
  return month.disposal && contains(view.newest->checkpoint.size, month.disposal->index);
}

const format::TokenEnd* find_token(const rules::Month& month, const std::string& uri) {
  const auto found = std::ranges::find(month.tokens, uri, &format::TokenEnd::uri);
  return found == month.tokens.end() ? nullptr : &*found;
}

/// These, and what the log knows of tokens that the configuration names no more.
std::vector<format::TokenEnd> with_those_of_the_log(const std::vector<format::TokenEnd>& tokens,
                                                    const rules::Month& month) {
  std::vector<format::TokenEnd> all = tokens;
  for (const format::TokenEnd& known : month.tokens)
    if (std::ranges::find(tokens, known.uri, &format::TokenEnd::uri) == tokens.end())
      all.push_back(known);
  return all;
}

std::string name_of(const rules::Retention& log, const rules::Month& month) {
  return format::key_period_text(month.month, log.policy().mode);
}

std::set<std::uint64_t> ordinals_of(const std::vector<store::SegmentHeader>& segments) {
  std::set<std::uint64_t> ordinals;
  for (const store::SegmentHeader& header : segments) ordinals.insert(header.ordinal);
  return ordinals;
}

/// As a record names them.
std::vector<std::uint64_t> named_of(const std::vector<store::SegmentHeader>& segments) {
  std::vector<std::uint64_t> ordinals;
  for (const store::SegmentHeader& header : segments)
    if (ordinals.size() < kSegmentsNamed) ordinals.push_back(header.ordinal);
  return ordinals;
}

/// The first error: whatever follows is tried all the same.
void keep_first(Result<void>& outcome, Result<void> next) {
  if (outcome && !next) outcome = std::move(next);
}

}  // namespace

Result<Headers> Disposer::Segments::all() {
  if (!read_) {
    ASSIGN_OR_RETURN(read_, store::all_segments(files_));
  }
  return Headers(*read_);
}

Disposer::Disposer(const LogOptions& options, const Environment& environment,
                   const state::Storage& storage, Forget forget, Record record)
    : options_(options),
      env_(environment),
      storage_(storage),
      forget_(std::move(forget)),
      record_(std::move(record)),
      under_way_(env_.clock) {}

/// A token that was away, or is put back from a backup, may have a key of what was disposed of. Remains
/// that are damaged, or false, keep no log from opening: nothing is read by them.
Result<void> Disposer::forget_what_remains() {
  const LedgerView view = storage_.view();
  std::set<std::uint32_t> months;
  for (const rules::Month& month : view.retention->months())
    if (is_covered(view, month)) months.insert(month.month);
  std::set<std::uint64_t> ordinals;
  ASSIGN_OR_RETURN(const auto with_remains, store::list_remains(env_.files));
  for (const std::uint64_t ordinal : with_remains) {
    const auto head = store::read_remains_head(env_.files, ordinal);
    if (!head && is_trouble(head.error())) return head.error();
    if (!head) continue;
    if (months.contains(head->period.number)) ordinals.insert(ordinal);
    ASSIGN_OR_RETURN(const bool has_file, store::has_segment_file(env_.files, ordinal));
    const auto lawful = state::check_remains(*head, *view.retention);
    if (!has_file && !lawful)
      tell("damage_found",
           store::remains_path(ordinal) + ": " + lawful.error().message +
               ". The log goes on. docs/operating/recovery.md says how it is repaired");
  }
  forget_(ordinals);
  return {};
}

void Disposer::wake() {
  const MutexLock lock(mutex_);
  woken_ = true;
}

void Disposer::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.wait();
}

std::uint64_t Disposer::due_in_ms() const {
  const std::uint64_t now_ms = env_.clock.steady_ms();
  return now_ms < next_look_ms_ ? next_look_ms_ - now_ms : 0;
}

/// It has minutes, and who appends has not. While it works, what wakes it waits for the end of that.
void Disposer::look_if_due() {
  const std::uint64_t now_ms = env_.clock.steady_ms();
  const MutexLock lock(mutex_);
  if (stopping_ || env_.holders.empty()) {
    next_look_ms_ = UINT64_MAX;
    return;
  }
  if (now_ms < next_look_ms_ && (!woken_ || !has_thread_)) return;
  const bool ended = thread_.ended();
  next_look_ms_ = now_ms + (ended ? kLookAgainMs : kLookAtEndMs);
  if (!ended) return;
  if (has_work() && !start_look()) {
    next_look_ms_ = now_ms + kLookAtEndMs;
    return;
  }
  woken_ = false;
}

/// False: the system gives no thread. An operator is told of it once, until it gives one.
bool Disposer::start_look() {
  const bool started = thread_.try_start([this] {
    gives_way_ = true;
    look();
    gives_way_ = false;
  });
  if (std::exchange(has_thread_, started) && !started)
    tell("disposal_waits",
         "the system gives no thread for disposals: raise TasksMax of the service. It is tried "
         "again and again");
  return started;
}

/// Whether look() may find something. Requires that it does not run.
bool Disposer::has_work() const {
  const LedgerView view = storage_.view();
  const rules::Retention& log = *view.retention;
  if (log.policy().automatic && log.approvals_needed() >= rules::kApprovalsMin) return true;
  return std::ranges::any_of(log.months(), [&](const rules::Month& month) {
    return is_covered(view, month) && !settled_.contains(month.month);
  });
}

/// What does not go now goes later; an operator is told of it once.
void Disposer::look() {
  Result<void> done = dispose_by_policy();
  keep_first(done, end_months());
  if (done) return told_.clear();
  if (is_stopping() || std::exchange(told_, done.error().message) == done.error().message) return;
  tell("disposal_waits", done.error().message + ". It is tried again and again");
}

Result<void> Disposer::dispose_by_policy() {
  const LedgerView view = storage_.view();
  const rules::Retention& log = *view.retention;
  if (!log.policy().automatic || log.approvals_needed() < rules::kApprovalsMin) return {};
  Result<void> outcome;
  Segments segments(env_.files);
  for (rules::DisposalAct& act : rules::disposals_to_approve(log))
    keep_first(outcome, dispose(view, std::move(act), segments));
  auto months = rules::months_to_notice(log);
  if (months.empty()) return outcome;
  const format::Notice notice{options_.origin, log.policy_place()->leaf, std::move(months)};
  keep_first(outcome,
             append(format::Kind::kNotice, format::notice_text(notice, log.policy().mode)));
  return outcome;
}

/// One month that cannot go does not keep the others.
Result<void> Disposer::dispose(const LedgerView& view, rules::DisposalAct act, Segments& segments) {
  ASSIGN_OR_RETURN(const Headers all, segments.all());
  Result<void> outcome;
  std::erase_if(act.months, [&](const rules::MonthRange& month) {
    auto alone = check_segments_of(all, std::span(&month, 1));
    const bool leaves = !alone;
    keep_first(outcome, std::move(alone));
    return leaves;
  });
  if (act.months.empty()) return outcome;
  const TreeSize size = size_before(act.months.back().end);
  const merkle::SignedTree newest{view.newest->checkpoint.size, view.newest->checkpoint.root};
  ASSIGN_OR_RETURN(const Hash root, merkle::checked_root(size, newest, *storage_.hashes));
  const format::Disposal disposal{options_.origin,       act.policy, act.notice,
                                  std::move(act.months), root,       true};
  keep_first(outcome, append(format::Kind::kDisposal,
                             format::disposal_text(disposal, view.retention->policy().mode)));
  return outcome;
}

/// Each month whole before the next: a log that stops often gets on all the same.
Result<void> Disposer::end_months() {
  const LedgerView view = storage_.view();
  const rules::Retention& log = *view.retention;
  std::vector<const rules::Month*> left;
  for (const rules::Month& month : log.months())
    if (is_covered(view, month) && !settled_.contains(month.month)) left.push_back(&month);
  if (left.empty()) return {};
  Result<void> outcome;
  ASSIGN_OR_RETURN(const auto with_files, months_with_files(env_.files));
  Segments segments(env_.files);
  under_way_.begin();
  worked_since_ms_ = env_.clock.steady_ms();
  const auto before = keys_on(env_.holders, options_.kek_prefix);
  for (const rules::Month* month : left) {
    if (is_stopping()) break;
    ending_ = name_of(log, *month);
    const bool was_kept = kept_.contains(month->month);
    auto kept = keep(view, *month, keys_of_month(before, log.key_period(month->month)),
                     with_files.contains(month->month), segments);
    const bool goes = kept && *kept;
    if (!kept) keep_first(outcome, std::move(kept).error());
    if (goes && !end_month(view, *month, was_kept ? &before : nullptr, outcome)) break;
  }
  under_way_.end(outcome.has_value());
  return outcome;
}

/// First the remains, then the keys, then the files: from the first remains on no key of the month is rotated,
/// so whichever the tokens list afterwards are all that there are. A listing costs a token as much as many
/// signatures: `listed` is one of behind the remains, where there is one. Returns whether the next month may go:
/// not while no record is taken.
bool Disposer::end_month(const LedgerView& view, const rules::Month& month,
                         const std::vector<TokenKeys>* listed, Result<void>& outcome) {
  const rules::Retention& log = *view.retention;
  if (auto proved = prove_again(view, month.month); !proved) {
    keep_first(outcome, std::move(proved));
    return true;
  }
  const auto keys = listed != nullptr ? *listed : keys_on(env_.holders, options_.kek_prefix);
  const auto tokens = destroy(month, keys_of_month(keys, log.key_period(month.month)));
  auto files = remove_files_of(view, month.month);
  auto said = say(log, month, tokens, files.has_value());
  const bool is_said = said.has_value();
  keep_first(outcome, std::move(said));
  if (is_said) keep_first(outcome, files ? settle(log, month, tokens) : std::move(files));
  return is_said;
}

/// A key may go long after the remains were made: another token was away. They may have changed since.
Result<void> Disposer::prove_again(const LedgerView& view, std::uint32_t month) {
  const auto by = state::disposed_of(*view.retention, month);
  CHECK(by);
  auto proved = prove_where_a_file_is(env_.files, kept_[month], *by, tree_of(view), goes_on());
  if (!proved && !is_trouble(proved.error())) kept_.erase(month);
  return proved;
}

/// Readers opened them again meanwhile, and read nothing by them: an open file is no file that is gone.
Result<void> Disposer::remove_files_of(const LedgerView& view, std::uint32_t month) {
  const auto& segments = kept_[month];
  const auto by = state::disposed_of(*view.retention, month);
  CHECK(by);
  auto removed = remove_files(env_.files, segments, *by, tree_of(view), goes_on());
  if (!removed || *removed != 0) forget_(ordinals_of(segments));
  if (!removed) return std::move(removed).error();
  return {};
}

/// Whether the month's keys and files go now: its segments have remains, and nothing reads by them. Also of a
/// month whose keys the log calls gone: a token may have come back with one, or a restore has made one.
Result<bool> Disposer::keep(const LedgerView& view, const rules::Month& month,
                            const std::vector<HeldKeys>& held, bool has_files, Segments& segments) {
  const rules::Retention& log = *view.retention;
  if (kept_.contains(month.month)) return true;
  const bool has_some =
      std::ranges::any_of(held, [](const HeldKeys& keys) { return !keys.labels.empty(); });
  const bool has_no_key = month.keys_are_gone() && !has_some;
  if (has_no_key && month.is_finished && !has_files) {
    if (std::ranges::none_of(held, &HeldKeys::is_away)) settled_.insert(month.month);
    return false;
  }
  const auto by = state::disposed_of(log, month.month);
  CHECK(by);
  const TreeOfRemains tree = tree_of(view);
  ASSIGN_OR_RETURN(const Headers all, segments.all());
  ASSIGN_OR_RETURN(auto kept,
                   has_no_key
                       ? keep_rest(env_.files, all, month.month, env_.holders, *by, tree, goes_on())
                       : keep_month(env_.files, all, *log.range_of(month), options_.kek_prefix,
                                    env_.holders, *by, tree, goes_on()));
  RETURN_IF_ERROR(try_to_say(log, month, named_of(kept)));
  forget_(ordinals_of(kept));
  kept_[month.month] = std::move(kept);
  return true;
}

/// What is said in the end has to be a record: that is tried before anything is destroyed.
Result<void> Disposer::try_to_say(const rules::Retention& log, const rules::Month& month,
                                  const std::vector<std::uint64_t>& segments) const {
  format::Disposed disposed{options_.origin, month.disposal->leaf, month.month, segments};
  for (const KeyHolder& token : env_.holders)
    disposed.tokens.push_back({format::KeyEnd::kDestroyed, token.name});
  const format::Mode mode = log.policy().mode;
  RETURN_IF_ERROR(format::parse_disposed(format::disposed_text(disposed, mode), mode));
  return {};
}

/// What became of the month's key on each token.
std::vector<format::TokenEnd> Disposer::destroy(const rules::Month& month,
                                                const std::vector<HeldKeys>& held) {
  std::vector<format::TokenEnd> ends;
  for (std::size_t k = 0; k < held.size(); ++k) {
    const std::string& uri = held[k].token;
    format::KeyEnd end = end_of(destroy_keys(held[k], *env_.holders[k].keys));
    if (end == format::KeyEnd::kDestroyed) destroyed_.emplace(month.month, uri);
    const format::TokenEnd* const known = find_token(month, uri);
    const bool was_destroyed = destroyed_.contains({month.month, uri}) ||
                               (known != nullptr && known->end == format::KeyEnd::kDestroyed);
    if (end == format::KeyEnd::kAbsent && was_destroyed) end = format::KeyEnd::kDestroyed;
    ends.push_back({end, uri});
  }
  return ends;
}

/// In the ledger, where it does not know that yet.
Result<void> Disposer::say(const rules::Retention& log, const rules::Month& month,
                           const std::vector<format::TokenEnd>& tokens, bool files_are_gone) {
  const auto is_known = [&](const format::TokenEnd& token) {
    const format::TokenEnd* const known = find_token(month, token.uri);
    return known != nullptr && known->end == token.end;
  };
  const auto all = with_those_of_the_log(tokens, month);
  const bool is_complete = files_are_gone && std::ranges::none_of(all, format::is_left);
  const bool is_news = is_complete || (files_are_gone && !month.files_are_gone) ||
                       !std::ranges::all_of(tokens, is_known);
  if (month.is_finished || !is_news) return {};
  const format::Disposed disposed{options_.origin, month.disposal->leaf,
                                  month.month,     named_of(kept_[month.month]),
                                  files_are_gone,  tokens,
                                  is_complete};
  return append(format::Kind::kDisposed, format::disposed_text(disposed, log.policy().mode));
}

/// It is done where neither these tokens nor one that the log knows, and the configuration does not, may
/// have a key. Errors: kBusy  one has.
Result<void> Disposer::settle(const rules::Retention& log, const rules::Month& month,
                              const std::vector<format::TokenEnd>& tokens) {
  const auto all = with_those_of_the_log(tokens, month);
  const auto left = std::ranges::find_if(all, format::is_left);
  if (left != all.end())
    return busy("keys of " + name_of(log, month) + " are left on the token " + left->uri);
  settled_.insert(month.month);
  tell("keys_destroyed", "the keys of " + name_of(log, month) + ", which record " +
                             std::to_string(month.disposal->index.value) + " disposes of");
  return {};
}

Result<void> Disposer::append(format::Kind kind, std::string text) {
  return append_and_wait([&](AppendDone done) { record_(kind, std::move(text), std::move(done)); });
}

void Disposer::tell(std::string_view event, const std::string& sentence) {
  if (env_.notice) env_.notice(event, sentence);
}

TreeOfRemains Disposer::tree_of(const LedgerView& view) const {
  return {{view.newest->checkpoint.size, view.newest->checkpoint.root}, *storage_.hashes};
}

bool Disposer::is_stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

}  // namespace varve::upkeep
