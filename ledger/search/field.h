// What events can be asked for, and what an event says of each: the same for every format.
// docs/operating/questions.md
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/events/view.h"
#include "ledger/search/term.h"

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
  kObjectType,  // which kind of object, and in which role: only FHIR's clients ask, so it is no row below
};

struct FieldRow {
  Field field;
  std::string_view name;  // as an option and in JSON
  std::string_view help;
  bool names_people = false;  // other people of a machine can read arguments
};

inline constexpr std::array<FieldRow, 12> kFields{{
    {Field::kPatient, "patient", "whose data it was: an id", true},
    {Field::kActor, "actor", "who did it: an id, another id, or a name", true},
    {Field::kRole, "role", "in which role: a code"},
    {Field::kAction, "action", "create, read, update, delete, execute, or as the sender wrote it"},
    {Field::kType, "type", "which kind of event: a code"},
    {Field::kOutcome, "outcome", "success, minor-failure, ..., or as the sender wrote it"},
    {Field::kRecipient, "recipient", "who received data: an id, another id, or a name", true},
    {Field::kPurpose, "purpose", "what for: a code"},
    {Field::kObject, "object", "what it was done to: an id, another id, or a name", true},
    {Field::kAddress, "address", "from which network address"},
    {Field::kService, "service", "on which service or device"},
    {Field::kRequest, "request", "in which request: its id"},
}};

/// All that the event says of it, each once: none where it says nothing.
std::vector<std::string> values_of(const events::View& view, Field field);

/// Those who asked for it, where the event says who did; otherwise all who took part. They live as long as it.
std::vector<const events::Actor*> doers_of(const events::View& view);

/// Whether the event names this one of its actors as a recipient.
bool is_recipient(const events::View& view, const events::Actor& actor);

/// Values that are asked for (term.h): whatever an event says is one of them, or is not.
class Wanted {
 public:
  explicit Wanted(const std::vector<std::string>& values);

  [[nodiscard]] bool has(std::string_view value) const;
  [[nodiscard]] std::size_t count() const { return count_; }
  /// As they were asked for, without systems and types: "7" of "urn:mrn|7" and of "Patient/7".
  [[nodiscard]] const std::set<std::string, std::less<>>& bare() const { return bare_; }

 private:
  std::size_t count_;
  std::set<Term> terms_;
  std::set<std::string, std::less<>> bare_;
};

}  // namespace varve::search
