// Times, codes, base64.
#include "ledger/events/values.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "ledger/events/instant.h"

namespace varve::events {

When time_of(std::string text, const std::string& place, Extraction& out) {
  When when{std::move(text), {}};
  if (when.text.empty()) return when;
  when.unix_ns = instant_of(when.text);
  if (!when.unix_ns) out.add_gap(place, "not a date with a time and a zone, so no instant");
  return when;
}

When time_since_1970(std::string text, std::int64_t per_second, const std::string& place,
                     Extraction& out) {
  When when{std::move(text), {}};
  if (when.text.empty()) return when;
  const std::int64_t factor = 1'000'000'000 / per_second;
  const auto number = decode_decimal(when.text);
  const auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / factor);
  if (number && *number <= limit)
    when.unix_ns = static_cast<std::int64_t>(*number) * factor;
  else
    out.add_gap(place, "not a time since 1970, so no instant");
  return when;
}

std::string action_of(std::string code, const std::string& place, Extraction& out) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kActions = {
      {{"C", "create"}, {"R", "read"}, {"U", "update"}, {"D", "delete"}, {"E", "execute"}}};
  for (const auto& [letter, word] : kActions)
    if (code == letter) return std::string(word);
  if (!code.empty()) out.add_gap(place, "not one of the actions C, R, U, D, E");
  return code;
}

std::string outcome_of(std::string code, const std::string& place, Extraction& out) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOutcomes = {
      {{"0", "success"},
       {"4", "minor-failure"},
       {"8", "serious-failure"},
       {"12", "major-failure"}}};
  for (const auto& [number, word] : kOutcomes)
    if (code == number) return std::string(word);
  if (!code.empty()) out.add_gap(place, "not one of the outcomes 0, 4, 8, 12");
  return code;
}

std::string joined_code(const std::string& system, const std::string& code) {
  return system.empty() ? code : system + "|" + code;
}

bool has_code(const std::vector<Coded>& codes, std::string_view value) {
  return std::ranges::find(codes, value, &Coded::value) != codes.end();
}

std::string written(const Coded& code) {
  if (code.value.empty() || code.display.empty()) return code.value + code.display;
  return code.value + " (" + code.display + ")";
}

bool says_emergency(const Coded& code) {
  constexpr std::array<std::string_view, 10> kEmergency = {
      "http://terminology.hl7.org/CodeSystem/v3-ActReason|BTG",
      "http://terminology.hl7.org/CodeSystem/v3-ActReason|ETREAT",
      "urn:oid:2.16.840.1.113883.5.8|BTG",
      "urn:oid:2.16.840.1.113883.5.8|ETREAT",
      "2.16.840.1.113883.5.8|BTG",
      "2.16.840.1.113883.5.8|ETREAT",
      "urn:oid:2.16.756.5.30.1.127.3.10.5|EMER",
      "2.16.756.5.30.1.127.3.10.5|EMER",
      "http://dicom.nema.org/resources/ontology/DCM|110127",
      "DCM|110127"};
  return std::ranges::find(kEmergency, code.value) != kEmergency.end();
}

std::string best_name(const Actor& actor) {
  if (!actor.id.empty()) return actor.id;
  return actor.name.empty() ? actor.address : actor.name;
}

void add_whom(View& view, const Resource& patient) {
  const std::string& first = patient.id.empty() ? patient.name : patient.id;
  if (!first.empty()) view.whom.push_back(first);
  view.whom.insert(view.whom.end(), patient.alternative_ids.begin(), patient.alternative_ids.end());
}

void keep_each_once(std::vector<std::string>& texts) {
  std::set<std::string> seen;
  std::erase_if(texts, [&](const std::string& text) { return !seen.insert(text).second; });
}

std::string readable(std::string_view base64_text) {
  const auto decoded = decode_base64(base64_text);
  if (!decoded || decoded->empty()) return std::string(base64_text);
  const std::string_view text = text_of(*decoded);
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Character next = first_character(rest);
    const bool is_text = next.number >= 0x20 || rest.front() == '\r' || rest.front() == '\n';
    if (next.length == 0 || !is_text) return std::string(base64_text);
    rest.remove_prefix(next.length);
  }
  return std::string(text);
}

}  // namespace varve::events
