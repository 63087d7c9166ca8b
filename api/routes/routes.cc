// The table of routes: docs/API.md describes each.
#include "api/routes/bulk.h"
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
constexpr auto kFree = Share::kNone;
constexpr auto kShare = Share::kAsker;
constexpr auto kElasticsearch = Dialect::kElasticsearch;
constexpr auto kFhir = Dialect::kFhir;
// Of clients of Elasticsearch: an answer is always whole, and waits for what it promises.
constexpr std::string_view kProbeQuery = "filter_path human";
constexpr std::string_view kBulkQuery =
    "filter_path human pipeline refresh timeout wait_for_active_shards";
constexpr Roles kAppendOrOperate = Roles::kAppend | Roles::kOperate;
constexpr Roles kReadOrOperate = Roles::kRead | Roles::kOperate;

// method, path, roles, open, largest body, query, thread, share, function, dialect
constexpr Route kRoutes[] = {
    {kGet, "/healthz", kNobody, true, 0, "", kHere, kFree, get_health},
    {kGet, "/readyz", kNobody, true, 0, "", kWorker, kFree, get_readiness},
    {kGet, "/metrics", kNobody, true, 0, "", kWorker, kFree, get_metrics},
    {kGet, "/logs", kNobody, true, 0, "", kHere, kFree, get_logs},
    {kGet, "/whoami", kAnyRole, false, 0, "", kHere, kShare, get_whoami},
    {kGet, "/logs/{log}/checkpoint", kAnyRole, true, 0, "", kHere, kFree, get_checkpoint},
    {kGet, "/logs/{log}/tile/entries/{rest}", Roles::kRead, false, 0, "", kWorker, kShare,
     get_bundle},
    {kGet, "/logs/{log}/tile/{rest}", kAnyRole, true, 0, "", kHere, kShare, get_tile},
    {kGet, "/logs/{log}/proof/inclusion", kAnyRole, true, 0, "index leaf_hash size", kHere, kShare,
     get_inclusion},
    {kGet, "/logs/{log}/proof/consistency", kAnyRole, true, 0, "from to", kWorker, kShare,
     get_consistency},
    {kGet, "/logs/{log}/events/{item}", Roles::kRead, false, 0, "", kWorker, kShare, get_event},
    {kGet, "/logs/{log}/events/{item}/payload", Roles::kRead, false, 0, "", kWorker, kShare,
     get_payload},
    {kGet, "/logs/{log}/keys", kAnyRole, true, 0, "", kWorker, kShare, get_keys},
    {kPost, "/logs/{log}/keys", Roles::kOperate, false, format::kNoteMax, "", kWorker, kShare,
     post_key_event},
    {kGet, "/logs/{log}/retention", kAnyRole, false, 0, "period notice wait hold release", kWorker,
     kShare, get_retention},
    {kPost, "/logs/{log}/retention", Roles::kOperate, false, kRetentionBodyMax, "", kWorker, kShare,
     post_retention},
    {kGet, "/logs/{log}/sources", kReadOrOperate, false, 0, "after", kWorker, kShare, get_sources},
    {kGet, "/logs/{log}/sources/{item}", kAnyRole, false, 0, "", kWorker, kShare, get_source},
    {kPost, "/logs/{log}/sources", kAppendOrOperate, false, format::kNoteMax, "", kWorker, kShare,
     post_source_event},
    {kPost, "/logs/{log}/batches", Roles::kAppend, false, format::kBatchBytesMax, "", kHereIfSmall,
     kShare, post_batch},
    {kPost, "/logs/{log}/events", Roles::kAppend, false, format::kBatchBytesMax, "", kHereIfSmall,
     kShare, post_events},
    {kGet, "/logs/{log}/elasticsearch", kAnyRole, true, 0, kProbeQuery, kHere, kShare,
     get_elasticsearch, kElasticsearch},
    {kGet, "/logs/{log}/elasticsearch/", kAnyRole, true, 0, kProbeQuery, kHere, kShare,
     get_elasticsearch, kElasticsearch},
    {kGet, "/logs/{log}/elasticsearch/_cluster/health", kAnyRole, true, 0, kProbeQuery, kWorker,
     kShare, get_elasticsearch_health, kElasticsearch},
    {kGet, "/logs/{log}/elasticsearch/_cat/health", kAnyRole, true, 0, kProbeQuery, kWorker, kShare,
     get_elasticsearch_health_line, kElasticsearch},
    {kGet, "/logs/{log}/elasticsearch/_license", kAnyRole, true, 0, kProbeQuery, kHere, kShare,
     get_elasticsearch_license, kElasticsearch},
    {kPost, "/logs/{log}/elasticsearch/_bulk", Roles::kAppend, false, kBulkBytesMax, kBulkQuery,
     kHereIfSmall, kShare, post_bulk, kElasticsearch},
    {kPost, "/logs/{log}/elasticsearch/{item}/_bulk", Roles::kAppend, false, kBulkBytesMax,
     kBulkQuery, kHereIfSmall, kShare, post_bulk, kElasticsearch},
    {kGet, "/logs/{log}/fhir/metadata", kAnyRole, true, 0, "", kHere, kShare, get_fhir_metadata,
     kFhir},
    {kGet, "/logs/{log}/fhir/AuditEvent/{item}", Roles::kRead, false, 0, "", kWorker, kShare,
     get_fhir_event, kFhir},
    {kPost, "/logs/{log}/fhir/AuditEvent", Roles::kAppend, false, format::kBatchBytesMax, "",
     kHereIfSmall, kShare, post_fhir_event, kFhir},
    {kPost, "/logs/{log}/fhir", Roles::kAppend, false, kFhirBundleMax, "", kHereIfSmall, kShare,
     post_fhir_bundle, kFhir},
    {kPost, "/logs/{log}/fhir/", Roles::kAppend, false, kFhirBundleMax, "", kHereIfSmall, kShare,
     post_fhir_bundle, kFhir},
};

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

}  // namespace varve::api
