// Parsing the tokens file and comparing in constant time.
#include "api/access/tokens.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"

namespace varve::api {
namespace {

constexpr std::string_view kTokenPrefix = "varve_";
constexpr std::size_t kNameMax = 127;
constexpr std::string_view kEveryLog = "*";

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end != 0) out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool well_formed_list(std::string_view text) {
  return !text.starts_with(',') && !text.ends_with(',') && text.find(",,") == std::string::npos;
}

std::string lower_case_of(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

/// What a certificate has to name, as names_of() spells it.
Result<std::string> parse_certificate(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view kind = text.substr(0, colon);
  const std::string_view value = text.substr(std::min(colon + 1, text.size()));
  if (kind == "sha256") {
    ASSIGN_OR_RETURN(const Hash hash, decode_hex_hash(value));
    return "sha256:" + hex(hash.view());
  }
  if (value.empty()) return invalid("the certificate's name is empty");
  if (kind == "subject") return std::string{text};
  if (kind != "dns" && kind != "uri" && kind != "email")
    return invalid(
        "a certificate is cert-sha256:, cert-subject:, cert-dns:, cert-uri: or cert-email:");
  if (value.find('*') != std::string_view::npos)
    return invalid("a certificate's name is given whole, without a wildcard");
  return kind == "dns" ? lower_case_of(text) : std::string{text};
}

/// `cardiology`, `cardiology:clinic-a/ehr` or `*` of the list: a log, a source of it, or every log.
Result<Permission> parse_place(Roles roles, std::string_view place) {
  Permission out{roles, {}, {}};
  const std::size_t colon = std::min(place.find(':'), place.size());
  const std::string_view log = place.substr(0, colon);
  if (log != kEveryLog) {
    if (!is_client_name(log)) return invalid("a log name in the list is not a name");
    out.logs.emplace_back(log);
  }
  if (colon != place.size()) out.sources.emplace_back(place.substr(colon + 1));
  RETURN_IF_ERROR(check_sources(out));
  return out;
}

/// Errors: kInvalid  every log beside one that is named says two things.
Result<std::vector<Permission>> parse_places(Roles roles, std::string_view list) {
  if (!well_formed_list(list)) return invalid("a log name in the list is empty");
  const std::vector<std::string_view> places = split(list, ",");
  if (places.size() > 1 && std::ranges::count(places, kEveryLog) != 0)
    return invalid("the log * is every log, and stands alone");
  std::vector<Permission> out;
  for (const std::string_view place : places) {
    ASSIGN_OR_RETURN(out.emplace_back(), parse_place(roles, place));
  }
  return out;
}

Result<Grant> parse_grant(std::string_view line) {
  constexpr std::string_view kCertificate = "cert-";
  constexpr std::string_view kSubject = "cert-subject:";
  std::vector<std::string_view> words = split(line, " \t");
  if (words.size() > 4 && words[3].starts_with(kSubject)) {
    const auto begin = static_cast<std::size_t>(words[3].data() - line.data());
    words[3] = line.substr(begin, line.find_last_not_of(" \t") + 1 - begin);
    words.resize(4);
  }
  if (words.size() != 4)
    return invalid(
        "a line is: name role[,role] log[:source][,log[:source]]|* sha256:<64 hex digits>");
  Grant grant;
  ASSIGN_OR_RETURN(const Roles roles, parse_roles(words[1]));
  if (!is_client_name(words[0])) return invalid("the name is 1 to 127 of a-z A-Z 0-9 . - _ @ /");
  grant.client = words[0];
  ASSIGN_OR_RETURN(grant.permissions, parse_places(roles, words[2]));
  if (words[3].starts_with(kCertificate)) {
    ASSIGN_OR_RETURN(grant.certificate, parse_certificate(words[3].substr(kCertificate.size())));
    return grant;
  }
  if (!words[3].starts_with("sha256:"))
    return invalid("the credential is a token's hash, sha256:..., or a certificate, cert-...");
  ASSIGN_OR_RETURN(grant.token, decode_hex_hash(words[3].substr(7)));
  return grant;
}

/// All that a certificate can be known by.
std::vector<std::string> names_of(const PeerCertificate& shown) {
  std::vector<std::string> out = {"sha256:" + hex(shown.fingerprint.view()),
                                  "subject:" + shown.subject};
  for (const std::string& name : shown.names)
    out.push_back(name.starts_with("dns:") ? lower_case_of(name) : name);
  return out;
}

Hash hash_of(std::string_view token) {
  return merkle::sha256(bytes_of(token));
}

bool same(const Hash& a, const Hash& b) {
  return CRYPTO_memcmp(a.bytes.data(), b.bytes.data(), kHashSize) == 0;
}

}  // namespace

Result<Tokens> Tokens::parse(std::string_view text) {
  Tokens tokens;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with('#')) continue;
    auto grant = parse_grant(line);
    if (!grant) return invalid("line " + std::to_string(number) + ": " + grant.error().message);
    const auto added = tokens.add(std::move(*grant));
    if (!added) return invalid("line " + std::to_string(number) + ": " + added.error().message);
  }
  return tokens;
}

Result<void> Tokens::add(Grant grant) {
  ++lines_;
  const auto add_to = [&grant](std::vector<Permission>& permissions) {
    std::ranges::move(grant.permissions, std::back_inserter(permissions));
  };
  if (!grant.token) {
    Named& named =
        certificates_.try_emplace(grant.certificate, Named{grant.client, {}}).first->second;
    if (named.client != grant.client) return invalid("this certificate has another name above");
    add_to(named.permissions);
    return {};
  }
  const auto found = std::ranges::find(holders_, *grant.token, &Holder::token);
  Identity identity;
  if (found != holders_.end()) identity = *found->identity;
  if (found != holders_.end() && identity.client != grant.client)
    return invalid("this token has another name above");
  identity.client = std::move(grant.client);
  identity.credential_id = "sha256:" + hex(grant.token->view());
  add_to(identity.permissions);
  auto shared = std::make_shared<const Identity>(std::move(identity));
  if (found != holders_.end())
    found->identity = std::move(shared);
  else
    holders_.push_back({*grant.token, std::move(shared)});
  return {};
}

SharedIdentity Tokens::with_token(std::string_view token) const {
  const Hash presented = hash_of(token);
  const Holder* found = nullptr;
  for (const Holder& holder : holders_)
    if (same(holder.token, presented)) found = &holder;
  return found == nullptr ? nullptr : found->identity;
}

CertificateMatch Tokens::with_certificate(const PeerCertificate& shown) const {
  Identity out;
  out.proof = Proof::kCertificate;
  out.subject = shown.subject;
  out.credential_id = "sha256:" + hex(shown.fingerprint.view());
  out.expires_s = shown.expires_s;
  for (const std::string& name : names_of(shown)) {
    const auto found = certificates_.find(name);
    if (found == certificates_.end()) continue;
    const auto& [client, permissions] = found->second;
    if (!out.client.empty() && out.client != client) return {nullptr, true};
    out.client = client;
    out.permissions.insert(out.permissions.end(), permissions.begin(), permissions.end());
  }
  if (out.client.empty()) return {};
  return {std::make_shared<const Identity>(std::move(out)), false};
}

std::vector<Identity> Tokens::holders() const {
  constexpr std::string_view kSubject = "subject:";
  std::vector<Identity> out;
  for (const Holder& holder : holders_) out.push_back(*holder.identity);
  for (const auto& [name, named] : certificates_) {
    Identity holder{named.client, Proof::kCertificate, {}, {}, {}, {}, {}, 0, named.permissions};
    if (name.starts_with(kSubject)) holder.subject = name.substr(kSubject.size());
    if (name.starts_with("sha256:")) holder.credential_id = name;
    out.push_back(std::move(holder));
  }
  return out;
}

bool is_client_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == '@' || c == '/';
  });
}

std::string make_token() {
  std::array<std::byte, 32> random{};
  env::system_random().fill(random);
  return std::string{kTokenPrefix} + hex(random);
}

Result<std::string> token_line(std::string_view token, std::string_view name,
                               std::string_view roles, std::string_view logs) {
  std::string line{name};
  line.append(" ").append(roles).append(" ").append(logs);
  line.append(" sha256:").append(hex(hash_of(token).view()));
  RETURN_IF_ERROR(parse_grant(line));
  return line;
}

}  // namespace varve::api
