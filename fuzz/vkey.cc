// Verifier keys of both algorithms: what is parsed formats to exactly the same text.
#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto key = format::parse_vkey(text_of(in));
  if (!key) return false;
  CHECK(format::format_vkey(*key) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  return {buffer_of(format::format_vkey(ed25519_key("log.example/cardiology"))),
          buffer_of(format::format_vkey(p256_key("log.example")))};
}

}  // namespace varve::fuzz
