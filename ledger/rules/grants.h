// Who may do what, record after record: which text of grants may come next, and what it says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/grants.h"

namespace varve::rules {

struct GrantsAt {
  LeafIndex index;
  format::Grants grants;
};

/// In the order of the text, each once.
std::vector<format::Grant> in_order(std::vector<format::Grant> grants);

/// The text that says from now on who may do what: sorted, each once, and each with the time since which
/// it is there without a break. What finds no room in a record is counted and hashed. `last`: the newest
/// record; null: there is none.
format::Grants next_grants(const GrantsAt* last, std::string origin,
                           std::vector<format::Grant> wanted, std::uint64_t time_us);

/// Whether both say the same of who may do what, whatever they say of since when.
bool grant_the_same(const format::Grants& a, const format::Grants& b);

/// Whether it may come next. Errors: kInvalid  it is no such text, is of another log, names another record
/// than `last` as the one before, or says of a grant that it is there since another time.
Result<format::Grants> judge_grants(const GrantsAt* last, std::string_view text,
                                    std::string_view origin);

}  // namespace varve::rules
