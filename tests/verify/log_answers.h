// What a server answers about one log: proofs, events and receipts, made from a LogBuilder.
#pragma once

#include <string>

#include "log_builder.h"

namespace varve::verify {

/// GET proof/inclusion?index=, in the tree of the first `size` records.
std::string inclusion_json(const LogBuilder& log, std::size_t index, std::size_t size);
/// The same as a C2SP tlog-proof that carries the record.
std::string proof_file(const LogBuilder& log, std::size_t index, std::size_t size);
std::string consistency_json(const LogBuilder& log, std::size_t from, std::size_t to);
/// GET events/N.
std::string event_json(const LogBuilder& log, std::size_t index, std::size_t size);
/// The receipt of records [first, first + count); `with_headers` as for server-sealed events.
std::string receipt_json(const LogBuilder& log, std::size_t first, std::size_t count,
                         std::size_t size, bool with_headers, const std::string& sender = "");

}  // namespace varve::verify
