// Which events count, under which name, and the lines.
#include "tools/audit/search/report.h"

#include <algorithm>
#include <ctime>

#include "ledger/base/month.h"
#include "ledger/search/codes.h"
#include "tools/audit/answer_json.h"

namespace varve::audit {
namespace {

using search::Field;

/// Of an actor: its id, or else another id, its name, its address. Of auditd's other ids the account says
/// who it was, and the number as whom the program ran does not.
std::string one_name(const events::Actor& actor) {
  if (!actor.id.empty()) return actor.id;
  for (const std::string& id : actor.alternative_ids)
    if (id.starts_with("acct=")) return id;
  if (!actor.alternative_ids.empty()) return actor.alternative_ids.front();
  return actor.name.empty() ? actor.address : actor.name;
}

std::vector<std::string> each_once(std::vector<std::string> names) {
  std::erase(names, "");
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

std::vector<std::string> actors_of(const events::View& view) {
  std::vector<std::string> names;
  for (const events::Actor* actor : search::doers_of(view)) names.push_back(one_name(*actor));
  return each_once(std::move(names));
}

/// In one spelling: an id that two systems write in two ways is one.
std::vector<std::string> patients_of(const events::View& view) {
  std::vector<std::string> ids;
  for (const std::string& id : search::values_of(view, Field::kPatient))
    ids.push_back(search::canonical(id));
  return each_once(std::move(ids));
}

/// Whether one of the values is one of these words, in any case.
template <std::size_t N>
bool says(const std::vector<std::string>& values, const std::array<std::string_view, N>& words) {
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };  // these are letters
  return std::ranges::any_of(values, [&](const std::string& value) {
    return std::ranges::any_of(
        words, [&](std::string_view word) { return std::ranges::equal(value, word, same); });
  });
}

std::array<std::string_view, 7> titles_of(ReportKind kind) {
  const bool by_patient = kind == ReportKind::kPatients;
  return {by_patient                     ? "patient_id"
          : kind == ReportKind::kSources ? "source"
                                         : "actor",
          "events",
          by_patient ? "actors" : "patient_ids",
          "first",
          "last",
          "first_record",
          "last_record"};
}

}  // namespace

bool is_login(const events::View& view) {
  constexpr std::array<std::string_view, 4> kTypes{"authentication", "USER_LOGIN", "USER_AUTH",
                                                   "AwsConsoleSignIn"};
  constexpr std::array<std::string_view, 3> kActions{"ConsoleLogin", "login", "logon"};
  const std::vector<std::string> types = search::values_of(view, Field::kType);
  for (const std::string& type : types) {
    const std::string_view code = search::code_of(type, search::CodeSystem::kDicom);
    if (code == "110114" || code == "110122") return true;  // user authentication, login
    if (type == "class_uid|3002") return true;              // OCSF: authentication
  }
  return says(types, kTypes) || says(search::values_of(view, Field::kAction), kActions);
}

bool has_failed_somehow(const events::View& view) {
  constexpr std::array<std::string_view, 2> kGood{"success", "succeeded"};
  const std::string& outcome = view.outcome;
  const std::string_view code = std::string_view(outcome).substr(
      outcome.find('|') == std::string::npos ? 0 : outcome.rfind('|') + 1);
  return !outcome.empty() && code != "0" && !says({std::string(code)}, kGood);
}

bool is_after_hours(std::uint64_t time_us, const WorkingHours& hours) {
  const auto seconds = static_cast<std::time_t>(time_us / 1'000'000);
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return true;
  const bool is_weekend = local.tm_wday == 0 || local.tm_wday == 6;
  return is_weekend || local.tm_hour < hours.from || local.tm_hour >= hours.until;
}

bool Report::is_of_it(const Seen& seen) const {
  switch (kind_) {
    case ReportKind::kFailedLogins:
      return is_login(seen.view) && has_failed_somehow(seen.view);
    case ReportKind::kEmergency:
      return seen.view.is_emergency;
    case ReportKind::kAfterHours:
      return is_after_hours(search::time_of(seen.view, seen.origin).us, hours_);
    default:
      return true;
  }
}

std::vector<Report::Key> Report::keys_of(const Seen& seen) const {
  if (kind_ == ReportKind::kSources) {
    const std::uint64_t time_us = search::time_of(seen.view, seen.origin).us;
    return {{seen.origin.source, month_text(month_of(time_us))}};
  }
  std::vector<Key> keys;
  for (std::string& name :
       kind_ == ReportKind::kPatients ? patients_of(seen.view) : actors_of(seen.view))
    keys.push_back({SourceId{}, std::move(name)});
  return keys;
}

void Report::add(const Seen& seen) {
  if (kind_ == ReportKind::kFailedLogins && is_login(seen.view) && seen.view.outcome.empty())
    ++outcome_not_said_;
  if (!is_of_it(seen)) return;
  const std::uint64_t time_us = search::time_of(seen.view, seen.origin).us;
  const auto others =
      kind_ == ReportKind::kPatients ? actors_of(seen.view) : patients_of(seen.view);
  const std::vector<Key> keys = keys_of(seen);
  if (keys.empty()) without_name_.push_back(seen.record.value);
  for (const Key& key : keys) {
    const auto [place, is_new] = tallies_.try_emplace(key);
    Tally& tally = place->second;
    if (is_new) tally.line = {key.name, 0, 0, time_us, time_us, seen.record.value, 0};
    tally.line.first_us = std::min(tally.line.first_us, time_us);
    tally.line.last_us = std::max(tally.line.last_us, time_us);
    tally.line.last_record = seen.record.value;
    ++tally.line.events;
    for (const std::string& other : others) tally.others.insert(std::hash<std::string>{}(other));
  }
}

std::string Report::left_out() const {
  std::string text;
  if (!without_name_.empty())
    text = std::to_string(without_name_.size()) +
           (without_name_.size() == 1 ? " event names no " : " events name no ") +
           (kind_ == ReportKind::kPatients ? "patient" : "actor") + ": records " +
           some_of(without_name_);
  if (outcome_not_said_ != 0)
    text.append(text.empty() ? "" : "\n")
        .append(std::to_string(outcome_not_said_))
        .append(" log-ins do not say whether they failed");
  return text;
}

std::vector<ReportLine> Report::lines(
    const std::function<std::string(SourceId)>& source_name) const {
  std::vector<ReportLine> all;
  for (const auto& [key, tally] : tallies_) {
    all.push_back(tally.line);
    all.back().others = tally.others.size();
    if (kind_ == ReportKind::kSources) all.back().name = source_name(key.source) + " " + key.name;
  }
  std::ranges::sort(all, [](const ReportLine& a, const ReportLine& b) {
    return a.events != b.events ? a.events > b.events : a.name < b.name;
  });
  return all;
}

std::vector<std::vector<std::string>> cells_of(ReportKind kind,
                                               const std::vector<ReportLine>& lines) {
  const auto titles = titles_of(kind);
  std::vector<std::vector<std::string>> cells{{titles.begin(), titles.end()}};
  for (const ReportLine& line : lines)
    cells.push_back({line.name, std::to_string(line.events), std::to_string(line.others),
                     time_text(line.first_us), time_text(line.last_us),
                     std::to_string(line.first_record), std::to_string(line.last_record)});
  return cells;
}

std::string json_of(ReportKind kind, const std::vector<ReportLine>& lines) {
  const auto titles = titles_of(kind);
  return list_json(lines, [&titles](const ReportLine& line) {
    return AnswerJson()
        .add(titles[0], line.name)
        .add(titles[1], line.events)
        .add(titles[2], line.others)
        .add(titles[3], time_text(line.first_us))
        .add(titles[4], time_text(line.last_us))
        .add(titles[5], line.first_record)
        .add(titles[6], line.last_record)
        .take();
  });
}

}  // namespace varve::audit
