// The auditor's own walk over the keys.
#include "tools/keys/log_history.h"

#include <algorithm>

#include "ledger/format/json.h"
#include "ledger/verify/open_keys.h"
#include "ledger/verify/trust_bundle.h"
#include "tools/common/files.h"

namespace varve::keys {
namespace {

constexpr std::size_t kHistoryMax = 64u << 20;  // bytes

Result<void> is_of(const verify::VerifiedKeys& keys, const std::string& origin) {
  if (keys.timeline.origin() == origin) return {};
  return invalid("these are the keys of " + keys.timeline.origin() + ", not of " + origin);
}

}  // namespace

Result<std::optional<verify::VerifiedKeys>> ask_history(const PublishArguments& server,
                                                        const std::string& origin) {
  if (server.server.empty()) return std::optional<verify::VerifiedKeys>{};
  ASSIGN_OR_RETURN(const std::string answer, ask_server(server, keys_path(server)));
  ASSIGN_OR_RETURN(const auto json, format::Json::parse(answer));
  ASSIGN_OR_RETURN(const auto all, json.texts("all"));
  if (all.empty()) return invalid("the server names no key of the log " + server.log);
  ASSIGN_OR_RETURN(const auto first, format::parse_vkey(all.front()));
  auto keys = verify::open_keys(answer, first);
  if (!keys) return std::move(keys).error().during("verifying the keys that the server gives");
  RETURN_IF_ERROR(is_of(*keys, origin));
  return std::optional(std::move(*keys));
}

Result<verify::VerifiedKeys> read_history(const std::string& bundle, const std::string& origin) {
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(bundle, kHistoryMax));
  auto opened = verify::open_bundle(text_of(bytes), {});
  if (!opened) return std::move(opened).error().during("opening " + bundle);
  RETURN_IF_ERROR(is_of(opened->keys, origin));
  return std::move(opened->keys);
}

Presence presence_of(const format::VerifierKey& key, const rules::KeyHistory& history) {
  if (std::ranges::count(history.active(), key) != 0) return Presence::kActive;
  if (history.witness_key() != nullptr && *history.witness_key() == key)
    return Presence::kForWitnesses;
  const bool was = std::ranges::count(history.all(), key) != 0 ||
                   std::ranges::count(history.witness_keys(), key) != 0;
  return was ? Presence::kRetired : Presence::kUnknown;
}

std::string told_of_witnesses(const format::VerifierKey& leaving,
                              const rules::KeyHistory& history) {
  const format::VerifierKey* const named = history.witness_key();
  if (named != nullptr)
    return "witnesses go on that have the log's witness key " + format::format_vkey(*named) +
           "; one that knows the log by the key that leaves answers 403 from then on. No witness "
           "says which key it knows: ask its operator";
  if (leaving.algorithm != format::Algorithm::kEd25519)
    return "no witness knows the log by this key, which is not of Ed25519";
  return "a witness that knows the log by this key answers 403 from then on: the log has no "
         "witness key, which varve-keys witness-key makes";
}

Result<void> may_be_sent(const format::VerifierKey& signer, const rules::KeyHistory& history) {
  if (presence_of(signer, history) != Presence::kActive)
    return invalid("the log does not sign with " + format::format_vkey(signer) +
                   ", so it takes no key event from it: nothing was made");
  if (history.approvals() == 0) return {};
  return invalid("the log takes no key event without " + std::to_string(history.approvals()) +
                 " approval" + (history.approvals() == 1 ? "" : "s") +
                 ", and nothing was made: write the event with --out FILE instead of "
                 "--server, have it signed with varve-keys approve, then varve-keys send it");
}

}  // namespace varve::keys
