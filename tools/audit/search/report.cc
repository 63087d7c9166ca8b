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

bool has_value(const events::View& view, Field field, std::string_view wanted) {
  return std::ranges::any_of(search::values_of(view, field), [wanted](const std::string& value) {
    return search::is_same(wanted, value);
  });
}

bool is_login(const events::View& view) {
  constexpr std::array<std::string_view, 4> kTypes{"authentication", "USER_LOGIN", "USER_AUTH",
                                                   "AwsConsoleSignIn"};
  constexpr std::array<std::string_view, 3> kActions{"ConsoleLogin", "login", "logon"};
  for (const std::string& type : search::values_of(view, Field::kType)) {
    const std::string_view code = search::code_of(type, search::CodeSystem::kDicom);
    if (code == "110114" || code == "110122") return true;  // user authentication, login
  }
  return std::ranges::any_of(kTypes,
                             [&](auto type) { return has_value(view, Field::kType, type); }) ||
         std::ranges::any_of(kActions,
                             [&](auto action) { return has_value(view, Field::kAction, action); });
}

/// Whoever did it, each by one name and once.
std::vector<std::string> actors_of(const events::View& view) {
  std::vector<std::string> names;
  for (const events::Actor* actor : search::doers_of(view)) {
    const std::string& name = !actor->id.empty()     ? actor->id
                              : !actor->name.empty() ? actor->name
                                                     : actor->address;
    if (!name.empty()) names.push_back(name);
  }
  if (names.empty()) names.emplace_back("nobody that the event names");
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

std::array<std::string_view, 7> titles_of(ReportKind kind) {
  const bool by_patient = kind == ReportKind::kPatients;
  return {by_patient                     ? "patient"
          : kind == ReportKind::kSources ? "source"
                                         : "actor",
          "events",
          by_patient ? "actors" : "patients",
          "first",
          "last",
          "first_record",
          "last_record"};
}

}  // namespace

bool is_failed_login(const events::View& view) {
  constexpr std::array<std::string_view, 4> kGood{"success", "Success", "SUCCESS", "0"};
  const bool failed = !view.outcome.empty() && std::ranges::none_of(kGood, [&](auto outcome) {
    return has_value(view, Field::kOutcome, outcome);
  });
  return failed && is_login(view);
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
      return is_failed_login(seen.view);
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
  for (std::string& name : kind_ == ReportKind::kPatients
                               ? search::values_of(seen.view, Field::kPatient)
                               : actors_of(seen.view))
    keys.push_back({SourceId{}, std::move(name)});
  return keys;
}

void Report::add(const Seen& seen) {
  if (!is_of_it(seen)) return;
  const std::uint64_t time_us = search::time_of(seen.view, seen.origin).us;
  const auto others = kind_ == ReportKind::kPatients
                          ? actors_of(seen.view)
                          : search::values_of(seen.view, Field::kPatient);
  for (const Key& key : keys_of(seen)) {
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
