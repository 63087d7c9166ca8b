// Source events: what is parsed formats to exactly the same text.
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/control.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto event = format::parse_source_event(text_of(in));
  if (!event) return false;
  CHECK(format::source_event_text(*event) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  const auto key = ed25519_key("ward-7/pacs");
  return {
      buffer_of(format::source_event_text({format::SourceAction::kRegister, "log.example", key})),
      buffer_of(format::source_event_text({format::SourceAction::kRotate, "log.example", key}))};
}

}  // namespace varve::fuzz
