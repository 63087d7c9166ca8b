// Signed notes: what is parsed formats to exactly the same bytes.
#include "ledger/format/note.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto note = format::parse_note(text_of(in));
  if (!note) return false;
  CHECK(format::format_note(*note) == text_of(in));
  const std::vector<format::VerifierKey> known{ed25519_key("log.example"), p256_key("log.example")};
  static_cast<void>(format::verify_note(*note, known).has_value());  // must not crash either
  return true;
}

std::vector<Buffer> seeds() {
  return {buffer_of(checkpoint_note()), buffer_of(note_of("a\n\nb\n", 3)), buffer_of(note_of("\n")),
          buffer_of(note_of("\xc3\xa4\xe2\x80\x94\xf0\x9f\x94\x92\n"))};
}

}  // namespace varve::fuzz
