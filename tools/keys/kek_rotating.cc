// Month by month, each by itself: a run that is interrupted leaves whole months behind it.
#include "tools/keys/kek_rotating.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "hsm/token_set.h"
#include "ledger/base/key_period.h"
#include "ledger/env/posix.h"
#include "ledger/format/json.h"
#include "ledger/store/kek_label.h"
#include "ledger/store/later_files.h"
#include "ledger/store/remains.h"
#include "ledger/store/rewrap.h"

namespace varve::keys {
namespace {

/// The new key's token first, then the one that has the keys so far, where that is another.
Result<std::unique_ptr<hsm::TokenSet>> open_tokens(const RotateKekArguments& arguments) {
  std::vector<std::unique_ptr<hsm::Token>> tokens;
  if (!arguments.new_token.module.empty()) {
    ASSIGN_OR_RETURN(auto token, open_token(arguments.new_token));
    tokens.push_back(std::move(token));
  }
  ASSIGN_OR_RETURN(auto token, open_token(arguments.kek.token));
  tokens.push_back(std::move(token));
  return std::make_unique<hsm::TokenSet>(std::move(tokens));
}

bool has_another_token(hsm::TokenSet& tokens) {
  return &tokens.first() != &tokens.last();
}

/// The month's next key: one that no token but the new key's has, so that its name means one key.
/// An earlier run that was interrupted may have made it.
Result<std::string> next_label(const RotateKekArguments& arguments, const env::Filesystem& files,
                               KeyPeriod month, hsm::TokenSet& tokens) {
  const std::string& prefix = arguments.kek.prefix;
  ASSIGN_OR_RETURN(const auto current, store::read_month_keys(files, month));
  store::KekLabel next{key_period_name(month), 1};
  if (current) {
    const auto parsed = store::parse_kek_label(prefix, current->label);
    if (!parsed)
      return invalid("this month's key is called " + current->label + ": --prefix is another's");
    next = *parsed;
  }
  for (;;) {
    ++next.generation;
    if (!has_another_token(tokens)) return store::kek_label(prefix, next);
    ASSIGN_OR_RETURN(const bool taken, tokens.last().holds_kek(store::kek_label(prefix, next)));
    if (!taken) return store::kek_label(prefix, next);
  }
}

/// Of the log's key periods; 0: they are months, as in a log without segments.
std::uint16_t minutes_of(const std::vector<store::SegmentHeader>& segments) {
  return segments.empty() ? std::uint16_t{0} : segments.back().key_minutes;
}

/// Months with segments, and those whose keys were exchanged before they had any.
Result<std::set<KeyPeriod>> all_months(const env::Filesystem& files,
                                       const std::vector<store::SegmentHeader>& segments) {
  std::set<KeyPeriod> months;
  for (const store::SegmentHeader& header : segments) months.insert(header.period());
  const auto names = files.list(store::kMonthKeysFolder);
  if (!names && names.error().code == Code::kNotFound) return months;
  if (!names) return names.error();
  for (const std::string& name : *names)
    if (const auto month = parse_key_period_name(name, minutes_of(segments))) months.insert(*month);
  return months;
}

/// The names of the keys that a month's data keys are wrapped under, and new segments will be.
Result<std::set<std::string>> labels_in_use(const env::Filesystem& files, KeyPeriod month) {
  ASSIGN_OR_RETURN(const auto anew, store::read_month_keys(files, month));
  ASSIGN_OR_RETURN(const auto segments, store::segments_of_month(files, month.number));
  std::set<std::string> labels;
  if (anew) labels.insert(anew->label);
  for (const store::SegmentHeader& header : segments)
    if (!anew || anew->find(header.ordinal) == nullptr) labels.insert(header.label);
  return labels;
}

/// Whether all of them are on the new token and none is on the other.
Result<bool> is_moved(const env::Filesystem& files, KeyPeriod month, hsm::TokenSet& tokens) {
  if (!has_another_token(tokens)) return false;
  ASSIGN_OR_RETURN(const auto labels, labels_in_use(files, month));
  for (const std::string& label : labels) {
    ASSIGN_OR_RETURN(const bool there, tokens.first().holds_kek(label));
    ASSIGN_OR_RETURN(const bool here, tokens.last().holds_kek(label));
    if (!there || here) return false;
  }
  return !labels.empty();
}

/// Whether a rotation on the same token is done and its old keys are still there: all data keys are
/// under one key, and an earlier one of the month is on the token.
Result<bool> is_rotated(const RotateKekArguments& arguments, const env::Filesystem& files,
                        KeyPeriod month, hsm::TokenSet& tokens) {
  if (has_another_token(tokens)) return false;
  ASSIGN_OR_RETURN(const auto labels, labels_in_use(files, month));
  if (labels.size() != 1) return false;
  ASSIGN_OR_RETURN(const bool there, tokens.first().holds_kek(*labels.begin()));
  if (!there) return false;
  const auto now = store::parse_kek_label(arguments.kek.prefix, *labels.begin());
  ASSIGN_OR_RETURN(const auto keys, tokens.list_keks());
  return now && std::ranges::any_of(keys, [&](const std::string& key) {
           const auto other = store::parse_kek_label(arguments.kek.prefix, key);
           return other && other->period == now->period && other->generation < now->generation;
         });
}

/// What became of one month.
struct Done {
  KeyPeriod month;
  const char* result = "";  // "rotated", "rotated before", "moved before", "destroyed"
  std::string label = {};   // the new key's; empty: there is none
  std::size_t segments = 0;
};

Result<Done> rotate_month(const RotateKekArguments& arguments, env::Filesystem& files,
                          KeyPeriod month, hsm::TokenSet& tokens) {
  ASSIGN_OR_RETURN(std::string label, next_label(arguments, files, month, tokens));
  store::DataKeys keys(files, tokens, env::system_random(), arguments.kek.prefix);
  ASSIGN_OR_RETURN(const std::size_t segments,
                   store::rewrap_month(files, month, keys, tokens.first(), label));
  return Done{month, "rotated", std::move(label), segments};
}

Result<Done> rotate_one_of_all(const RotateKekArguments& arguments, env::Filesystem& files,
                               KeyPeriod month, hsm::TokenSet& tokens) {
  ASSIGN_OR_RETURN(const bool destroyed, store::has_remains(files, month.number));
  if (destroyed) return Done{month, "destroyed"};
  ASSIGN_OR_RETURN(const bool moved, is_moved(files, month, tokens));
  if (moved) return Done{month, "moved before"};
  ASSIGN_OR_RETURN(const bool rotated, is_rotated(arguments, files, month, tokens));
  if (rotated) return Done{month, "rotated before"};
  auto done = rotate_month(arguments, files, month, tokens);
  if (!done)
    return std::move(done).error().during("wrapping the data keys of " + key_period_text(month) +
                                          "; the months before it are done, run it again");
  return done;
}

std::string as_text(const Done& done) {
  if (done.label.empty()) return key_period_text(done.month) + ": " + done.result + "\n";
  return done.label + " wraps the data keys of " + std::to_string(done.segments) + " segments\n";
}

std::string members(const Done& done) {
  return "\"label\":" + format::json_quoted(done.label) +
         ",\"segments\":" + std::to_string(done.segments);
}

/// Each month is told as soon as it is done; JSON comes in the end.
Result<void> rotate_all(const RotateKekArguments& arguments, env::Filesystem& files,
                        const std::set<KeyPeriod>& months, hsm::TokenSet& tokens) {
  std::string json;
  for (const KeyPeriod month : months) {
    ASSIGN_OR_RETURN(const Done done, rotate_one_of_all(arguments, files, month, tokens));
    if (!arguments.kek.json) std::fputs(as_text(done).c_str(), stdout);
    std::fflush(stdout);
    json.append(json.empty() ? "{" : ",{").append("\"month\":\"").append(key_period_text(month));
    json.append("\",\"result\":\"").append(done.result).append("\"");
    if (!done.label.empty()) json.append(",").append(members(done));
    json.append("}");
  }
  if (arguments.kek.json) std::printf("{\"months\":[%s]}\n", json.c_str());
  return {};
}

}  // namespace

Result<void> rotate_kek(const RotateKekArguments& arguments) {
  if (arguments.all != arguments.month.empty())
    return invalid("name one month with --month, or say --all");
  ASSIGN_OR_RETURN(const auto files, env::open_posix(arguments.kek.store));
  RETURN_IF_ERROR(store::expect_no_later_files(*files));
  ASSIGN_OR_RETURN(const auto only_one, store::lock_month_keys(*files));
  ASSIGN_OR_RETURN(const auto there, store::all_segments(*files));
  RETURN_IF_ERROR(store::check_prefix(there, arguments.kek.prefix));
  if (arguments.all) {
    ASSIGN_OR_RETURN(const auto months, all_months(*files, there));
    ASSIGN_OR_RETURN(const auto tokens, open_tokens(arguments));
    return rotate_all(arguments, *files, months, *tokens);
  }
  ASSIGN_OR_RETURN(const KeyPeriod month, parse_key_period(arguments.month, minutes_of(there)));
  ASSIGN_OR_RETURN(const auto tokens, open_tokens(arguments));
  ASSIGN_OR_RETURN(const Done done, rotate_month(arguments, *files, month, *tokens));
  std::fputs((arguments.kek.json ? "{" + members(done) + "}\n" : as_text(done)).c_str(), stdout);
  return {};
}

}  // namespace varve::keys
