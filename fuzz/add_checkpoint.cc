// Requests to a witness: what is parsed is sent again in exactly the same bytes.
#include "ledger/format/add_checkpoint.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

std::string as_sent(const format::AddCheckpoint& request) {
  std::string body = "old " + std::to_string(request.old.value) + "\n";
  for (const Hash& hash : request.proof) body += base64(hash.view()) + "\n";
  return body + "\n" + request.note;
}

}  // namespace

bool accepts(Bytes in) {
  const auto request = format::parse_add_checkpoint(text_of(in));
  if (!request) return false;
  CHECK(as_sent(*request) == text_of(in));
  CHECK(request->proof.size() <= format::kAddCheckpointProofMax);
  const auto note = format::parse_note(request->note);
  CHECK(note && format::parse_any_checkpoint_text(note->text));
  return true;
}

std::vector<Buffer> seeds() {
  const std::string note = checkpoint_note();
  return {buffer_of(as_sent({TreeSize{}, {}, note})),
          buffer_of(as_sent({TreeSize{7}, merkle::Proof(3), note}))};
}

}  // namespace varve::fuzz
