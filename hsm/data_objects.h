// Small public-by-nature values that a token keeps for the program: CKO_DATA objects, named by label.
#pragma once

#include <string_view>
#include <vector>

#include "hsm/session.h"

namespace varve::hsm {

/// The values of all data objects of this label; there should be one at most.
Result<std::vector<Buffer>> read_data(Session& session, std::string_view label);
/// The object of this label gets this value; it is made when there is none, or exchanged for a new one
/// where the token does not change values. Whether it survives a
/// power failure in between is the token's affair: keep two and write them in turn.
/// Errors: kIo  the token does not allow it.  kBusy.
Result<void> write_data(Session& session, std::string_view label, Bytes value);
/// Makes an object and takes it away again. Errors: kIo  the token allows no data objects.  kBusy.
Result<void> try_data(Session& session, std::string_view label);

}  // namespace varve::hsm
