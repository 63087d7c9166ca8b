// The normalisation of each value, the same for all formats. docs/format/event-view.md states the
// rules; a change of one is a new version of the extractor. Private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "ledger/events/extract.h"

namespace varve::events {

/// RFC 3339 with a zone: with the instant. Anything else: the text alone, and a gap.
When time_of(std::string text, const std::string& place, Extraction& out);
/// Seconds, milliseconds or nanoseconds since 1970: `per_second` units. Not a number: a gap.
When time_since_1970(std::string text, std::int64_t per_second, const std::string& place,
                     Extraction& out);

/// "C" of DICOM and FHIR is "create", and so on. Another letter: as sent, and a gap.
std::string action_of(std::string code, const std::string& place, Extraction& out);
/// "0", "4", "8", "12" of DICOM and FHIR. Another: as sent, and a gap.
std::string outcome_of(std::string code, const std::string& place, Extraction& out);

/// "system|code"; the code alone when there is no system.
std::string joined_code(const std::string& system, const std::string& code);
bool has_code(const std::vector<Coded>& codes, std::string_view value);
/// The code and the sender's words in brackets; the words alone when there is no code.
std::string written(const Coded& code);
/// Whether the code says that rules were set aside in an emergency.
bool says_emergency(const Coded& code);
/// What names an actor: its id, or else its name, or else its address.
std::string best_name(const Actor& actor);
/// Adds all ids of a patient, or else the name.
void add_whom(View& view, const Resource& patient);
/// Drops each text that was there before.
void keep_each_once(std::vector<std::string>& texts);
/// Base64 of UTF-8 text without control characters, decoded; anything else as it is.
std::string readable(std::string_view base64_text);

}  // namespace varve::events
