// Adding up permissions.
#include "api/access/identity.h"

#include <algorithm>

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

Roles Identity::roles_on(std::string_view log) const {
  Roles roles = Roles::kNone;
  for (const Permission& permission : permissions)
    if (permission.logs.empty() || std::ranges::find(permission.logs, log) != permission.logs.end())
      roles = roles | permission.roles;
  return roles;
}

}  // namespace varve::api
