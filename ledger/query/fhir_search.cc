// Parameter by parameter.
#include "ledger/query/fhir_search.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/query/fhir_date.h"

namespace varve::query {
namespace {

using search::Field;

enum class Kind : std::uint8_t {
  kToken,      // "system|code", "code", "|code"
  kReference,  // "Patient/7"
  kText,
  kCoded,  // a token that events say in words: see `spellings`
  kDate,
  kControl,  // of the search itself
};

struct Row {
  std::string_view name;
  Kind kind = Kind::kControl;
  Field field = Field::kPatient;
  bool may_name_a_person = false;
  std::string_view spellings =
      {};  // "C=create,...": code and word; or systems of codes without one
};

constexpr std::string_view kOutcomes =
    "0=success,4=minor-failure,8=serious-failure,12=major-failure";
constexpr std::string_view kActions = "C=create,R=read,U=update,D=delete,E=execute";
constexpr std::string_view kEntityTypes =
    "http://terminology.hl7.org/CodeSystem/audit-entity-type http://hl7.org/fhir/resource-types "
    "http://hl7.org/fhir/audit-entity-type http://hl7.org/fhir/object-type "
    "ParticipantObjectTypeCode";  // ATNA's, as the event view has it
constexpr std::string_view kEntityRoles =
    "http://terminology.hl7.org/CodeSystem/object-role http://hl7.org/fhir/object-role "
    "ParticipantObjectTypeCodeRole";

constexpr Row kRows[] = {
    {"_id"},
    {"_count"},
    {"_cursor"},
    {"_format"},
    {"_sort"},
    {"_summary"},
    {"action", Kind::kCoded, Field::kAction, false, kActions},
    {"address", Kind::kText, Field::kAddress, true},
    {"agent", Kind::kReference, Field::kActor, true},
    {"agent.identifier", Kind::kToken, Field::kActor, true},
    {"agent-role", Kind::kToken, Field::kRole},
    {"date", Kind::kDate},
    {"entity", Kind::kReference, Field::kObject, true},
    {"entity.identifier", Kind::kToken, Field::kObject, true},
    {"entity-role", Kind::kToken, Field::kObjectType, false, kEntityRoles},
    {"entity-type", Kind::kToken, Field::kObjectType, false, kEntityTypes},
    {"identity", Kind::kToken, Field::kObject, true},
    {"object-type", Kind::kToken, Field::kObjectType, false, kEntityTypes},
    {"outcome", Kind::kCoded, Field::kOutcome, false, kOutcomes},
    {"patient", Kind::kReference, Field::kPatient, true},
    {"patient.identifier", Kind::kToken, Field::kPatient, true},
    {"role", Kind::kToken, Field::kObjectType, false, kEntityRoles},
    {"source", Kind::kToken, Field::kService, true},  // a person's own device may observe
    {"source.identifier", Kind::kToken, Field::kService, true},
    {"subtype", Kind::kToken, Field::kType},
    {"type", Kind::kToken, Field::kType},
    {"user", Kind::kToken, Field::kActor, true},
};

const Row* row_of(std::string_view name) {
  const auto* const row = std::ranges::find(kRows, name, &Row::name);
  return row == std::end(kRows) ? nullptr : row;
}

Error wrong_parameter(std::string_view name, std::string_view why) {
  return invalid(std::string(name) + ": " + std::string(why));
}

Error unknown_parameter() {
  std::string names;
  for (const Row& row : kRows) names.append(names.empty() ? "" : ", ").append(row.name);
  return invalid("a parameter is none of: " + names);
}

/// Values between commas. A backslash takes from a comma, a bar, a dollar and itself what they mean.
/// Source: FHIR R4, "search", escaping
/// Errors: kInvalid  a bar in a value without a system: values are compared by their first bar.
Result<std::vector<std::string>> split_values(std::string_view text) {
  std::vector<std::string> values{""};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes = text[i] == '\\' && i + 1 < text.size() &&
                         std::string_view{",|$\\"}.find(text[i + 1]) != std::string_view::npos;
    if (escapes && text[i + 1] == '|' && values.back().find('|') == std::string::npos)
      return invalid("a value with a bar in it needs its system in front");
    if (text[i] == ',')
      values.emplace_back();
    else
      values.back().push_back(escapes ? text[++i] : text[i]);
  }
  return values;
}

/// The parts of `list`, separated by one of `separators`.
std::vector<std::string_view> parts_of(std::string_view list, char separator) {
  std::vector<std::string_view> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(separator), list.size());
    parts.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

/// As it was sent, and in the words that the event view has for these codes.
void add_words(std::string_view words, const std::string& value, std::vector<std::string>& out) {
  out.push_back(value);
  const std::string_view code = std::string_view(value).substr(value.rfind('|') + 1);
  for (const std::string_view pair : parts_of(words, ',')) {
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == code) out.emplace_back(pair.substr(equals + 1));
  }
}

/// A code that stands alone is of one of these systems, or of none: of another it is of another kind.
void add_of_systems(std::string_view systems, const std::string& value,
                    std::vector<std::string>& out) {
  if (systems.empty() || value.find('|') != std::string::npos) return out.push_back(value);
  out.push_back("|" + value);
  for (const std::string_view system : parts_of(systems, ' '))
    out.push_back(std::string(system) + "|" + value);
}

Result<void> add_reference(const Row& row, const std::string& value,
                           std::vector<std::string>& out) {
  const bool is_bare = value.find_first_of("/:|") == std::string::npos;
  if (is_bare && row.field != Field::kPatient)
    return wrong_parameter(row.name, "a reference with its type, like Practitioner/7");
  out.push_back(is_bare ? "Patient/" + value : value);
  return {};
}

Result<std::vector<std::string>> values_asked(const Row& row, std::string_view text) {
  std::vector<std::string> out;
  const auto values = split_values(text);
  if (!values) return wrong_parameter(row.name, values.error().message);
  for (const std::string& value : *values) {
    if (value.empty()) return wrong_parameter(row.name, "a value is empty");
    if (value.ends_with('|'))
      return wrong_parameter(row.name, "a system cannot be asked for without a code");
    if (row.kind == Kind::kReference)
      RETURN_IF_ERROR(add_reference(row, value, out));
    else if (row.kind == Kind::kCoded)
      add_words(row.spellings, value, out);
    else
      add_of_systems(row.spellings, value, out);
  }
  return out;
}

Result<void> take_control(std::string_view name, const std::string& value, FhirSearch& out) {
  if (name == "_id") {
    if (value.find(',') != std::string::npos) return wrong_parameter(name, "one record at a time");
    out.id = value;
  } else if (name == "_count") {
    const auto count = decode_decimal(value);
    if (!count) return wrong_parameter(name, "a number");
    out.counts = out.counts || *count == 0;
    out.query.limit = std::clamp<std::uint64_t>(*count, 1, kLimitMax);
  } else if (name == "_sort") {
    if (value != "_lastUpdated" && value != "-_lastUpdated")
      return wrong_parameter(name,
                             "the order is that of the log, in which events came: -_lastUpdated, "
                             "the newest first, or _lastUpdated");
    out.query.order = value.starts_with('-') ? Order::kNewest : Order::kOldest;
  } else if (name == "_summary") {
    if (value != "count" && value != "false") return wrong_parameter(name, "count or false");
    out.counts = out.counts || value == "count";
  }
  return {};
}

Result<void> take_parameter(const Row& row, const std::string& value, FhirSearch& out) {
  if (row.kind == Kind::kControl) return take_control(row.name, value, out);
  search::Question& question = out.query.question;
  if (row.kind == Kind::kDate) {
    const auto period = fhir_period(value);
    if (!period) return wrong_parameter(row.name, period.error().message);
    const Period both = common_part({question.from_us, question.until_us}, *period);
    question.from_us = both.from_us;
    question.until_us = both.until_us;
    return {};
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> values, values_asked(row, value));
  question.conditions.push_back({row.field, search::Wanted(values)});
  return {};
}

/// Of one that is not known or not as it was sent: nothing where it is ignored.
Result<const Row*> find_row(const FhirParameter& parameter, bool lenient) {
  const std::string_view name = parameter.name;
  const std::size_t colon = std::min(name.find(':'), name.size());
  const Row* const row = row_of(name.substr(0, colon));
  if (row == nullptr && !lenient) return unknown_parameter();
  if (row == nullptr) return row;
  if (colon != name.size()) return wrong_parameter(row->name, "modifiers are not taken");
  if (row->may_name_a_person && parameter.is_in_url)
    return wrong_parameter(row->name,
                           "a URL is kept by proxies and browsers, and this may name a person: "
                           "POST it to AuditEvent/_search");
  return row;
}

Result<void> take(const FhirParameter& parameter, bool lenient, FhirSearch& out) {
  ASSIGN_OR_RETURN(const Row* const row, find_row(parameter, lenient));
  if (row == nullptr) {
    ++out.ignored;
    return {};
  }
  const auto is_this = [&](const auto& used) { return used.first == parameter.name; };
  if (row->kind == Kind::kControl && std::ranges::any_of(out.used, is_this))
    return wrong_parameter(row->name, "it is given twice");
  if (row->name == "_format") {
    out.wants_xml = out.wants_xml || parameter.value.find("xml") != std::string::npos;
    if (!out.wants_xml && parameter.value.find("json") == std::string::npos)
      return wrong_parameter(row->name, "json");
    return {};
  }
  if (row->name == "_cursor") {
    if (parameter.value.empty() || !out.cursor.empty())
      return wrong_parameter(row->name, "one, as the link \"next\" has it");
    out.cursor = parameter.value;
    return {};
  }
  RETURN_IF_ERROR(take_parameter(*row, parameter.value, out));
  out.names_a_person = out.names_a_person || row->may_name_a_person;
  out.used.emplace_back(parameter.name, parameter.value);
  return {};
}

std::string_view type_of(const Row& row) {
  if (row.kind == Kind::kReference) return "reference";
  if (row.kind == Kind::kDate) return "date";
  return row.kind == Kind::kText ? "string" : "token";
}

constexpr std::size_t kCursorStep = 256;

}  // namespace

Result<FhirSearch> parse_fhir_search(const std::vector<FhirParameter>& parameters, bool lenient) {
  if (parameters.size() > kFhirParameterCountMax)
    return invalid("there are more than " + std::to_string(kFhirParameterCountMax) + " parameters");
  FhirSearch out;
  for (const FhirParameter& parameter : parameters) RETURN_IF_ERROR(take(parameter, lenient, out));
  std::size_t size = 0;
  for (const auto& [name, value] : out.used) size += name.size() + value.size();
  if (size > kFhirParametersMax)
    return invalid("the parameters have more than " + std::to_string(kFhirParametersMax) +
                   " bytes: POST the question to /logs/{log}/search");
  if (!out.cursor.empty() && !out.used.empty())
    return wrong_parameter("_cursor", "it holds the question: send no other parameter with it");
  out.query.with_bytes = true;
  if (out.counts) out.query.limit = kLimitMax;
  return out;
}

std::vector<FhirParameterName> fhir_parameter_names() {
  std::vector<FhirParameterName> names;
  for (const Row& row : kRows)
    if (row.kind != Kind::kControl) names.push_back({row.name, type_of(row)});
  return names;
}

Buffer encode_fhir_cursor(const FhirCursor& cursor) {
  Buffer out;
  ByteWriter writer(out);
  writer.u64(cursor.at.value).u8(static_cast<std::uint8_t>(cursor.used.size()));
  for (const auto& [name, value] : cursor.used)
    writer.u16(static_cast<std::uint16_t>(name.size()))
        .text(name)
        .u16(static_cast<std::uint16_t>(value.size()))
        .text(value);
  out.resize((out.size() + kCursorStep - 1) / kCursorStep * kCursorStep);
  return out;
}

Result<FhirCursor> decode_fhir_cursor(Bytes bytes) {
  ByteReader reader(bytes);
  FhirCursor out{LeafIndex{reader.u64()}, {}};
  const std::size_t count = reader.u8();
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const std::string name(text_of(reader.take(reader.u16())));
    out.used.emplace_back(name, text_of(reader.take(reader.u16())));
  }
  if (!reader.ok()) return invalid("that is no cursor");
  return out;
}

}  // namespace varve::query
