// From a public key to its private handle, and from there to a signature.
#include "hsm/signing.h"

#include <array>
#include <cstring>

#include "hsm/encoding.h"
#include "hsm/rv.h"
#include "ledger/merkle/tree.h"

namespace varve::hsm {
namespace {

using format::Algorithm;

Template public_keys() {
  return Template().number(CKA_CLASS, CKO_PUBLIC_KEY);
}

/// CKA_ID of the public key object with this point, in whichever spelling the token keeps it.
Result<Buffer> id_of(Session& session, const Point& point) {
  ASSIGN_OR_RETURN(auto objects,
                   session.find_listed(public_keys().bytes(CKA_EC_POINT, point.wrapped)));
  if (objects.empty()) {
    ASSIGN_OR_RETURN(objects, session.find_listed(public_keys().bytes(CKA_EC_POINT, point.raw)));
  }
  for (const Object object : objects) {
    ASSIGN_OR_RETURN(const auto key, read_public_key(session, object));
    if (!key || key->algorithm != point.algorithm) continue;
    ASSIGN_OR_RETURN(auto id, session.read(object, CKA_ID));
    if (id && !id->empty()) return std::move(*id);
    return io_error("the public key object has no CKA_ID, so its private key cannot be found");
  }
  return not_found("the token " + session.slot().label + " holds no such public key");
}

Result<Object> cached_private_key(Session& session, Bytes public_key) {
  Buffer name = to_buffer(public_key);
  if (const auto at = session.private_keys.find(name); at != session.private_keys.end())
    return at->second;
  ASSIGN_OR_RETURN(const Object found, find_private_key(session, public_key));
  session.private_keys.emplace(std::move(name), found);
  return found;
}

Result<Buffer> sign_raw(Session& session, Object key, CK_MECHANISM_TYPE type, Bytes data) {
  CK_MECHANISM mechanism{type, nullptr, 0};
  const auto& f = session.functions();
  RETURN_IF_ERROR(rv_check(f.C_SignInit(session.handle(), &mechanism, key), "starting to sign"));
  std::array<std::byte, 64> signature{};
  CK_ULONG length = signature.size();
  constexpr std::byte kNothing{};  // tokens refuse a null pointer, also for an empty message
  const Bytes input = data.empty() ? Bytes(&kNothing, 0) : data;
  RETURN_IF_ERROR(
      rv_check(f.C_Sign(session.handle(), const_cast<unsigned char*>(u8(input)), input.size(),
                        u8(MutableBytes(signature)), &length),  // the input is only read
               "signing"));
  if (length != signature.size())
    return io_error("the token gives a signature of " + std::to_string(length) + " bytes, not 64");
  return to_buffer(signature);
}

}  // namespace

Result<std::optional<PublicKey>> read_public_key(Session& session, Object object) {
  ASSIGN_OR_RETURN(const auto parameters, session.read(object, CKA_EC_PARAMS));
  ASSIGN_OR_RETURN(const auto point, session.read(object, CKA_EC_POINT));
  if (!parameters || !point) return std::optional<PublicKey>{};
  const auto algorithm = curve_of(*parameters);
  if (!algorithm) return std::optional<PublicKey>{};
  ASSIGN_OR_RETURN(auto key, key_from_point(*algorithm, *point));
  return std::optional(PublicKey{*algorithm, std::move(key)});
}

Result<PublicKey> find_public_key(Session& session, const Uri& object) {
  CK_TOKEN_INFO info{};
  RETURN_IF_ERROR(rv_check(session.functions().C_GetTokenInfo(session.slot().id, &info),
                           "reading the token's name"));
  if (!object.matches(info))
    return invalid(object.text() + " is on another token than " + session.slot().label);
  Template wanted = public_keys();
  const auto label = object.object_label();
  const auto id = object.object_id();
  if (!label && !id) return invalid(object.text() + " names no object: add object=LABEL or id=ID");
  if (label) wanted.bytes(CKA_LABEL, *label);
  if (id) wanted.bytes(CKA_ID, *id);
  ASSIGN_OR_RETURN(const auto found, session.find_listed(std::move(wanted)));
  if (found.empty())
    return not_found("no public key " + object.text() + " on token " + session.slot().label);
  if (found.size() > 1)
    return invalid(std::to_string(found.size()) + " public keys are named " + object.text() +
                   ": name one by its id");
  ASSIGN_OR_RETURN(auto key, read_public_key(session, found.front()));
  if (!key) return invalid(object.text() + " is neither an Ed25519 nor a P-256 key");
  return std::move(*key);
}

Result<Object> find_private_key(Session& session, Bytes public_key) {
  ASSIGN_OR_RETURN(const Point point, point_from_key(public_key));
  ASSIGN_OR_RETURN(const Buffer id, id_of(session, point));
  const CK_KEY_TYPE type = point.algorithm == Algorithm::kEd25519 ? CKK_EC_EDWARDS : CKK_EC;
  ASSIGN_OR_RETURN(const auto found, session.find(Template()
                                                      .number(CKA_CLASS, CKO_PRIVATE_KEY)
                                                      .number(CKA_KEY_TYPE, type)
                                                      .bytes(CKA_ID, id)));
  if (found.empty())
    return not_found("the token " + session.slot().label + " holds the public key only");
  if (found.size() > 1)
    return io_error(std::to_string(found.size()) +
                    " private keys share one CKA_ID: give each an id of its own");
  return found.front();
}

Result<Buffer> sign(Session& session, Bytes public_key, Bytes message) {
  ASSIGN_OR_RETURN(const Object key, cached_private_key(session, public_key));
  if (public_key.size() == kHashSize) return sign_raw(session, key, CKM_EDDSA, message);
  const Hash digest = merkle::sha256(message);  // tokens do not check its length: 32 by type
  ASSIGN_OR_RETURN(const Buffer raw, sign_raw(session, key, CKM_ECDSA, digest.view()));
  return ecdsa_der(raw);
}

}  // namespace varve::hsm
