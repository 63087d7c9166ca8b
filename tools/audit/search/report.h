// What an officer reviews: events of a kind, counted for each person, patient or source.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "tools/audit/search/scan.h"

namespace varve::audit {

/// When people are expected to work, in hours of this machine's time zone: [from, until).
struct WorkingHours {
  int from = 7;
  int until = 19;
};

enum class ReportKind : std::uint8_t {
  kActors,
  kPatients,
  kSources,
  kFailedLogins,
  kEmergency,
  kAfterHours,
};

struct ReportRow {
  ReportKind kind;
  std::string_view name;
  std::string_view help;
};

inline constexpr std::array<ReportRow, 6> kReports{{
    {ReportKind::kActors, "actors",
     "what each actor did, and how many ids of patients it was about"},
    {ReportKind::kPatients, "patients", "each id of a patient whose data somebody touched"},
    {ReportKind::kSources, "sources", "how much each source sent, by month"},
    {ReportKind::kFailedLogins, "failed-logins", "log-ins that failed, by actor"},
    {ReportKind::kEmergency, "emergency", "emergency access, by actor"},
    {ReportKind::kAfterHours, "after-hours",
     "events outside of working hours and at week-ends, by actor"},
}};

/// Whether the event is a log-in: by DICOM's codes, and what ECS, OCSF, auditd and CloudTrail call one.
bool is_login(const events::View& view);
/// Whether its outcome is said, and another than success.
bool has_failed_somehow(const events::View& view);
/// Whether it happened at a week-end or outside of these hours. Thread: reads the zone of the process.
bool is_after_hours(std::uint64_t time_us, const WorkingHours& hours);

/// One of those that events were counted for.
struct ReportLine {
  std::string name;
  std::uint64_t events = 0;
  std::uint64_t others = 0;  // ids of patients; of a patient's id, the actors
  std::uint64_t first_us = 0;
  std::uint64_t last_us = 0;
  std::uint64_t first_record = 0;  // in the log's order
  std::uint64_t last_record = 0;
};

/// Counts events. Memory: some 200 bytes a line, and 16 for each pair of an actor and a patient.
class Report {
 public:
  Report(ReportKind kind, WorkingHours hours) : kind_(kind), hours_(hours) {}

  void add(const Seen& seen);
  /// Events that are about it, and name nobody by whom they could be counted: "2 events name no patient".
  /// Empty: there are none.
  [[nodiscard]] std::string left_out() const;
  /// Records of these.
  [[nodiscard]] const std::vector<std::uint64_t>& without_name() const { return without_name_; }
  /// Those with the most events first; by name where they have as many.
  [[nodiscard]] std::vector<ReportLine> lines(
      const std::function<std::string(SourceId)>& source_name) const;

 private:
  struct Key {
    SourceId source;   // where it is about sources
    std::string name;  // or the source's month
    auto operator<=>(const Key&) const = default;
  };
  struct Tally {
    ReportLine line;
    std::unordered_set<std::size_t> others;  // hashes
  };

  [[nodiscard]] bool is_of_it(const Seen& seen) const;
  [[nodiscard]] std::vector<Key> keys_of(const Seen& seen) const;

  ReportKind kind_;
  WorkingHours hours_;
  std::map<Key, Tally> tallies_;
  std::vector<std::uint64_t> without_name_;
  std::uint64_t outcome_not_said_ = 0;  // log-ins
};

/// Titles and lines, as row.h renders them.
std::vector<std::vector<std::string>> cells_of(ReportKind kind,
                                               const std::vector<ReportLine>& lines);
/// A JSON array.
std::string json_of(ReportKind kind, const std::vector<ReportLine>& lines);

}  // namespace varve::audit
