// From what was presented to who that is.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "api/access/identity.h"
#include "api/access/tokens.h"

namespace varve::api {

class Issuers;

/// Why a credential is nobody's: for the operator's journal. Whoever presented it learns only that it
/// was not accepted. Static text.
struct Denied {
  Proof tried = Proof::kToken;
  std::string_view reason;
};

/// A bearer token decides alone where there is one; else the certificate does. Requires one of them.
/// Where there are issuers, a token that looks like a JWT is one, and is not looked for in the file.
/// Revocation is the caller's to ask. Cost: of a token one hash and a comparison a line of the file;
/// of a certificate a look-up for each of its names; of a JWT as Issuers::identify().
std::variant<SharedIdentity, Denied> authenticate(const Tokens& tokens, Issuers& issuers,
                                                  const Credential& credential,
                                                  std::uint64_t now_s);

}  // namespace varve::api
