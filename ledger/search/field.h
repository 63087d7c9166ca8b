// What events can be asked for, and what an event says of each: the same for every format.
// docs/operating/questions.md
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/events/view.h"

namespace varve::search {

enum class Field : std::uint8_t {
  kPatient,
  kActor,
  kRole,
  kAction,
  kType,
  kOutcome,
  kRecipient,
  kPurpose,
  kObject,
  kAddress,
  kService,
  kRequest,
};

struct FieldRow {
  Field field;
  std::string_view name;  // as an option and in JSON
  std::string_view help;
};

inline constexpr std::array<FieldRow, 12> kFields{{
    {Field::kPatient, "patient", "whose data it was: an id"},
    {Field::kActor, "actor", "who did it: an id, another id, or a name"},
    {Field::kRole, "role", "in which role: a code"},
    {Field::kAction, "action", "create, read, update, delete, execute, or as the sender wrote it"},
    {Field::kType, "type", "which kind of event: a code"},
    {Field::kOutcome, "outcome", "success, minor-failure, ..., or as the sender wrote it"},
    {Field::kRecipient, "recipient", "who received data: an id or a name"},
    {Field::kPurpose, "purpose", "what for: a code"},
    {Field::kObject, "object", "what it was done to: an id, another id, or a name"},
    {Field::kAddress, "address", "from which network address"},
    {Field::kService, "service", "on which service or device"},
    {Field::kRequest, "request", "in which request: its id"},
}};

/// All that the event says of it, each once: none where it says nothing.
std::vector<std::string> values_of(const events::View& view, Field field);

/// Those who asked for it, where the event says who did; otherwise all who took part. They live as long as it.
std::vector<const events::Actor*> doers_of(const events::View& view);

/// Whether `value`, which an event says, is what was asked for:
///   "system|value"  exactly that
///   "|value"        that value, of no system
///   "value"         that value, whatever its system
/// HL7's "value^^^&OID&ISO" counts as "urn:oid:OID|value" on both sides. Case and blanks count.
bool is_same(std::string_view asked, std::string_view value);

/// The one spelling that is_same() compares: HL7's with an OID becomes FHIR's, and all else stays.
std::string canonical(std::string_view value);

}  // namespace varve::search
