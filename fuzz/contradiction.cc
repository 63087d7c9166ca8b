// Contradictions: what is parsed formats to exactly the same bytes.
#include "ledger/format/contradiction.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto contradiction = format::parse_contradiction(text_of(in));
  if (!contradiction) return false;
  CHECK(format::format_contradiction(*contradiction) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  const std::string note = checkpoint_note();
  return {buffer_of(format::format_contradiction({Hash{}, {}, note, note})),
          buffer_of(format::format_contradiction({Hash{}, merkle::Proof(3), note, note}))};
}

}  // namespace varve::fuzz
