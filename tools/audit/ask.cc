// Requests that several commands share.
#include "tools/audit/ask.h"

#include "ledger/merkle/proof.h"
#include "ledger/verify/answers.h"
#include "ledger/verify/open_keys.h"
#include "tools/common/files.h"

namespace varve::audit {

namespace {

constexpr std::size_t kBundleMax = 64u << 20;  // bytes: thousands of rotations

}  // namespace

Result<format::VerifierKey> first_key(const Request& request) {
  auto key = format::parse_vkey(request.vkey);
  if (!key) return std::move(key).error().during("reading --vkey");
  return key;
}

Result<verify::OpenedBundle> read_bundle(const Request& request) {
  std::optional<format::VerifierKey> trusted;
  if (!request.vkey.empty()) {
    ASSIGN_OR_RETURN(trusted, first_key(request));
  }
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(request.bundle_file, kBundleMax));
  return verify::open_bundle(text_of(bytes), trusted);
}

Result<verify::Trust> trust_of(const Request& request) {
  if (!request.bundle_file.empty()) {
    ASSIGN_OR_RETURN(verify::OpenedBundle bundle, read_bundle(request));
    return verify::Trust{request.origin.empty() ? bundle.first.name : request.origin, bundle.first,
                         std::move(bundle.keys.timeline), std::move(bundle.keys.under.checkpoint)};
  }
  ASSIGN_OR_RETURN(const format::VerifierKey key, first_key(request));
  verify::Trust trust{request.origin.empty() ? key.name : request.origin, key, {}, {}};
  if (request.keys_file.empty()) return trust;
  ASSIGN_OR_RETURN(const Buffer json, tools::read_file(request.keys_file, kBundleMax));
  ASSIGN_OR_RETURN(verify::VerifiedKeys keys, verify::open_keys(text_of(json), key));
  trust.keys = std::move(keys.timeline);
  trust.newest = std::move(keys.under.checkpoint);
  return trust;
}

Result<RemoteLog> open_remote(const Request& request) {
  return RemoteLog::open(request.where, request.http);
}

Result<verify::VerifiedKeys> ask_keys(const RemoteLog& log, const format::VerifierKey& first) {
  ASSIGN_OR_RETURN(const std::string json, log.fetch("keys"));
  auto keys = verify::open_keys(json, first);
  if (!keys) return std::move(keys).error().during("verifying the log's keys");
  return keys;
}

Result<void> ask_consistency(const RemoteLog& log, const format::Checkpoint& older,
                             const format::Checkpoint& newer) {
  if (older.size == newer.size || older.size.value == 0)  // needs no proof but the roots
    return merkle::verify_consistency(older.size, newer.size, {}, older.root, newer.root);
  ASSIGN_OR_RETURN(const std::string json,
                   log.fetch("proof/consistency?from=" + std::to_string(older.size.value) +
                             "&to=" + std::to_string(newer.size.value)));
  return verify::open_consistency(json, older, newer);
}

Result<void> ask_whether_of_the_log(const RemoteLog& log, const format::Checkpoint& in,
                                    const verify::VerifiedKeys& keys) {
  const format::Checkpoint& under = keys.under.checkpoint;
  return in.size < under.size ? ask_consistency(log, in, under) : ask_consistency(log, under, in);
}

}  // namespace varve::audit
