// Public key objects.
#include "hsm/import.h"

#include "hsm/encoding.h"
#include "hsm/rv.h"

namespace varve::hsm {
namespace {

Template public_point(const Point& point) {
  return Template().number(CKA_CLASS, CKO_PUBLIC_KEY).bytes(CKA_EC_POINT, point.wrapped);
}

/// CKA_ID of the one private key of this label.
Result<Buffer> private_id(Session& session, std::string_view label) {
  ASSIGN_OR_RETURN(const auto found, session.find(Template()
                                                      .number(CKA_CLASS, CKO_PRIVATE_KEY)
                                                      .flag(CKA_TOKEN, true)
                                                      .text(CKA_LABEL, label)));
  std::string quoted = "'";
  quoted.append(label).append("'");
  if (found.empty())
    return not_found("the token " + session.slot().label + " holds no private key " + quoted);
  if (found.size() > 1) return io_error("several private keys are called " + quoted);
  ASSIGN_OR_RETURN(auto id, session.read(found.front(), CKA_ID));
  if (!id || id->empty()) return io_error("the private key " + quoted + " has no CKA_ID");
  return std::move(*id);
}

}  // namespace

Result<void> import_public_key(Session& session, const PublicKey& key, std::string_view label) {
  ASSIGN_OR_RETURN(const Point point, point_from_key(key.key));
  ASSIGN_OR_RETURN(const auto there, session.find(public_point(point)));
  if (!there.empty()) return worm("the token holds this public key already");
  ASSIGN_OR_RETURN(const Buffer id, private_id(session, label));
  const bool edwards = point.algorithm == format::Algorithm::kEd25519;
  Template object = public_point(point)
                        .number(CKA_KEY_TYPE, edwards ? CKK_EC_EDWARDS : CKK_EC)
                        .flag(CKA_TOKEN, true)
                        .flag(CKA_PRIVATE, false)
                        .text(CKA_LABEL, label)
                        .bytes(CKA_ID, id)
                        .bytes(CKA_EC_PARAMS, curve_parameters(point.algorithm))
                        .flag(CKA_VERIFY, true);
  Object made = CK_INVALID_HANDLE;
  return rv_check(
      session.functions().C_CreateObject(session.handle(), object.data(), object.size(), &made),
      "importing a public key");
}

Result<void> remove_public_key(Session& session, const PublicKey& key) {
  session.private_keys.clear();
  ASSIGN_OR_RETURN(const Point point, point_from_key(key.key));
  ASSIGN_OR_RETURN(const auto found, session.find(public_point(point)));
  for (const Object object : found)
    RETURN_IF_ERROR(rv_check(session.functions().C_DestroyObject(session.handle(), object),
                             "removing a public key"));
  return {};
}

}  // namespace varve::hsm
