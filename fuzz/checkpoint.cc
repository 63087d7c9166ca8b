// Checkpoint texts: what is parsed formats to exactly the same lines.
#include "ledger/format/checkpoint.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto checkpoint = format::parse_checkpoint_text(text_of(in));
  if (!checkpoint) return false;
  CHECK(format::checkpoint_text(*checkpoint) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of("log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"),
      buffer_of("\xc3\xa4\n18446744073709551615\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")};
}

}  // namespace varve::fuzz
