// The policy's verdict on one checkpoint, and its words.
#include "tools/audit/cosigners.h"

#include <algorithm>

#include "ledger/base/month.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/witness_policy.h"
#include "tools/audit/answer_json.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::uint64_t kMicroseconds = 1'000'000;
constexpr std::uint64_t kTimeTextMax_s = 253'402'300'799;  // the year 9999

/// One of the policy's logs, where it names any, has to have signed.
Result<void> is_of_the_policy(const format::Note& note, const format::WitnessPolicy& policy) {
  if (policy.logs().empty()) return {};
  ASSIGN_OR_RETURN(const format::Checkpoint tree, format::parse_checkpoint_text(note.text));
  std::vector<format::VerifierKey> keys;
  for (const format::LogOfPolicy& log : policy.logs())
    if (log.key.name == tree.origin) keys.push_back(log.key);
  if (format::verify_note(note, keys)) return {};
  return invalid("no key of the policy's lines `log` signed this checkpoint of " + tree.origin);
}

std::string cosigned_when(const format::Cosignature& cosignature) {
  return cosignature.time_s > kTimeTextMax_s ? std::to_string(cosignature.time_s) + " s"
                                             : time_text(cosignature.time_s * kMicroseconds);
}

CosignedBy describe_cosigners(const format::Cosigners& found, const format::WitnessPolicy& policy) {
  CosignedBy by;
  for (std::size_t i = 0; i < found.by_witness.size(); ++i) {
    const auto& cosignature = found.by_witness[i];
    if (!cosignature) continue;
    const std::string& name = policy.witnesses()[i].name;
    by.text.append(by.text.empty() ? "" : ", ").append(name + " at " + cosigned_when(*cosignature));
    by.json.append(by.json.empty() ? "" : ",")
        .append(AnswerJson().add("witness", name).add("time_s", cosignature->time_s).take());
  }
  return by;
}

}  // namespace

Result<CosignedBy> demand_cosigners(const Request& request, std::string_view note) {
  if (request.policy_file.empty()) return CosignedBy{};
  ASSIGN_OR_RETURN(const Buffer text,
                   tools::read_file(request.policy_file, format::kWitnessPolicyMax));
  auto policy = format::WitnessPolicy::parse(text_of(text));
  if (!policy) return invalid(request.policy_file + ": " + policy.error().message);
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(note));
  RETURN_IF_ERROR(is_of_the_policy(parsed, *policy));
  ASSIGN_OR_RETURN(const format::Cosigners found, format::cosigners_of(note, *policy));
  CosignedBy by = describe_cosigners(found, *policy);
  if (!found.is_quorum)
    return not_found("no quorum of witnesses has cosigned the checkpoint: " +
                     (by.text.empty() ? "none of the policy's has" : "only " + by.text) +
                     ". Get the one that the server offers as checkpoint/witnessed");
  by.text = "; cosigned by " + (by.text.empty() ? "none, and the policy needs none" : by.text);
  by.json = "[" + by.json + "]";
  return by;
}

}  // namespace varve::audit
