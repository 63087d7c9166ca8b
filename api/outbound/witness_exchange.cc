// The table of answers, those of the specification and those that its implementations give besides.
#include "api/outbound/witness_exchange.h"

#include <algorithm>

#include "ledger/base/text.h"

namespace varve::api {
namespace {

using Means = WitnessAnswer::Means;

constexpr int kOkStatus = 200;
constexpr int kNotFoundStatus = 404;
constexpr int kConflict = 409;
constexpr int kUnprocessable = 422;
constexpr int kTooMany = 429;
constexpr int kServerErrors = 500;
constexpr std::string_view kSizeType = "text/x.tlog.size";

WitnessAnswer failed(std::string why) {
  WitnessAnswer answer;
  answer.why = std::move(why);
  return answer;
}

WitnessAnswer contradicts(std::string why, TreeSize size) {
  WitnessAnswer answer;
  answer.means = Means::kContradicts;
  answer.size = size;
  answer.why = std::move(why);
  return answer;
}

std::string number(TreeSize size) {
  return std::to_string(size.value);
}

/// The answer is signature lines: behind the checkpoint's text they are a note.
Result<format::Note> cosigned_note(std::string_view lines, const format::Checkpoint& checkpoint) {
  const std::string text = format::checkpoint_text(checkpoint);
  ASSIGN_OR_RETURN(format::Note note, format::parse_note(text + "\n" + std::string(lines)));
  if (note.text != text) return invalid("it is not of signature lines");
  return note;
}

WitnessAnswer judge_cosignatures(const client::HttpResponse& response,
                                 const WitnessQuestion& asked) {
  const auto note = cosigned_note(response.body, asked.checkpoint.checkpoint);
  if (!note) return failed("its answer 200 is no cosignature: " + note.error().message);
  WitnessAnswer answer;
  for (const format::CosignerKey& key : asked.keys) {
    auto found = format::cosignature_of(*note, key);
    if (!found)
      answer.why = found.error().message;
    else if (!*found)
      answer.why = "its answer has no cosignature by " + key.name + " with the key of the policy";
    answer.cosignatures.push_back(found ? std::move(*found) : std::nullopt);
  }
  if (std::ranges::any_of(answer.cosignatures, [](const auto& one) { return one.has_value(); }))
    answer.means = Means::kCosigned;
  return answer;
}

/// The size in a 409, as the specification has it. The media type may have parameters.
std::optional<TreeSize> conflicting_size(const client::HttpResponse& response) {
  std::string_view body = response.body;
  if (!std::string_view(response.content_type).starts_with(kSizeType) || !body.ends_with('\n'))
    return std::nullopt;
  body.remove_suffix(1);
  const auto size = decode_decimal(body);
  return size ? std::optional(TreeSize{*size}) : std::nullopt;
}

WitnessAnswer judge_conflict(const client::HttpResponse& response, const WitnessQuestion& asked) {
  const TreeSize size = asked.checkpoint.checkpoint.size;
  const auto stands = conflicting_size(response);
  if (asked.old == size && (!stands || *stands == size))
    return contradicts("it has cosigned another tree of " + number(size) + " records", size);
  if (!stands) return failed("its answer is 409 and does not say the size that it has cosigned");
  if (*stands == asked.old)
    return failed("its answer is 409, and it says the size that the log began from");
  if (*stands > asked.newest)
    return contradicts(
        "it has cosigned " + number(*stands) + " records, and the log has " + number(asked.newest),
        *stands);
  WitnessAnswer answer;
  answer.means = Means::kOther;
  answer.size = *stands;
  return answer;
}

/// The log has verified the proof itself, so a witness that refuses it began from another root.
WitnessAnswer judge_unprocessable(const WitnessQuestion& asked) {
  if (asked.old == TreeSize{})
    return failed("its answer is 422, and the log proved nothing that it could refuse");
  return contradicts("it refuses the proof from " + number(asked.old) + " to " +
                         number(asked.checkpoint.checkpoint.size) + " records: the tree of " +
                         number(asked.old) + " records that it has cosigned is another one",
                     asked.old);
}

std::string why_of(int status) {
  switch (status) {
    case 400:
      return "it does not understand the request (400)";
    case 403:
      return "it knows no key that signed the checkpoint (403): have its operator enter the vkey "
             "of "
             "the log's witness key";
    case kNotFoundStatus:
      return "it does not know the log (404): have its operator enter the vkey of the log's "
             "witness "
             "key, and look at the URL in the policy";
    case kTooMany:
      return "it is asked too often (429)";
    default:
      break;
  }
  if (status >= kServerErrors) return "it is in trouble itself (" + std::to_string(status) + ")";
  return "its answer is " + std::to_string(status) +
         ", which no witness gives; redirects are not followed";
}

}  // namespace

std::string add_checkpoint_body(TreeSize old, const merkle::Proof& proof, std::string_view note) {
  std::string body = "old " + number(old) + "\n";
  for (const Hash& hash : proof) body.append(base64(hash.view())).append("\n");
  return body.append("\n").append(note);
}

WitnessAnswer judge_answer(const client::HttpResponse& response, const WitnessQuestion& asked) {
  if (response.status == kOkStatus) return judge_cosignatures(response, asked);
  if (response.status == kConflict) return judge_conflict(response, asked);
  if (response.status == kUnprocessable) return judge_unprocessable(asked);
  WitnessAnswer answer = failed(why_of(response.status));
  answer.retry_after_s = response.retry_after_s();
  return answer;
}

}  // namespace varve::api
