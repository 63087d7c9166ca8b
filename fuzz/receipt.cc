// Receipts: JSON may be spelled in many ways, but what is formatted from it reads back the same.
#include "ledger/format/receipt.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto receipt = format::parse_receipt(text_of(in));
  if (!receipt) return false;
  const std::string formatted = format::format_receipt(*receipt);
  const auto again = format::parse_receipt(formatted);
  CHECK(again.has_value());
  CHECK(format::format_receipt(*again) == formatted);
  return true;
}

std::vector<Buffer> seeds() {
  format::Receipt receipt{
      LeafIndex{3}, 2, TreeSize{42}, merkle::empty_root(), checkpoint_note(), merkle::Proof(4), {}};
  const std::string plain = format::format_receipt(receipt);
  receipt.record_headers = {Buffer(47), Buffer(60)};
  return {buffer_of(plain), buffer_of(format::format_receipt(receipt))};
}

}  // namespace varve::fuzz
