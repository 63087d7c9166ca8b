// Small steps that reading routes share.
#pragma once

#include <optional>
#include <string_view>

#include "api/common/json.h"
#include "api/route.h"
#include "ledger/ledger.h"
#include "ledger/merkle/checked.h"

namespace varve::api {

/// How an immutable or a changing answer may be cached. What needed a token is kept by nobody: it
/// would outlive the token, in a cache or on a disk.
enum class Caching : std::uint8_t { kImmutable, kRevalidate };
void set_caching(Response& response, const Exchange& exchange, Caching caching);
/// For whoever asked, and now.
void set_private(Response& response);

/// Adds a strong ETag over the body.
void set_etag(Response& response);

/// A decimal query parameter; nothing when it is absent. Errors: kInvalid.
Result<std::optional<std::uint64_t>> number_parameter(const Exchange& exchange,
                                                      std::string_view name);

/// The record at `index`, whole. Errors: as Log::records.
Result<Buffer> read_record(const Log& log, LeafIndex index);

/// Whether the entry, a record or a tombstone, is or was of an event: a read that tells of no others is
/// summed up.
bool is_of_event(Bytes entry);

/// As refuse(error). Of damaged storage it says which log's, and what its operator does.
Response refuse_read(const Exchange& exchange, Error error);

/// What the newest checkpoint says of the tree: what proofs are checked against.
merkle::SignedTree tree_of(const format::SignedCheckpoint& published);

}  // namespace varve::api
