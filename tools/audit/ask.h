// What several commands ask a server for.
#pragma once

#include <functional>
#include <memory>

#include "ledger/env/filesystem.h"
#include "ledger/verify/finding.h"
#include "ledger/verify/log_check.h"
#include "ledger/verify/open_keys.h"
#include "ledger/verify/trust_bundle.h"
#include "ledger/verify/verify_file.h"
#include "tools/audit/commands.h"
#include "tools/audit/remote_log.h"

namespace varve::audit {

class AnswerJson;

/// Errors: kInvalid  no vkey, or not one.
Result<format::VerifierKey> first_key(const Request& request);
/// --bundle, verified; against --vkey where that is given too.
Result<verify::OpenedBundle> read_bundle(const Request& request);
Result<RemoteLog> open_remote(const Request& request);
/// GET keys, walked from the first key. Errors: kCorrupt  it does not verify; as RemoteLog::fetch.
Result<verify::VerifiedKeys> ask_keys(const RemoteLog& log, const format::VerifierKey& first);
/// What verifying offline is held against: --bundle, or --vkey with --keys where that is given.
Result<verify::Trust> trust_of(const Request& request);
/// A server or a directory, behind one interface, and what keeps it open.
struct Opened {
  std::unique_ptr<env::Filesystem> files;
  std::unique_ptr<verify::LogSource> source;
};
/// request.where. Errors: as RemoteLog::open and env::open_posix.
Result<Opened> open_source(const Request& request);
/// Audits the whole log that `source` gives, as request.vkey, since_file and state_directory say.
/// Errors: it could not be read. A log that is not intact is an answer.
Result<Answer> audit_source(const Request& request, verify::LogSource& source);
/// The same; `say` is the answer of a log that is intact, and `watch` may be null.
using SayIntact = std::function<Result<Answer>(const verify::Intact& intact)>;
Result<Answer> audit_source(const Request& request, verify::LogSource& source, const SayIntact& say,
                            verify::LogCheck::Watch watch);
/// A log that is intact, as `check` tells of it.
Answer describe_intact(const verify::Intact& intact);
/// A line that says so, of a draft log: nobody is to take it for one that keeps its records. Else nothing.
std::string draft_line(const verify::Intact& intact);
/// Members `mode`, `period` and `unit`, of every log: a script need not know what is said of a draft alone.
void add_mode(const verify::Intact& intact, AnswerJson& json);
/// With --locked. Errors: kInvalid  the log is a draft.
Result<void> expect_locked(const Request& request, format::Mode mode);
/// A log that is not intact, as an answer. `evidence` is a file with both checkpoints, or empty.
Answer describe_finding(const verify::Finding& finding, const std::string& evidence = {});
/// Asks for the consistency proof of two verified checkpoints, and verifies it.
Result<void> ask_consistency(const RemoteLog& log, const format::Checkpoint& older,
                             const format::Checkpoint& newer);
/// Asks for the proof that `in`, verified, and the checkpoint beside the log's keys are of one history:
/// a key that has left the log since may have been stolen, and signs trees from before it left.
Result<void> ask_whether_of_the_log(const RemoteLog& log, const format::Checkpoint& in,
                                    const verify::VerifiedKeys& keys);

}  // namespace varve::audit
