// Templates of key pairs, their making, and the list of keys.
#include "hsm/keys.h"

#include <algorithm>
#include <array>

#include "hsm/encoding.h"
#include "hsm/probe.h"
#include "hsm/rv.h"
#include "ledger/env/posix.h"

namespace varve::hsm {
namespace {

using format::Algorithm;

struct Naming {
  std::string_view label;
  std::array<std::byte, 16> id{};
  bool on_token = true;
};

Template public_template(Algorithm algorithm, const Naming& naming) {
  return Template()
      .flag(CKA_TOKEN, naming.on_token)
      .flag(CKA_PRIVATE, false)
      .flag(CKA_MODIFIABLE, false)
      .text(CKA_LABEL, naming.label)
      .bytes(CKA_ID, naming.id)
      .bytes(CKA_EC_PARAMS, curve_parameters(algorithm))
      .flag(CKA_VERIFY, true)
      .flag(CKA_ENCRYPT, false)
      .flag(CKA_WRAP, false)
      .flag(CKA_DERIVE, false);
}

Template private_template(const Naming& naming) {
  return Template()
      .flag(CKA_TOKEN, naming.on_token)
      .flag(CKA_PRIVATE, true)
      .flag(CKA_SENSITIVE, true)
      .flag(CKA_EXTRACTABLE, false)
      .flag(CKA_MODIFIABLE, false)
      .text(CKA_LABEL, naming.label)
      .bytes(CKA_ID, naming.id)
      .flag(CKA_SIGN, true)
      .flag(CKA_DECRYPT, false)
      .flag(CKA_UNWRAP, false)
      .flag(CKA_DERIVE, false);
}

Result<KeyPair> generate(Session& session, Algorithm algorithm, const Naming& naming) {
  CK_MECHANISM mechanism{
      algorithm == Algorithm::kEd25519 ? CKM_EC_EDWARDS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, nullptr,
      0};
  Template pub = public_template(algorithm, naming);
  Template priv = private_template(naming);
  KeyPair pair;
  RETURN_IF_ERROR(rv_check(session.functions().C_GenerateKeyPair(
                               session.handle(), &mechanism, pub.data(), pub.size(), priv.data(),
                               priv.size(), &pair.public_key, &pair.private_key),
                           "making a key pair"));
  return pair;
}

Result<format::ProbeOutcome> probe(Session& session, Algorithm algorithm) {
  Naming naming{.label = "varve-probe", .on_token = false};
  env::system_random().fill(naming.id);
  ASSIGN_OR_RETURN(const KeyPair pair, generate(session, algorithm, naming));
  auto outcome = probe_private_key(session, pair.private_key);
  session.destroy(pair.private_key);
  session.destroy(pair.public_key);
  return outcome;
}

Result<void> check_label_is_free(Session& session, std::string_view label) {
  if (label.empty()) return invalid("a key needs a label");
  ASSIGN_OR_RETURN(const auto found, session.find(Template().text(CKA_LABEL, label)));
  if (found.empty()) return {};
  return worm("the token holds " + std::to_string(found.size()) + " object(s) called '" +
              std::string(label) + "': labels are used once");
}

Result<KeyClaims> read_claims(Session& session, Object object) {
  KeyClaims claims;
  const std::array<std::pair<CK_ATTRIBUTE_TYPE, bool*>, 7> flags{{
      {CKA_PRIVATE, &claims.is_private},
      {CKA_SENSITIVE, &claims.sensitive},
      {CKA_ALWAYS_SENSITIVE, &claims.always_sensitive},
      {CKA_EXTRACTABLE, &claims.extractable},
      {CKA_NEVER_EXTRACTABLE, &claims.never_extractable},
      {CKA_MODIFIABLE, &claims.modifiable},
      {CKA_LOCAL, &claims.local},
  }};
  for (const auto& [type, out] : flags) {
    ASSIGN_OR_RETURN(*out, session.read_flag(object, type));
  }
  return claims;
}

Result<std::optional<PublicKey>> public_half(Session& session, Bytes id) {
  ASSIGN_OR_RETURN(const auto found,
                   session.find(Template().number(CKA_CLASS, CKO_PUBLIC_KEY).bytes(CKA_ID, id)));
  if (found.size() != 1) return std::optional<PublicKey>{};
  return read_public_key(session, found.front());
}

Result<KeyInfo> describe(Session& session, Object object, KeyUse use) {
  KeyInfo info;
  info.use = use;
  ASSIGN_OR_RETURN(const auto label, session.read(object, CKA_LABEL));
  ASSIGN_OR_RETURN(const auto id, session.read(object, CKA_ID));
  if (label) info.label = text_of(*label);
  if (id) info.id = *id;
  ASSIGN_OR_RETURN(info.claims, read_claims(session, object));
  if (use == KeyUse::kSign && !info.id.empty()) {
    ASSIGN_OR_RETURN(info.public_key, public_half(session, info.id));
  }
  return info;
}

}  // namespace

Result<PublicKey> create_key_pair(Session& session, Algorithm algorithm, std::string_view label) {
  RETURN_IF_ERROR(check_label_is_free(session, label));
  ASSIGN_OR_RETURN(const auto probed, probe(session, algorithm));
  RETURN_IF_ERROR(must_hold(probed));
  Naming naming{.label = label};
  env::system_random().fill(naming.id);
  ASSIGN_OR_RETURN(const KeyPair pair, generate(session, algorithm, naming));
  ASSIGN_OR_RETURN(const KeyClaims claims, read_claims(session, pair.private_key));
  ASSIGN_OR_RETURN(auto key, read_public_key(session, pair.public_key));
  if (claims.sensitive && !claims.extractable && !claims.modifiable && key) return std::move(*key);
  session.destroy(pair.private_key);
  session.destroy(pair.public_key);
  return io_error(
      "the token did not make the key as asked (sensitive, not extractable, not "
      "modifiable): it was destroyed");
}

Result<format::KeyStatement> state_key(Session& session, const PublicKey& key) {
  format::KeyStatement statement;
  statement.token = token_identity(session.slot());
  ASSIGN_OR_RETURN(const Object private_key, find_private_key(session, key.key));
  ASSIGN_OR_RETURN(statement.claims, read_claims(session, private_key));
  auto outcome = probe(session, key.algorithm);
  if (outcome) {
    statement.probe = *outcome;
  } else if (outcome.error().code == Code::kBusy) {
    return std::move(outcome).error();
  }
  return statement;
}

namespace {

/// The private half goes first: a public one alone signs nothing.
std::vector<Template> templates_of(KeyUse use, std::string_view label) {
  const auto named = [label](CK_OBJECT_CLASS object_class) {
    return Template().number(CKA_CLASS, object_class).flag(CKA_TOKEN, true).text(CKA_LABEL, label);
  };
  if (use == KeyUse::kWrap) return {named(CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES)};
  return {named(CKO_PRIVATE_KEY), named(CKO_PUBLIC_KEY)};
}

}  // namespace

Result<std::size_t> destroy_keys(Session& session, KeyUse use, std::string_view label) {
  std::size_t destroyed = 0;
  for (const Template& wanted : templates_of(use, label)) {
    ASSIGN_OR_RETURN(const auto found, session.find(wanted));
    for (const Object object : found)
      RETURN_IF_ERROR(rv_check(session.functions().C_DestroyObject(session.handle(), object),
                               "destroying a key"));
    ASSIGN_OR_RETURN(const auto left, session.find(wanted));
    if (!left.empty()) return io_error("the token still holds the key that it says it destroyed");
    destroyed += found.size();
  }
  session.keks.clear();
  session.private_keys.clear();
  if (destroyed > 0) return destroyed;
  return not_found("the token " + session.slot().label + " holds no such key '" +
                   std::string(label) + "'");
}

Result<std::vector<KeyInfo>> list_keys(Session& session) {
  struct Kind {
    CK_OBJECT_CLASS object_class;
    CK_KEY_TYPE type;
    KeyUse use;
  };
  constexpr std::array kKinds{Kind{CKO_PRIVATE_KEY, CKK_EC_EDWARDS, KeyUse::kSign},
                              Kind{CKO_PRIVATE_KEY, CKK_EC, KeyUse::kSign},
                              Kind{CKO_SECRET_KEY, CKK_AES, KeyUse::kWrap}};
  std::vector<KeyInfo> keys;
  for (const Kind& kind : kKinds) {
    ASSIGN_OR_RETURN(const auto found, session.find(Template()
                                                        .number(CKA_CLASS, kind.object_class)
                                                        .number(CKA_KEY_TYPE, kind.type)
                                                        .flag(CKA_TOKEN, true)));
    for (const Object object : found) {
      ASSIGN_OR_RETURN(auto info, describe(session, object, kind.use));
      keys.push_back(std::move(info));
    }
  }
  std::ranges::sort(keys, {}, &KeyInfo::label);
  return keys;
}

}  // namespace varve::hsm
