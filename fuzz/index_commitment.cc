// Commitments to indexes: what is parsed formats to exactly the same bytes.
#include "ledger/format/index_commitment.h"

#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto index = format::parse_index_commitment(text_of(in));
  if (!index) return false;
  CHECK(format::index_commitment_text(*index) == text_of(in));
  CHECK(index->first < index->end && index->events > 0);
  return true;
}

std::vector<Buffer> seeds() {
  format::IndexCommitment index{"audit.example.org/ward",
                                7,
                                202'611,
                                format::Mode::kLocked,
                                2,
                                LeafIndex{12},
                                LeafIndex{90},
                                40,
                                5,
                                6,
                                300,
                                {},
                                {}};
  const std::string locked = format::index_commitment_text(index);
  index.mode = format::Mode::kDraft;
  return {to_buffer(bytes_of(locked)), to_buffer(bytes_of(format::index_commitment_text(index)))};
}

}  // namespace varve::fuzz
