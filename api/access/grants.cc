// Adding up, credential by credential.
#include "api/access/grants.h"

namespace varve::api {
namespace {

constexpr std::string_view kListener = "listener";
constexpr std::string_view kOpen = "open";
constexpr std::string_view kEveryone = "everyone";

void add(std::vector<format::Grant>& out, std::string_view proof, std::string_view who,
         const Authority& authority) {
  const auto add_roles = [&](Roles roles, const std::string& source) {
    for (const std::string_view role : role_names(roles))
      out.push_back({std::string{proof}, std::string{role}, source, format::grant_holder(who)});
  };
  add_roles(authority.whole, "");
  for (const auto& [source, roles] : authority.sources) add_roles(roles, source);
}

void add_issuer(std::vector<format::Grant>& out, std::string_view log,
                const IssuerOptions& issuer) {
  const std::string_view proof = proof_name(Proof::kJwt);
  for (const ClaimGrant& grant : issuer.grants)
    add(out, proof, issuer.issuer + " " + grant.claim + "=" + grant.value,
        authority_on(log, {&grant.permission, 1}));
  if (!issuer.smart) return;
  Permission most = *issuer.smart;
  most.roles = Roles::kAppend | Roles::kRead;
  add(out, proof, issuer.issuer + " scopes of SMART", authority_on(log, {&most, 1}));
}

}  // namespace

std::vector<format::Grant> grants_on(std::string_view log, const Granting& granting) {
  std::vector<format::Grant> out;
  for (const Identity& holder : granting.holders)
    add(out, proof_name(holder.proof), holder.client, holder.on(log));
  for (const IssuerOptions& issuer : granting.issuers) add_issuer(out, log, issuer);
  for (const std::string& client : granting.listeners)
    add(out, kListener, client, {Roles::kAppend});
  if (granting.open_reads) add(out, kOpen, kEveryone, {Roles::kProofs});
  return out;
}

}  // namespace varve::api
