// The policy's verdict on one checkpoint, and its words.
#include "tools/audit/cosigners.h"

#include <algorithm>

#include "ledger/base/month.h"
#include "ledger/env/posix.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/witness_policy.h"
#include "tools/audit/answer_json.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::uint64_t kMicroseconds = 1'000'000;
constexpr std::uint64_t kAhead_s = 300;                    // that a clock may be ahead of ours
constexpr std::uint64_t kTimeTextMax_s = 253'402'300'799;  // the year 9999

using Keys = std::vector<format::VerifierKey>;

std::string none_signed(const std::string& origin, const rules::KeyTimeline* known) {
  const std::string why = "no key of the policy's lines `log` signed this checkpoint of " + origin;
  const auto* const now = known != nullptr ? known->history().witness_key() : nullptr;
  if (now == nullptr) return why;
  return why + ": its witness key of today is " + format::format_vkey(*now);
}

/// One of the policy's logs, where it names any, has to have signed, and the log to know that key.
Result<void> is_of_the_policy(const format::Note& note, const format::WitnessPolicy& policy,
                              const rules::KeyTimeline* known) {
  if (policy.logs().empty()) return {};
  ASSIGN_OR_RETURN(const format::Checkpoint tree, format::parse_checkpoint_text(note.text));
  Keys keys;
  for (const format::LogOfPolicy& log : policy.logs())
    if (log.key.name == tree.origin) keys.push_back(log.key);
  const auto signers = format::verify_note(note, keys);
  if (!signers) return invalid(none_signed(tree.origin, known));
  if (known == nullptr) return {};
  const auto is_announced = [&](std::size_t k) {
    return std::ranges::count(known->history().all(), keys[k]) != 0 ||
           std::ranges::count(known->history().witness_keys(), keys[k]) != 0;
  };
  if (std::ranges::any_of(*signers, is_announced)) return {};
  return invalid("the key " + format::format_vkey(keys[signers->front()]) +
                 " of the policy's lines `log` is none that the log announced in its records");
}

Result<void> witnesses_are_others(const format::WitnessPolicy& policy,
                                  const rules::KeyTimeline* known) {
  if (known == nullptr) return {};
  for (const Keys* keys : {&known->history().all(), &known->history().witness_keys()})
    if (const format::Witness* const one = policy.is_the_log_itself(*keys))
      return invalid("the witness " + one->name +
                     " has a key of the log itself: its cosignature says nothing");
  return {};
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

/// Whether those who cosigned within --max-age are enough by themselves. A time ahead of now would count for as long
/// as it is ahead, so it does not.
bool is_met_lately(const Request& request, const format::Cosigners& found,
                   const format::WitnessPolicy& policy) {
  if (!request.max_age_s) return true;
  const std::uint64_t now_s = env::posix_clock().now_us() / kMicroseconds;
  const std::uint64_t since_s = now_s - std::min(now_s, *request.max_age_s);
  std::vector<bool> lately;
  for (const auto& one : found.by_witness)
    lately.push_back(one && one->time_s >= since_s && one->time_s <= now_s + kAhead_s);
  return policy.is_met(lately);
}

}  // namespace

Result<std::optional<format::WitnessPolicy>> read_policy(const Request& request,
                                                         const rules::KeyTimeline* keys) {
  if (request.policy_file.empty()) return std::optional<format::WitnessPolicy>();
  ASSIGN_OR_RETURN(const Buffer text,
                   tools::read_file(request.policy_file, format::kWitnessPolicyMax));
  auto policy = format::WitnessPolicy::parse(text_of(text));
  if (!policy) return invalid(request.policy_file + ": " + policy.error().message);
  RETURN_IF_ERROR(witnesses_are_others(*policy, keys));
  return std::optional(std::move(*policy));
}

Result<CosignedBy> demand_cosigners(const Request& request, std::string_view note,
                                    const rules::KeyTimeline* keys) {
  ASSIGN_OR_RETURN(const auto policy, read_policy(request, keys));
  if (!policy) return CosignedBy{};
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(note));
  RETURN_IF_ERROR(is_of_the_policy(parsed, *policy, keys));
  ASSIGN_OR_RETURN(const format::Cosigners found, format::cosigners_of(note, *policy));
  CosignedBy by = describe_cosigners(found, *policy);
  const bool is_old = found.is_quorum && !is_met_lately(request, found, *policy);
  if (is_old)
    return not_found(
        "the quorum did not cosign the checkpoint within --max-age: " + by.text +
        ". Get the one that the server offers as checkpoint/witnessed; if this is it, its "
        "witnesses "
        "are away, the server hides what came since, or a clock is wrong: a time that is more than "
        "five minutes ahead of this machine's does not count");
  if (!found.is_quorum)
    return not_found("no quorum of witnesses has cosigned the checkpoint: " +
                     (by.text.empty() ? "none of the policy's has" : "only " + by.text) +
                     ". Get the one that the server offers as checkpoint/witnessed");
  by.text = "; cosigned by " + (by.text.empty() ? "none, and the policy needs none" : by.text);
  by.json = "[" + by.json + "]";
  return by;
}

}  // namespace varve::audit
