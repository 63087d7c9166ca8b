// Big-endian, as in the record.
#include "ledger/verify/source_text.h"

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/record.h"

namespace varve::verify {

std::string source_hex(SourceId id) {
  Buffer bytes;
  ByteWriter(bytes).u64(id.value);
  return hex(bytes);
}

std::string source_text(SourceId id) {
  if (id == format::kLogItself) return "the log itself";
  return "source " + source_hex(id);
}

}  // namespace varve::verify
