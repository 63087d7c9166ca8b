// When the server's certificate ends: clients refuse it from then on, and nothing else says why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/access/shown_certificates.h"
#include "ledger/base/result.h"

namespace varve::tools {

/// The certificates in a PEM file of CAs, in their order. Errors: kInvalid  it has none.  As read_file.
Result<std::vector<api::TrustedAuthority>> authorities_in(const std::string& path);

/// A sentence for the operator when the first certificate in a PEM file has expired, is not valid
/// yet, or expires within 30 days. Errors: kInvalid  it is no certificate.  As read_file.
Result<std::optional<std::string>> warn_of_certificate(const std::string& path);

}  // namespace varve::tools
