// The table of routes: docs/API.md describes each.
#include "api/routes/handlers.h"
#include "ledger/format/batch.h"
#include "ledger/format/note.h"

namespace varve::api {
namespace {

constexpr Roles kNobody = Roles::kNone;
constexpr auto kGet = Method::kGet;
constexpr auto kPost = Method::kPost;
constexpr auto kHere = Runs::kHere;
constexpr auto kWorker = Runs::kWorker;
constexpr auto kHereIfSmall = Runs::kHereIfSmall;
constexpr Roles kAppendOrOperate = Roles::kAppend | Roles::kOperate;

// method, path, roles, open, largest body, query, thread, function
constexpr Route kRoutes[] = {
    {kGet, "/healthz", kNobody, true, 0, "", kHere, get_health},
    {kGet, "/readyz", kNobody, true, 0, "", kWorker, get_readiness},
    {kGet, "/metrics", kNobody, true, 0, "", kWorker, get_metrics},
    {kGet, "/logs", kNobody, true, 0, "", kHere, get_logs},
    {kGet, "/logs/{log}/checkpoint", kAnyRole, true, 0, "", kHere, get_checkpoint},
    {kGet, "/logs/{log}/tile/entries/{rest}", Roles::kRead, false, 0, "", kWorker, get_bundle},
    {kGet, "/logs/{log}/tile/{rest}", kAnyRole, true, 0, "", kHere, get_tile},
    {kGet, "/logs/{log}/proof/inclusion", kAnyRole, true, 0, "index leaf_hash size", kHere,
     get_inclusion},
    {kGet, "/logs/{log}/proof/consistency", kAnyRole, true, 0, "from to", kWorker, get_consistency},
    {kGet, "/logs/{log}/events/{item}", Roles::kRead, false, 0, "", kWorker, get_event},
    {kGet, "/logs/{log}/events/{item}/payload", Roles::kRead, false, 0, "", kWorker, get_payload},
    {kGet, "/logs/{log}/keys", kAnyRole, true, 0, "", kWorker, get_keys},
    {kPost, "/logs/{log}/keys", Roles::kOperate, false, format::kNoteMax, "", kWorker,
     post_key_event},
    {kGet, "/logs/{log}/sources/{item}", kAnyRole, false, 0, "", kWorker, get_source},
    {kPost, "/logs/{log}/sources", kAppendOrOperate, false, format::kNoteMax, "", kWorker,
     post_source_event},
    {kPost, "/logs/{log}/batches", Roles::kAppend, false, format::kBatchBytesMax, "",
     kHereIfSmall, post_batch},
    {kPost, "/logs/{log}/events", Roles::kAppend, false, format::kBatchBytesMax, "",
     kHereIfSmall, post_events},
};

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

}  // namespace varve::api
