// rotate-key. The new key is on disk before the log hears of it, so that whatever happens between
// the two, the one that the log holds is the one that is here.
//   key.next durable -> POST /sources -> key.next renamed to key
#include <iostream>

#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "ledger/format/json.h"
#include "tools/client/problem.h"
#include "tools/client/url.h"
#include "tools/collect/commands.h"
#include "tools/collect/layout.h"
#include "tools/collect/session.h"
#include "tools/collect/transfer.h"

namespace varve::collect {
namespace {

Result<void> send_everything(Session& session, std::uint64_t patience_ms) {
  Terminal terminal(env::posix_clock());
  ASSIGN_OR_RETURN(const std::unique_ptr<Transfer> transfer,
                   Transfer::start(session, {patience_ms, false}, terminal));
  transfer->await_sent();
  RETURN_IF_ERROR(transfer->outcome());
  if (session.spool->pending_batches() > 0)
    return busy("batches that the old key sealed are not sent yet: send them first");
  return {};
}

Result<std::string> key_at_log(client::HttpClient& log, const std::string& source) {
  ASSIGN_OR_RETURN(const client::HttpResponse reply,
                   client::expect_success(log.get("/sources/" + client::percent_encoded(source))));
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(reply.body));
  return json.text("key");
}

Result<SourceKey> next_key(Session& session) {
  ASSIGN_OR_RETURN(const bool started, env::exists(*session.files, kNextKeyPath));
  if (started) return SourceKey::load(*session.files, kNextKeyPath, session.config.source);
  return SourceKey::create(*session.files, kNextKeyPath, session.config.source,
                           env::system_random());
}

Result<void> tell_log(Session& session, const SourceKey& next, client::HttpClient& log) {
  ASSIGN_OR_RETURN(const std::string now, key_at_log(log, session.config.source));
  if (now == format::format_vkey(next.verifier())) return {};  // an earlier run was interrupted
  if (now != format::format_vkey(session.key.verifier()))
    return worm("the log holds a key of this source that is not here: " + now);
  const std::string note = rotate_note(session.key, next, session.config.origin);
  RETURN_IF_ERROR(client::expect_success(log.post("/sources", "text/plain", bytes_of(note))));
  return {};
}

}  // namespace

Result<int> rotate_key(const WorkOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   open_session_for_rotation(options.directory));
  RETURN_IF_ERROR(send_everything(*session, options.patience_s * 1'000));
  ASSIGN_OR_RETURN(const SourceKey next, next_key(*session));
  ASSIGN_OR_RETURN(client::HttpClient log, connect(session->config));
  RETURN_IF_ERROR(tell_log(*session, next, log));
  RETURN_IF_ERROR(session->files->rename(kNextKeyPath, kKeyPath));
  RETURN_IF_ERROR(session->files->sync_directory(""));
  std::cout << format::format_vkey(next.verifier()) << '\n';
  return 0;
}

}  // namespace varve::collect
