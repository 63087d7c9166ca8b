// Lines, and a sum over them.
#include "ledger/format/observations.h"

#include "ledger/base/later_format.h"
#include "ledger/format/retention_lines.h"
#include "ledger/merkle/tree.h"

namespace varve::format {
namespace {

constexpr std::string_view kObservationsKind = "varve mirror observations v";
constexpr std::string_view kObservationsTitle = "varve mirror observations v1";
constexpr std::string_view kSumLabel = "sum ";

std::string sum_of(std::string_view lines) {
  return hex(merkle::sha256(bytes_of(lines)).view());
}

std::string words_of(const Sighting& seen) {
  return std::to_string(seen.time_us) + " " + std::to_string(seen.boot) + " " +
         std::to_string(seen.steady_ms) + " " + std::to_string(seen.size.value) + " " +
         base64(seen.root.view());
}

std::string words_of(const ForgottenMonth& forgotten) {
  const std::string words = std::to_string(forgotten.time_us) + " " +
                            std::to_string(forgotten.month) + " " +
                            std::to_string(forgotten.events);
  if (forgotten.disposal) return words + " record " + std::to_string(forgotten.disposal->value);
  return words + " decided " + forgotten.decided_by;
}

Result<std::uint32_t> month_number(std::string_view word) {
  ASSIGN_OR_RETURN(const std::uint64_t number, decode_decimal(word));
  if (number > UINT32_MAX) return invalid("there is no such month");
  return static_cast<std::uint32_t>(number);
}

Result<std::vector<LeafIndex>> take_acts(std::string_view& text, TreeSize read) {
  std::vector<LeafIndex> acts;
  while (text.starts_with("act ")) {
    ASSIGN_OR_RETURN(const std::uint64_t index, take_decimal(text, "act "));
    if (index >= read.value || (!acts.empty() && index <= acts.back().value))
      return invalid("acts are out of order, or behind what was read");
    acts.push_back({index});
  }
  return acts;
}

Result<Sighting> parse_sighting(std::string_view line) {
  Sighting seen;
  ASSIGN_OR_RETURN(seen.time_us, decode_decimal(next_word(line)));
  ASSIGN_OR_RETURN(seen.boot, decode_decimal(next_word(line)));
  ASSIGN_OR_RETURN(seen.steady_ms, decode_decimal(next_word(line)));
  ASSIGN_OR_RETURN(seen.size.value, decode_decimal(next_word(line)));
  ASSIGN_OR_RETURN(seen.root, decode_base64_hash(line));
  if (seen.time_us > kTimeMaxUs || seen.steady_ms > kTimeMaxUs / 1'000)
    return invalid("a time is past the year 9999");
  return seen;
}

Result<std::vector<Sighting>> take_sightings(std::string_view& text) {
  std::vector<Sighting> sightings;
  while (text.starts_with("seen ")) {
    ASSIGN_OR_RETURN(const std::string_view line, take_value(text, "seen "));
    ASSIGN_OR_RETURN(const Sighting seen, parse_sighting(line));
    if (!sightings.empty() && seen.size < sightings.back().size)
      return invalid("what was seen has shrunk");
    sightings.push_back(seen);
  }
  return sightings;
}

Result<ForgottenMonth> parse_forgotten(std::string_view line) {
  ForgottenMonth forgotten;
  ASSIGN_OR_RETURN(forgotten.time_us, decode_decimal(next_word(line)));
  ASSIGN_OR_RETURN(forgotten.month, month_number(next_word(line)));
  ASSIGN_OR_RETURN(forgotten.events, decode_decimal(next_word(line)));
  const std::string_view why = next_word(line);
  if (forgotten.time_us > kTimeMaxUs) return invalid("a time is past the year 9999");
  if (why == "record") {
    ASSIGN_OR_RETURN(const std::uint64_t index, decode_decimal(line));
    forgotten.disposal = LeafIndex{index};
    return forgotten;
  }
  if (why != "decided") return invalid("a month went without a reason");
  RETURN_IF_ERROR(check_decided_by(line));
  forgotten.decided_by = line;
  return forgotten;
}

Result<std::set<std::uint32_t>> take_without(std::string_view& text) {
  std::set<std::uint32_t> months;
  while (text.starts_with("without ")) {
    ASSIGN_OR_RETURN(const std::string_view line, take_value(text, "without "));
    ASSIGN_OR_RETURN(const std::uint32_t month, month_number(line));
    if (!months.empty() && month <= *months.rbegin())
      return invalid("months are named in order, each once");
    months.insert(month);
  }
  return months;
}

/// The lines in front of the sum. Errors: kInvalid  the sum is another, or there is none.
Result<std::string_view> without_sum(std::string_view text) {
  const std::size_t length = kSumLabel.size() + 2 * kHashSize + 1;
  if (text.size() < length) return invalid("it is damaged: it has no sum");
  const std::string_view lines = text.substr(0, text.size() - length);
  const std::string end = std::string(kSumLabel) + sum_of(lines) + "\n";
  if (text.substr(lines.size()) != end) return invalid("it is damaged: its sum is another");
  return lines;
}

}  // namespace

Result<void> check_decided_by(std::string_view who) {
  if (!who.empty() && who.size() <= kDecidedByMax && who.find('\n') == std::string_view::npos &&
      is_note_text(who))
    return {};
  return invalid("who decided is 1 to " + std::to_string(kDecidedByMax) +
                 " bytes of UTF-8 without control characters");
}

std::string observations_text(const Observations& observations) {
  std::string text = std::string(kObservationsTitle) + "\n";
  put_line(text, "key ", format_vkey(observations.first));
  put_number(text, "read ", observations.read.value);
  for (const LeafIndex act : observations.acts) put_number(text, "act ", act.value);
  for (const Sighting& seen : observations.sightings) put_line(text, "seen ", words_of(seen));
  for (const ForgottenMonth& forgotten : observations.forgotten)
    put_line(text, "forgot ", words_of(forgotten));
  for (const std::uint32_t month : observations.without) put_number(text, "without ", month);
  put_line(text, kSumLabel, sum_of(text));
  return text;
}

Result<Observations> parse_observations(std::string_view text) {
  if (auto later = later_text(text, kObservationsKind, 1); later && without_sum(text))
    return *std::move(later);
  if (!text.starts_with(kObservationsTitle))
    return invalid("not a " + std::string(kObservationsTitle) + ": its first line is another");
  ASSIGN_OR_RETURN(std::string_view lines, without_sum(text));
  take_line(lines);
  Observations observations;
  ASSIGN_OR_RETURN(const std::string_view key, take_value(lines, "key "));
  ASSIGN_OR_RETURN(observations.first, parse_vkey(key));
  ASSIGN_OR_RETURN(observations.read.value, take_decimal(lines, "read "));
  ASSIGN_OR_RETURN(observations.acts, take_acts(lines, observations.read));
  ASSIGN_OR_RETURN(observations.sightings, take_sightings(lines));
  while (lines.starts_with("forgot ")) {
    ASSIGN_OR_RETURN(const std::string_view line, take_value(lines, "forgot "));
    ASSIGN_OR_RETURN(ForgottenMonth forgotten, parse_forgotten(line));
    observations.forgotten.push_back(std::move(forgotten));
  }
  ASSIGN_OR_RETURN(observations.without, take_without(lines));
  RETURN_IF_ERROR(ends_here(lines));
  if (observations_text(observations) != text) return invalid("it has another spelling");
  return observations;
}

}  // namespace varve::format
