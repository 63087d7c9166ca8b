// The newest stamped checkpoint of a log, kept in a file of its own beside the log's directory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/env/filesystem.h"
#include "ledger/format/stamped_checkpoint.h"
#include "ledger/ledger.h"

namespace varve::api {

/// What is in that file.
struct KeptStamped {
  std::shared_ptr<const std::string> text;
  TreeSize size;
  std::vector<format::SignedTime> said;  // as its tokens
};

/// Reads the file `name` and holds it against the log: its origin, its tokens, and that its tree is a beginning of
/// today's. Nothing: there is no such file. Never changes it.
/// Errors: kCorrupt  the log is not the one that was stamped, or has lost records since.  kInvalid  it is no stamped
///         checkpoint of this log.  kIo; others as Log.
Result<std::optional<KeptStamped>> read_stamped(const env::Filesystem& files,
                                                const std::string& name, const Log& log);

/// Whether a stamped checkpoint of `size` records may take the place of what is in the file `name` now. `known`: what
/// this server has read or written there, or null. Whatever else is there is by another server, or by a person.
/// Errors: kWorm  it is of more records.  kInvalid  it is something else.  kIo.
Result<void> may_replace_stamped(const env::Filesystem& files, const std::string& name,
                                 const std::string* known, TreeSize size);

}  // namespace varve::api
