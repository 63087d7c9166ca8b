// A high-water mark in the token itself, where whoever can put files back cannot reach: two data
// objects that are written in turn, so that a torn write leaves the other one. docs/format/mark.md
#pragma once

#include <memory>
#include <string>

#include "hsm/token.h"
#include "ledger/env/high_water_mark.h"

namespace varve::tools {

/// `name` is the log's; the objects are called "varve/NAME/mark.0" and "varve/NAME/mark.1". `token`
/// outlives what is returned. Makes a data object for a moment when the log has no mark there yet.
/// Errors: kNotFound  the token allows no data objects.  kCorrupt  what is kept there is no mark.
///         kBusy, kIo  what is kept there cannot be read.
Result<std::unique_ptr<env::HighWaterMark>> token_mark(hsm::Token& token, const std::string& name);

}  // namespace varve::tools
