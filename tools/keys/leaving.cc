// Finding the key that leaves and the one that says so.
#include "tools/keys/leaving.h"

namespace varve::keys {
namespace {

Result<format::VerifierKey> leaving_key(hsm::Token& token, const RetireArguments& arguments) {
  if (arguments.key.starts_with("pkcs11:")) return find_key(token, arguments.key, arguments.origin);
  ASSIGN_OR_RETURN(auto key, format::parse_vkey(arguments.key));
  if (key.name != arguments.origin)
    return invalid("the vkey is of " + key.name + ", not of " + arguments.origin);
  return key;
}

}  // namespace

Result<Leaving> open_leaving(const RetireArguments& arguments) {
  RETURN_IF_ERROR(check_destination(arguments.to));
  Leaving leaving;
  ASSIGN_OR_RETURN(leaving.token, open_token(arguments.token));
  ASSIGN_OR_RETURN(leaving.key, leaving_key(*leaving.token, arguments));
  ASSIGN_OR_RETURN(leaving.signer, find_key(*leaving.token, arguments.signer, arguments.origin));
  if (leaving.key == leaving.signer)
    return invalid("a key cannot sign its own leaving: name one that stays");
  return leaving;
}

}  // namespace varve::keys
