// The table, as code.
#include "ledger/store/read_derived.h"

namespace varve::store {

Result<void> read_derived(const env::File& file, ByteOffset at, MutableBytes out) {
  auto read = file.read(at, out);
  if (read || read.error().code != Code::kIo) return read;
  read = file.read(at, out);
  if (read || read.error().code != Code::kIo) return read;
  if (!file.size()) return read;
  return corrupt(read.error().message + ", twice");
}

}  // namespace varve::store
