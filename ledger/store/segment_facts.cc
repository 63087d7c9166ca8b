// What appends are known by.
#include "ledger/store/segment_facts.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/merkle/tree.h"

namespace varve::store {

Fingerprint fingerprint_of(const Hash& hash) {
  Fingerprint out;
  std::ranges::copy(hash.view().first(out.bytes.size()), out.bytes.begin());
  return out;
}

AppendKey append_key(const BatchKey& batch) {
  Buffer bytes;
  ByteWriter(bytes).u64(batch.source.value).u64(batch.sequence);
  return {AppendKind::kBatch, fingerprint_of(merkle::sha256(bytes))};
}

AppendKey append_key(const Hash& key) {
  return {AppendKind::kRequest, fingerprint_of(key)};
}

}  // namespace varve::store
