// Statements about keys as lines of text, in one spelling.
#include "ledger/format/key_statement.h"

#include <algorithm>
#include <array>

#include "ledger/base/text.h"
#include "ledger/format/lines.h"

namespace varve::format {
namespace {

template <class T>
struct Named {
  std::string_view name;
  bool T::*value;
};

constexpr std::array<Named<KeyClaims>, 7> kClaims{{
    {"private", &KeyClaims::is_private},
    {"sensitive", &KeyClaims::sensitive},
    {"always-sensitive", &KeyClaims::always_sensitive},
    {"extractable", &KeyClaims::extractable},
    {"never-extractable", &KeyClaims::never_extractable},
    {"modifiable", &KeyClaims::modifiable},
    {"local", &KeyClaims::local},
}};

constexpr std::array<Named<ProbeOutcome>, 4> kAttacks{{
    {"read", &ProbeOutcome::read},
    {"wrap", &ProbeOutcome::wrap},
    {"relax", &ProbeOutcome::relax},
    {"copy", &ProbeOutcome::copy},
}};

/// Reads what is known, then compares: whatever is not written as it would be is refused.
Result<KeyClaims> parse_claims(std::string_view line) {
  KeyClaims claims;
  for (std::string_view rest = line; !rest.empty();) {
    const std::string_view word = take_word(rest);
    for (const auto& [name, value] : kClaims)
      if (word == name) claims.*value = true;
  }
  if (claims_text(claims) != line) return invalid("the claims about a key are spelled wrongly");
  return claims;
}

Result<std::optional<ProbeOutcome>> parse_probe(std::string_view line) {
  if (line == "none") return std::optional<ProbeOutcome>{};
  ProbeOutcome outcome;
  std::string_view rest = line;
  for (const auto& [name, value] : kAttacks) {
    const std::string_view word = take_word(rest);
    outcome.*value = word.ends_with("=allowed");
  }
  if (probe_text(outcome) != line) return invalid("the outcome of a probe is spelled wrongly");
  return std::optional(outcome);
}

bool is_token_uri(std::string_view uri) {
  return uri.starts_with("pkcs11:") && uri.size() <= kTokenUriMax &&
         std::ranges::all_of(uri, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::string claims_text(const KeyClaims& claims) {
  std::string text;
  for (const auto& [name, value] : kClaims)
    if (claims.*value) text.append(text.empty() ? "" : " ").append(name);
  return text.empty() ? "none" : text;
}

std::string probe_text(const ProbeOutcome& outcome) {
  std::string text;
  for (const auto& [name, value] : kAttacks)
    text.append(text.empty() ? "" : " ")
        .append(name)
        .append(outcome.*value ? "=allowed" : "=refused");
  return text;
}

Result<void> check_statement(const KeyStatement& statement) {
  if (!is_token_uri(statement.token))
    return invalid("the token's URI is not a pkcs11: URI of at most " +
                   std::to_string(kTokenUriMax) + " bytes");
  if (statement.attestations.size() > kAttestationsMax)
    return invalid("a key event carries at most " + std::to_string(kAttestationsMax) +
                   " attestations");
  std::size_t bytes = 0;
  for (const Buffer& attestation : statement.attestations) {
    if (attestation.empty()) return invalid("an attestation is empty");
    bytes += attestation.size();
  }
  if (bytes > kAttestationBytesMax)
    return invalid("the attestations have " + std::to_string(bytes) + " bytes, at most " +
                   std::to_string(kAttestationBytesMax) + " fit into a record");
  return {};
}

std::string statement_text(const KeyStatement& statement) {
  std::string text("token ");
  text.append(statement.token).append("\nclaims ").append(claims_text(statement.claims));
  text.append("\nprobe ").append(statement.probe ? probe_text(*statement.probe) : "none");
  text.append("\n");
  for (const Buffer& attestation : statement.attestations)
    text.append("attestation ").append(base64(attestation)).append("\n");
  return text;
}

Result<KeyStatement> take_statement(std::string_view& text) {
  const auto token = take_labelled(text, "token ");
  const auto claims = take_labelled(text, "claims ");
  const auto probe = take_labelled(text, "probe ");
  if (!token || !claims || !probe)
    return invalid("what a key event says about its token is not token, claims and probe");
  KeyStatement statement;
  statement.token = *token;
  ASSIGN_OR_RETURN(statement.claims, parse_claims(*claims));
  ASSIGN_OR_RETURN(statement.probe, parse_probe(*probe));
  while (text.starts_with("attestation ")) {
    const auto line = take_labelled(text, "attestation ");
    if (!line) return invalid("an attestation does not end in a newline");
    ASSIGN_OR_RETURN(Buffer bytes, decode_base64(*line));
    statement.attestations.push_back(std::move(bytes));
  }
  RETURN_IF_ERROR(check_statement(statement));
  return statement;
}

}  // namespace varve::format
