// What the quarterly review of access looks at: who may do what on a log, since when by the log's records,
// and what a reviewer should ask about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/access/revocation.h"
#include "api/access/tokens.h"
#include "ledger/base/result.h"
#include "ledger/format/grants.h"
#include "tools/varved/config.h"

namespace varve::tools {

struct ReviewedGrant {
  format::GrantSince granted;  // since 0: the newest record has no such grant
  bool revoked = false;        // each credential that gives it
};

struct LogReview {
  std::string log;
  std::string origin;
  std::optional<std::uint64_t>
      recorded_us;                    // when the newest record was made; nullopt: there is none
  bool as_recorded = false;           // it grants what the configuration grants
  std::vector<ReviewedGrant> grants;  // as configured, in order
  std::vector<std::string> both;      // who may operate and approve, by whatever credentials
  std::vector<std::string>
      issuers_of_both;  // whose JWTs give either, each by another claim: only the
                        // issuer knows whether one person has both claims
};

/// Of each log of the configuration, in its order.
/// Errors: as kept_grants.
Result<std::vector<LogReview>> review_access(const Config& config, const api::Tokens& tokens,
                                             const api::Revocations& revoked);

}  // namespace varve::tools
