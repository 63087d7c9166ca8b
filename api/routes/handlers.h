// The functions behind the table in routes.cc, one file each for what belongs together.
#pragma once

#include "api/route.h"

namespace varve::api {

// status.cc: the server itself
void get_health(const SharedExchange& exchange, const Reply& reply);
void get_readiness(const SharedExchange& exchange, const Reply& reply);
void get_metrics(const SharedExchange& exchange, const Reply& reply);
void get_logs(const SharedExchange& exchange, const Reply& reply);

// verify_page.cc: for a browser, which verifies by itself
void get_verify_page(const SharedExchange& exchange, const Reply& reply);

// whoami.cc: the client itself
void get_whoami(const SharedExchange& exchange, const Reply& reply);
void get_reads_waiting(const SharedExchange& exchange, const Reply& reply);

// tiles.cc: what C2SP tlog-tiles asks for
void get_checkpoint(const SharedExchange& exchange, const Reply& reply);
void get_witnessed(const SharedExchange& exchange, const Reply& reply);
void get_stamped(const SharedExchange& exchange, const Reply& reply);
void get_tile(const SharedExchange& exchange, const Reply& reply);
void get_bundle(const SharedExchange& exchange, const Reply& reply);

// proofs.cc
void get_inclusion(const SharedExchange& exchange, const Reply& reply);
void get_consistency(const SharedExchange& exchange, const Reply& reply);

// cose.cc
void get_cose_keys(const SharedExchange& exchange, const Reply& reply);

// events.cc: one record
void get_event(const SharedExchange& exchange, const Reply& reply);
void get_payload(const SharedExchange& exchange, const Reply& reply);
void get_fhir_event(const SharedExchange& exchange, const Reply& reply);

// search.cc: which events answer a question
void get_search(const SharedExchange& exchange, const Reply& reply);
void post_search(const SharedExchange& exchange, const Reply& reply);

// keys.cc: keys of the log and of sources
void get_keys(const SharedExchange& exchange, const Reply& reply);
void post_key_event(const SharedExchange& exchange, const Reply& reply);
void post_source_event(const SharedExchange& exchange, const Reply& reply);

// sources.cc: who sends, and since when not
void get_sources(const SharedExchange& exchange, const Reply& reply);
void get_source(const SharedExchange& exchange, const Reply& reply);

// retention.cc: until when the log keeps what
inline constexpr std::size_t kRetentionBodyMax = 128u << 10;
void get_retention(const SharedExchange& exchange, const Reply& reply);
void post_retention(const SharedExchange& exchange, const Reply& reply);
inline constexpr std::size_t kEvidenceBodyMax = 1u << 20;  // 32 time stamps
void post_evidence(const SharedExchange& exchange, const Reply& reply);

// fhir.cc, fhir_metadata.cc: AuditEvents of clients of FHIR
inline constexpr std::size_t kFhirBundleMax = 32u << 20;
void get_fhir_metadata(const SharedExchange& exchange, const Reply& reply);
void post_fhir_event(const SharedExchange& exchange, const Reply& reply);
void post_fhir_bundle(const SharedExchange& exchange, const Reply& reply);

// fhir_search.cc: which of them answer
inline constexpr std::size_t kFhirFormMax = 16u << 10;
void get_fhir_search(const SharedExchange& exchange, const Reply& reply);
void post_fhir_search(const SharedExchange& exchange, const Reply& reply);

// append.cc
void post_batch(const SharedExchange& exchange, const Reply& reply);
void post_events(const SharedExchange& exchange, const Reply& reply);

// elasticsearch.cc: what clients of Elasticsearch ask before they send
void get_elasticsearch(const SharedExchange& exchange, const Reply& reply);
void get_elasticsearch_health(const SharedExchange& exchange, const Reply& reply);
void get_elasticsearch_health_line(const SharedExchange& exchange, const Reply& reply);
void get_elasticsearch_license(const SharedExchange& exchange, const Reply& reply);

// bulk.cc
void post_bulk(const SharedExchange& exchange, const Reply& reply);

// hec.cc: Splunk's HTTP Event Collector. The sizes are of a body, and of what it is once decompressed.
inline constexpr std::size_t kHecBytesMax = 32u << 20;
inline constexpr std::size_t kHecAcksBytesMax = 256u << 10;
void post_hec_event(const SharedExchange& exchange, const Reply& reply);
void post_hec_raw(const SharedExchange& exchange, const Reply& reply);
void post_hec_ack(const SharedExchange& exchange, const Reply& reply);
void get_hec_health(const SharedExchange& exchange, const Reply& reply);

// mezmo.cc, otlp.cc: the sizes as above, but smaller, because such a body is parsed as a whole
inline constexpr std::size_t kMezmoBytesMax = 16u << 20;
void post_mezmo(const SharedExchange& exchange, const Reply& reply);
inline constexpr std::size_t kOtlpBytesMax = 16u << 20;
void post_otlp(const SharedExchange& exchange, const Reply& reply);

}  // namespace varve::api
