// The table of routes: docs/API.md describes each, and prints what it takes.
#include "api/routes/bulk.h"
#include "api/routes/handlers.h"
#include "ledger/format/batch.h"
#include "ledger/format/note.h"
#include "ledger/query/query.h"

namespace varve::api {
namespace {

using enum Rights;
constexpr auto kGet = Method::kGet;
constexpr auto kPost = Method::kPost;
constexpr auto kHere = Runs::kHere;
constexpr auto kWorker = Runs::kWorker;
constexpr auto kSearchWorker = Runs::kSearch;
constexpr auto kHereIfSmall = Runs::kHereIfSmall;
constexpr auto kFree = Share::kNone;
constexpr auto kShare = Share::kAsker;
constexpr auto kElasticsearch = Dialect::kElasticsearch;
constexpr auto kFhir = Dialect::kFhir;
constexpr auto kSplunk = Dialect::kSplunk;
// Of clients of Elasticsearch: an answer is always whole, and waits for what it promises.
constexpr std::string_view kProbeQuery = "filter_path human";
constexpr std::string_view kBulkQuery =
    "filter_path human pipeline refresh timeout wait_for_active_shards";
// Of clients of Splunk: what they say there of all events of a request.
constexpr std::string_view kHecQuery =
    "auto_extract_timestamp channel host index source sourcetype time";
constexpr Rights kSourceNote = kRegisterSource | kRotateSource;
constexpr Rights kRetentionNote = kSetPolicy | kPlaceHold | kReleaseHold | kGiveNotice | kDispose;

// method, path, rights, largest body, query, thread, share, function, dialect
const Route kRoutes[] = {
    {kGet, "/healthz", kSeeServer, 0, "", kHere, kFree, get_health},
    {kGet, "/readyz", kSeeServer, 0, "", kWorker, kFree, get_readiness},
    {kGet, "/metrics", kSeeServer, 0, "", kWorker, kFree, get_metrics},
    {kGet, "/logs", kSeeServer, 0, "", kHere, kFree, get_logs},
    {kGet, "/verify", kSeeServer, 0, "", kHere, kFree, get_verify_page},
    {kGet, "/.well-known/scitt-keys", kSeeServer, 0, "", kWorker, kShare, get_cose_keys},
    {kGet, "/whoami", kSeeItself, 0, "", kHere, kShare, get_whoami},
    {kGet, "/logs/{log}/checkpoint", kSeeProofs, 0, "", kHere, kFree, get_checkpoint},
    {kGet, "/logs/{log}/checkpoint/witnessed", kSeeProofs, 0, "", kHere, kFree, get_witnessed},
    {kGet, "/logs/{log}/checkpoint/stamped", kSeeProofs, 0, "", kHere, kShare, get_stamped},
    {kGet, "/logs/{log}/reads/waiting", kSeeOwnReads, 0, "", kHere, kFree, get_reads_waiting},
    {kGet, "/logs/{log}/tile/entries/{rest}", kReadRecords, 0, "", kWorker, kShare, get_bundle},
    {kGet, "/logs/{log}/tile/{rest}", kSeeProofs, 0, "", kHere, kShare, get_tile},
    {kGet, "/logs/{log}/proof/inclusion", kSeeProofs, 0, "index leaf_hash size", kHere, kShare,
     get_inclusion},
    {kGet, "/logs/{log}/proof/consistency", kSeeProofs, 0, "from to", kWorker, kShare,
     get_consistency},
    {kGet, "/logs/{log}/events/{item}", kReadEvent, 0, "", kWorker, kShare, get_event},
    {kGet, "/logs/{log}/events/{item}/payload", kReadEvent, 0, "", kWorker, kShare, get_payload},
    {kGet, "/logs/{log}/search", kSearch, 0, kAnyQuery, kSearchWorker, kShare, get_search},
    {kPost, "/logs/{log}/search", kSearch, query::kQueryMax, "", kSearchWorker, kShare,
     post_search},
    {kGet, "/logs/{log}/keys", kSeeProofs, 0, "", kWorker, kShare, get_keys},
    {kPost, "/logs/{log}/keys", kChangeKeys, format::kNoteMax, "", kWorker, kShare, post_key_event},
    {kGet, "/logs/{log}/retention", kSeeRetention, 0, "index period notice wait hold release",
     kWorker, kShare, get_retention},
    {kPost, "/logs/{log}/retention", kRetentionNote, kRetentionBodyMax, "", kWorker, kShare,
     post_retention},
    {kPost, "/logs/{log}/retention/evidence", kGiveEvidence, kEvidenceBodyMax, "", kWorker, kShare,
     post_evidence},
    {kGet, "/logs/{log}/sources", kListSources, 0, "after", kWorker, kShare, get_sources},
    {kGet, "/logs/{log}/sources/{item}", kSeeSource, 0, "", kWorker, kShare, get_source},
    {kPost, "/logs/{log}/sources", kSourceNote, format::kNoteMax, "", kWorker, kShare,
     post_source_event},
    {kPost, "/logs/{log}/batches", kAppendBatch, format::kBatchBytesMax, "", kHereIfSmall, kShare,
     post_batch},
    {kPost, "/logs/{log}/events", kAppendEvents, format::kBatchBytesMax, "", kHereIfSmall, kShare,
     post_events},
    {kGet, "/logs/{log}/elasticsearch", kSeeProofs, 0, kProbeQuery, kHere, kShare,
     get_elasticsearch, kElasticsearch},
    {kGet, "/logs/{log}/elasticsearch/", kSeeProofs, 0, kProbeQuery, kHere, kShare,
     get_elasticsearch, kElasticsearch},
    {kGet, "/logs/{log}/elasticsearch/_cluster/health", kSeeProofs, 0, kProbeQuery, kWorker, kShare,
     get_elasticsearch_health, kElasticsearch},
    {kGet, "/logs/{log}/elasticsearch/_cat/health", kSeeProofs, 0, kProbeQuery, kWorker, kShare,
     get_elasticsearch_health_line, kElasticsearch},
    {kGet, "/logs/{log}/elasticsearch/_license", kSeeProofs, 0, kProbeQuery, kHere, kShare,
     get_elasticsearch_license, kElasticsearch},
    {kPost, "/logs/{log}/elasticsearch/_bulk", kAppendEvents, kBulkBytesMax, kBulkQuery,
     kHereIfSmall, kShare, post_bulk, kElasticsearch},
    {kPost, "/logs/{log}/elasticsearch/{item}/_bulk", kAppendEvents, kBulkBytesMax, kBulkQuery,
     kHereIfSmall, kShare, post_bulk, kElasticsearch},
    {kPost, "/logs/{log}/splunk/services/collector", kAppendEvents, kHecBytesMax, kHecQuery,
     kHereIfSmall, kShare, post_hec_event, kSplunk},
    {kPost, "/logs/{log}/splunk/services/collector/event", kAppendEvents, kHecBytesMax, kHecQuery,
     kHereIfSmall, kShare, post_hec_event, kSplunk},
    {kPost, "/logs/{log}/splunk/services/collector/event/1.0", kAppendEvents, kHecBytesMax,
     kHecQuery, kHereIfSmall, kShare, post_hec_event, kSplunk},
    {kPost, "/logs/{log}/splunk/services/collector/raw", kAppendEvents, kHecBytesMax, kHecQuery,
     kHereIfSmall, kShare, post_hec_raw, kSplunk},
    {kPost, "/logs/{log}/splunk/services/collector/raw/1.0", kAppendEvents, kHecBytesMax, kHecQuery,
     kHereIfSmall, kShare, post_hec_raw, kSplunk},
    {kPost, "/logs/{log}/splunk/services/collector/ack", kAppendEvents, kHecAcksBytesMax, "channel",
     kHereIfSmall, kShare, post_hec_ack, kSplunk},
    {kGet, "/logs/{log}/splunk/services/collector/health", kSeeServer, 0, "", kWorker, kFree,
     get_hec_health, kSplunk},
    {kGet, "/logs/{log}/splunk/services/collector/health/1.0", kSeeServer, 0, "", kWorker, kFree,
     get_hec_health, kSplunk},
    {kPost, "/logs/{log}/splunk/services/collector/health", kSeeServer, 0, "", kWorker, kFree,
     get_hec_health, kSplunk},
    {kPost, "/logs/{log}/splunk/services/collector/health/1.0", kSeeServer, 0, "", kWorker, kFree,
     get_hec_health, kSplunk},
    {kPost, "/logs/{log}/mezmo/logs/ingest", kAppendEvents, kMezmoBytesMax,
     "hostname ip mac now tags", kHereIfSmall, kShare, post_mezmo, Dialect::kMezmo},
    {kPost, "/logs/{log}/otlp/v1/logs", kAppendEvents, kOtlpBytesMax, "", kHereIfSmall, kShare,
     post_otlp, Dialect::kOtlp},
    {kGet, "/logs/{log}/fhir/metadata", kSeeProofs, 0, "", kHere, kShare, get_fhir_metadata, kFhir},
    {kGet, "/logs/{log}/fhir/AuditEvent", kSearch, 0, kAnyQuery, kSearchWorker, kShare,
     get_fhir_search, kFhir},
    {kPost, "/logs/{log}/fhir/AuditEvent/_search", kSearch, kFhirFormMax, kAnyQuery, kSearchWorker,
     kShare, post_fhir_search, kFhir},
    {kGet, "/logs/{log}/fhir/AuditEvent/{item}", kReadEvent, 0, "", kWorker, kShare, get_fhir_event,
     kFhir},
    {kPost, "/logs/{log}/fhir/AuditEvent", kAppendEvents, format::kBatchBytesMax, "", kHereIfSmall,
     kShare, post_fhir_event, kFhir},
    {kPost, "/logs/{log}/fhir", kAppendEvents, kFhirBundleMax, "", kHereIfSmall, kShare,
     post_fhir_bundle, kFhir},
    {kPost, "/logs/{log}/fhir/", kAppendEvents, kFhirBundleMax, "", kHereIfSmall, kShare,
     post_fhir_bundle, kFhir},
};

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

}  // namespace varve::api
