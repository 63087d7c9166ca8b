// What the server itself answers to a question (docs/API.md): page by page, and its word. Nobody audits the log.
#pragma once

#include "tools/audit/commands.h"

namespace varve::audit {

/// Each event that it gives is read and judged here, and each page has to go on where the one before it ended.
/// Errors: kCorrupt  an event does not answer, or pages leave records out; kInvalid  no server, or evidence is asked
///         for; as RemoteLog::ask.
Result<Answer> ask_the_server(const Request& request);

}  // namespace varve::audit
