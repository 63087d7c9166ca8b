// Bundles and sealed batches: the entries, put together again, are exactly the bundle.
#include "ledger/format/batch.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  if (const auto entries = format::split_bundle(in, 1'000)) {
    Buffer again;
    for (const Bytes entry : *entries) format::append_to_bundle(again, entry);
    CHECK(again == to_buffer(in));
  }
  const auto batch = format::decode_batch(to_buffer(in));
  if (!batch) return false;
  CHECK(batch->records.size() == batch->leaves.size());
  CHECK(batch->seal.count + 1 == batch->records.size());
  return true;
}

std::vector<Buffer> seeds() {
  std::vector<Buffer> batches;
  for (const std::uint64_t count : {1U, 2U, 7U}) {
    std::vector<Buffer> events;
    Buffer bundle;
    for (std::uint64_t i = 0; i < count; ++i) {
      events.push_back(event_record(i));
      format::append_to_bundle(bundle, events.back());
    }
    format::append_to_bundle(bundle,
                             *format::encode_seal(seal_over(events, format::Sealer::kSource)));
    batches.push_back(std::move(bundle));
  }
  return batches;
}

}  // namespace varve::fuzz
