// One record: what it says, and the proof that it is in the log.
#include "api/ingest/fhir.h"
#include "api/problem.h"
#include "api/routes/handlers.h"
#include "api/routes/permit.h"
#include "api/routes/read.h"
#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/tombstone.h"

namespace varve::api {
namespace {

struct Found {
  LeafIndex index;
  std::shared_ptr<const format::SignedCheckpoint> under;
  Buffer bytes;           // the record, whole, or its tombstone
  format::Record record;  // views into `bytes`
};

Result<std::unique_ptr<Found>> find_event(Exchange& exchange) {
  auto found = std::make_unique<Found>();  // a moved Buffer keeps its bytes, a small copy would not
  found->under = exchange.log().latest();
  auto index = decode_decimal(exchange.item);
  if (!index) return not_found("an event is named by its index: " + index.error().message);
  found->index = LeafIndex{*index};
  AskedRecords& asked = exchange.read.emplace();
  asked = {{found->index, found->index}, false};  // of none, as far as it is known
  const TreeSize size = found->under->checkpoint.size;
  if (!contains(size, found->index))
    return not_found("the tree has " + std::to_string(size.value) + " leaves");
  asked.has_events = true;
  ASSIGN_OR_RETURN(found->bytes, read_record(exchange.log(), found->index));
  asked.has_events = is_of_event(found->bytes);
  if (format::is_tombstone(found->bytes)) return found;
  auto record = format::decode_record(found->bytes);
  if (!record) return corrupt("stored record " + exchange.item + ": " + record.error().message);
  found->record = *record;
  return found;
}

// What went wrong, whose event it is not, or that its key was destroyed.
std::optional<Response> refusal_of(const Exchange& exchange,
                                   const Result<std::unique_ptr<Found>>& found) {
  if (!found) return refuse_read(exchange, found.error());
  const SourceId source =
      (*found)->record.source;  // of a tombstone, which does not say it: nobody's
  if (auto refusal = refuse_unless(exchange, Rights::kReadEvent, source)) return refusal;
  if (!format::is_tombstone((*found)->bytes)) return std::nullopt;
  auto tombstone = format::decode_tombstone((*found)->bytes);
  if (!tombstone) return refuse(ProblemId::kCorrupt, tombstone.error().message);
  const rules::Retention& log = *exchange.log().view().retention;
  tombstone->key_minutes = log.key_period(tombstone->month).minutes;
  return refuse(ProblemId::kGone, "the event was in the log: " + format::explain(*tombstone));
}

Result<std::string> describe(const Log& log, const Found& found) {
  const merkle::SignedTree tree = tree_of(*found.under);
  ASSIGN_OR_RETURN(
      const merkle::Proof proof,
      merkle::checked_inclusion(merkle::leaf_hash(found.bytes), found.index, tree, log));
  const format::Record& record = found.record;
  Buffer source;
  ByteWriter{source}.u64(record.source.value);
  JsonWriter out;
  out.begin_object().key("index").number(found.index.value);
  out.key("kind").text(format::kind_name(record.kind)).key("source").text(hex(source));
  if (const auto sender = log.source(record.source)) out.key("source_name").text(sender->name);
  out.key("sequence").number(record.sequence).key("time_us").number(record.time_us);
  out.key("media_type").text(record.media_type).key("record").base64(found.bytes);
  out.key("payload").base64(record.payload).key("tree_size").number(tree.size.value);
  out.key("root").base64(tree.root.view()).key("proof").hashes(proof);
  return out.key("checkpoint").text(found.under->note).end_object().take();
}

// A payload is whatever a sender sent: no browser may run it.
void disarm(Response& response, const Found& found) {
  response.headers.emplace_back("x-content-type-options", "nosniff");
  response.headers.emplace_back("content-security-policy", "default-src 'none'; sandbox");
  response.headers.emplace_back("content-disposition", "attachment; filename=\"event-" +
                                                           std::to_string(found.index.value) + '"');
}

void reply_payload(const Exchange& exchange, const Reply& reply, const Found& found,
                   std::string_view media_type, std::string_view payload) {
  Response response = respond(200, media_type, payload);
  disarm(response, found);
  set_caching(response, exchange, Caching::kImmutable);
  reply(std::move(response));
}

}  // namespace

void get_event(const SharedExchange& exchange, const Reply& reply) {
  auto found = find_event(*exchange);
  if (auto refusal = refusal_of(*exchange, found)) return reply(std::move(*refusal));
  auto body = describe(exchange->log(), **found);
  if (!body) return reply(refuse_read(*exchange, body.error()));
  Response response = respond_json(200, std::move(*body));
  set_caching(response, *exchange, Caching::kRevalidate);
  reply(std::move(response));
}

void get_payload(const SharedExchange& exchange, const Reply& reply) {
  auto found = find_event(*exchange);
  if (auto refusal = refusal_of(*exchange, found)) return reply(std::move(*refusal));
  const format::Record& record = (*found)->record;
  reply_payload(*exchange, reply, **found, record.media_type, text_of(record.payload));
}

void get_fhir_event(const SharedExchange& exchange, const Reply& reply) {
  auto found = find_event(*exchange);
  if (auto refusal = refusal_of(*exchange, found)) return reply(std::move(*refusal));
  const format::Record& record = (*found)->record;
  const std::string_view said = record.media_type;
  if (said.starts_with(kFhirXml) && check_fhir_xml(record.payload))
    return reply_payload(*exchange, reply, **found, said, text_of(record.payload));
  const auto resource = find_fhir_json(record.payload);  // by whichever way it came
  if (!resource)
    return reply(refuse(ProblemId::kNotFound, resource.error().message + ": GET /logs/" +
                                                  exchange->hosted->name + "/events/" +
                                                  exchange->item + " has it"));
  reply_payload(*exchange, reply, **found, said.starts_with(kFhirJson) ? said : kFhirJson,
                *resource);
}

}  // namespace varve::api
