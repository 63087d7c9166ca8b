// Names of proofs.
#include "api/access/identity.h"

namespace varve::api {

std::string_view proof_name(Proof proof) {
  switch (proof) {
    case Proof::kToken:
      return "token";
    case Proof::kCertificate:
      return "certificate";
    case Proof::kJwt:
      break;
  }
  return "jwt";
}

}  // namespace varve::api
