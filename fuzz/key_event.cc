// Key events: what is parsed formats to exactly the same text; a key history swallows any note.
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/control.h"
#include "ledger/rules/key_history.h"

namespace varve::fuzz {
namespace {

constexpr const char* kOrigin = "log.example";

std::string text_of_action(format::KeyAction action) {
  return format::key_event_text({action, kOrigin, ed25519_key(kOrigin)});
}

}  // namespace

bool accepts(Bytes in) {
  rules::KeyHistory history(kOrigin);
  static_cast<void>(history.apply(text_of(in)).has_value());
  const auto event = format::parse_key_event(text_of(in));
  if (!event) return false;
  CHECK(format::key_event_text(*event) == text_of(in));
  static_cast<void>(history.apply(note_of(std::string(text_of(in)))).has_value());
  return true;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of(text_of_action(format::KeyAction::kCreate)),
      buffer_of(text_of_action(format::KeyAction::kRotate)),
      buffer_of(text_of_action(format::KeyAction::kRetire)),
      buffer_of(text_of_action(format::KeyAction::kRevoke)),
      buffer_of(text_of_action(format::KeyAction::kWitnessKey)),
      buffer_of(format::key_event_text({format::KeyAction::kRotate, kOrigin, p256_key(kOrigin)}))};
}

}  // namespace varve::fuzz
