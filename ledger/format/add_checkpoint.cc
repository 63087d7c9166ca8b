// Line by line, in the one spelling that there is.
#include "ledger/format/add_checkpoint.h"

#include "ledger/base/text.h"
#include "ledger/format/lines.h"
#include "ledger/format/note.h"

namespace varve::format {
namespace {

constexpr std::string_view kOldLabel = "old ";

Error not_a_request(std::string_view why) {
  return invalid("not a request to a witness: " + std::string(why));
}

}  // namespace

Result<AddCheckpoint> parse_add_checkpoint(std::string_view body) {
  if (body.size() > kAddCheckpointMax) return not_a_request("it is larger than 128 KiB");
  AddCheckpoint request;
  const auto old = decode_decimal(take_labelled(body, kOldLabel).value_or(""));
  if (!old) return not_a_request("its first line is not \"old \" and a decimal number");
  request.old = TreeSize{*old};
  for (;;) {
    const auto line = take_line(body);
    if (!line) return not_a_request("it has no empty line in front of the checkpoint");
    if (line->empty()) break;
    const auto hash = decode_base64_hash(*line);
    if (!hash) return not_a_request("a line of its proof is not a hash in base64");
    if (request.proof.size() == kAddCheckpointProofMax)
      return not_a_request("its proof has more than 63 hashes");
    request.proof.push_back(*hash);
  }
  request.note = std::string(body);
  ASSIGN_OR_RETURN(const Note note, parse_note(request.note));
  RETURN_IF_ERROR(parse_any_checkpoint_text(note.text));
  return request;
}

Result<Checkpoint> parse_any_checkpoint_text(std::string_view text) {
  if (text.size() > kAnyCheckpointTextMax)
    return not_a_request("the text of its checkpoint is larger than 16 KiB");
  const auto origin = take_line(text);
  const auto size = decode_decimal(take_line(text).value_or(""));
  const auto root = decode_base64_hash(take_line(text).value_or(""));
  if (!origin || origin->empty() || !size || !root)
    return not_a_request("the first lines of its checkpoint are not origin, size and root");
  while (!text.empty())
    if (const auto line = take_line(text); !line || line->empty())
      return not_a_request("an extension line of its checkpoint is empty");
  return Checkpoint{std::string(*origin), TreeSize{*size}, *root};
}

}  // namespace varve::format
