// What the log of a running server is, for whoever holds a copy of it: verified from its first key.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/note.h"
#include "tools/client/http.h"

namespace varve::tools {

struct LiveLog {
  std::string url;  // https://host:port/logs/name
  client::HttpOptions http;
  format::VerifierKey first;  // the log's first key
};

/// A copy's checkpoint, and the server's.
struct Compared {
  format::Checkpoint copy;
  format::Checkpoint live;
};

/// Asks the server for its keys and newest checkpoint, verifies both checkpoints with the keys of their sizes, and
/// that the copy is a beginning of what the server has. `note` is the copy's checkpoint.
/// Errors: kCorrupt  something does not verify, or the two are not of one history, or the server has less.
///         kBusy, kIo, kNotFound, kInvalid  the server did not answer so: as the client.
Result<Compared> compare_with(const LiveLog& log, const std::string& note);

}  // namespace varve::tools
