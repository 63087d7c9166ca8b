// A question about events, and whether an event answers it. Pure: what is asked of a server, of a copy
// or of an index is judged here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/events/extract.h"
#include "ledger/format/record.h"
#include "ledger/search/field.h"

namespace varve::search {

/// One of these values.
struct Condition {
  Field field = Field::kPatient;
  Wanted any_of;
};

/// All of its parts hold. One without parts is answered by every event.
struct Question {
  std::vector<Condition> conditions;
  std::optional<SourceId> source;         // who sent it
  std::optional<std::uint64_t> from_us;   // not before
  std::optional<std::uint64_t> until_us;  // before
  bool is_emergency = false;              // only emergency access
};

/// What a sender's record says. Of one that stands for an event which was too large nothing is understood.
events::Extraction extraction_of(const format::Record& record);

/// What is known of an event besides what it says.
struct Origin {
  SourceId source;
  std::uint64_t record_us = 0;  // when its record was made, says its source
};

/// Clocks of a sender and of what is said in its records differ by that much without a sign of anything.
inline constexpr std::uint64_t kClocksDifferUs = 300'000'000;
/// A time that much later; the last time that there is stays itself.
constexpr std::uint64_t later_by_clocks(std::uint64_t us) {
  return us > UINT64_MAX - kClocksDifferUs ? UINT64_MAX : us + kClocksDifferUs;
}

/// When it happened: what the event says, or else what its record says.
struct EventTime {
  std::uint64_t us = 0;       // since 1970 UTC
  bool is_of_record = false;  // the event says no instant: this is when its record was made
  bool is_ahead = false;      // the event says that it happened after its record was made
};
EventTime time_of(const events::View& view, const Origin& origin);

/// `kMaybe`: of what is asked the event says nothing that was understood, and more that was not: a value
/// without a field, free text, a query, details. Or its time is ahead, and one of its two times fits.
enum class Verdict : std::uint8_t { kNo, kMaybe, kYes };

/// Whether the event says more than its fields do: what a field does not say may be there.
bool says_more(const events::Extraction& said, const events::View& view);

/// Of one of the events of `said`.
Verdict judge(const Question& question, const events::Extraction& said, const events::View& view,
              const Origin& origin);

/// Of a record of which nothing was understood: by who sent it, and no event is from after its record.
Verdict judge_unread(const Question& question, const Origin& origin);
/// Of those events of a record that were not read: all, or those that were left off. kNo: there are none.
Verdict judge_unread(const Question& question, const events::Extraction& said,
                     const Origin& origin);

/// Whether the payload, or what was decoded of it, has an id of a patient who is asked for in it, anywhere
/// and as a word of its own. Ids of fewer than four characters are not looked for: they are in everything.
bool has_trace(const Question& question, Bytes payload, const events::Extraction& said);

/// Microseconds since 1970 UTC of "2026-03-01", which is its midnight in UTC, or of a time with its zone as
/// RFC 3339 writes it. Errors: kInvalid  neither, or before 1970.
Result<std::uint64_t> parse_moment(std::string_view text);

}  // namespace varve::search
