// Everything that is granted on one log, by whatever part of the configuration: for the log's records and
// for the operator's report. It names holders and roles, and nothing that anybody could come in with.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/identity.h"
#include "api/access/issuer.h"
#include "ledger/format/grants.h"

namespace varve::api {

/// The parts of a configuration that grant something on a log.
struct Granting {
  std::vector<Identity> holders;  // of tokens and certificates
  std::vector<IssuerOptions> issuers;
  std::vector<std::string> listeners;  // clients that may append because a listener names them
  bool open_reads = false;             // everybody may see proofs and keys
};

/// In no order; one may be there twice. Of an issuer it is not known here who its clients are: its
/// holders are whoever has a token with that claim.
std::vector<format::Grant> grants_on(std::string_view log, const Granting& granting);

}  // namespace varve::api
