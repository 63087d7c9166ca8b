// Grants: what is parsed formats to exactly the same text.
#include "ledger/format/grants.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto grants = format::parse_grants(text_of(in));
  if (!grants) return false;
  CHECK(format::grants_text(*grants) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  const format::Grants grants{"log.example",
                              LeafIndex{7},
                              50,
                              {{{"certificate", "append", "ward7/pacs", "ward-7"}, 20},
                               {{"token", "hold", "", "legal"}, 10}},
                              2,
                              {}};
  return {buffer_of(format::grants_text(grants))};
}

}  // namespace varve::fuzz
