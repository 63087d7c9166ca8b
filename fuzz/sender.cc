// Sender records: what is parsed is written as exactly the same text, and gives a source's name.
#include "ledger/format/sender.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/record.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto record = format::parse_sender(text_of(in));
  if (!record) return false;
  CHECK(format::sender_text(*record) == text_of(in));
  const std::string source = format::source_name(record->sender);
  CHECK(format::source_id(source).has_value());
  CHECK(format::sender_kind(source) == record->sender.kind);
  return true;
}

std::vector<Buffer> seeds() {
  using format::SenderKind;
  return {buffer_of(format::sender_text({"log.example", {SenderKind::kClient, "EHR@ward-7"}})),
          buffer_of(format::sender_text({"log.example", {SenderKind::kListener, "relay"}}))};
}

}  // namespace varve::fuzz
