// Records in which a log says who used it, in words and in JSON.
#pragma once

#include <string>
#include <string_view>

#include "ledger/format/access.h"
#include "ledger/format/kinds.h"

namespace varve::audit {

// Lines with their newlines, each begun by `indent`.
std::string access_lines(const format::Access& access, std::string_view indent = {});
std::string refusals_lines(const format::Refusals& refusals, std::string_view indent = {});
std::string loss_line(const format::Loss& loss);
/// Of the payload of a record of such a kind. One that is none was found by the audit of the log.
std::string explain_report(format::Kind kind, std::string_view payload);

// The members of a JSON object, without its braces.
std::string access_members(const format::Access& access);
std::string refusals_members(const format::Refusals& refusals);
std::string loss_members(const format::Loss& loss);

}  // namespace varve::audit
