// The log's keys and how they came to be; source events.
#include <algorithm>

#include "api/problem.h"
#include "api/routes/finish.h"
#include "api/routes/handlers.h"
#include "api/routes/permit.h"
#include "api/routes/read.h"
#include "api/service.h"
#include "ledger/format/renewal.h"

namespace varve::api {
namespace {

void write_keys(JsonWriter& out, std::string_view name,
                const std::vector<format::VerifierKey>& keys) {
  out.key(name).begin_array();
  for (const format::VerifierKey& key : keys) out.text(format::format_vkey(key));
  out.end_array();
}

// One key event with its proof.
Result<void> write_event(JsonWriter& out, const Log& log, LeafIndex index,
                         const merkle::SignedTree& tree) {
  ASSIGN_OR_RETURN(const Buffer record, read_record(log, index));
  ASSIGN_OR_RETURN(const merkle::Proof proof,
                   merkle::checked_inclusion(merkle::leaf_hash(record), index, tree, log));
  out.begin_object().key("index").number(index.value).key("record").base64(record);
  out.key("proof").hashes(proof).end_object();
  return {};
}

Result<std::string> describe_keys(const Exchange& exchange) {
  const Log& log = exchange.log();
  const LedgerView view = log.view();
  const merkle::SignedTree tree = tree_of(*view.newest);
  JsonWriter out;
  out.begin_object().key("origin").text(exchange.hosted->origin);
  write_keys(out, "active", view.keys->history.active());
  write_keys(out, "all", view.keys->history.all());
  out.key("tree_size").number(tree.size.value).key("checkpoint").text(view.newest->note);
  out.key("events").begin_array();
  for (const LeafIndex index : view.keys->events)
    RETURN_IF_ERROR(write_event(out, log, index, tree));
  return out.end_array().end_object().take();
}

// The note in a text/plain body. Errors are already answered.
std::optional<format::Note> note_of(const Exchange& exchange, const Reply& reply) {
  const MediaType type = parse_media_type(exchange.request.header("content-type"));
  if (type.essence != "text/plain") {
    reply(refuse(ProblemId::kUnsupportedMediaType, "send the signed note as text/plain"));
    return std::nullopt;
  }
  auto note = format::parse_note(text_of(exchange.request.body));
  if (note) return std::move(*note);
  reply(refuse(note.error()));
  return std::nullopt;
}

/// No witness knows a log by a key that is not of Ed25519; and of a lost one nothing is left to keep.
bool may_be_known_to_witnesses(Log& log, const format::VerifierKey& key) {
  const LedgerView view = log.view();
  if (view.keys->history.witness_key() != nullptr) return false;
  if (key.algorithm != format::Algorithm::kEd25519) return false;
  if (std::ranges::count(view.keys->history.active(), key) == 0) return false;
  if (log.status().state != LogState::kServing) return false;
  const auto signs = log.try_key(key);
  return signs || (signs.error().code != Code::kNotFound && signs.error().code != Code::kIo);
}

/// A key does not retire as the one that witnesses may know the log by. A stolen one is always revoked, and one
/// that no token has, or that the log signs nothing because of, always leaves: no witness key could join there.
Result<void> may_leave(const Exchange& exchange, const format::Note& note) {
  const auto event = format::parse_key_event(note.text);
  if (!event || event->action != format::KeyAction::kRetire) return {};
  if (exchange.hosted->witnessed == nullptr) return {};
  if (!may_be_known_to_witnesses(exchange.log(), event->key)) return {};
  return invalid(
      "a witness may know this log by the key that leaves, and would refuse the log from then on: "
      "make a witness key first, with varve-keys witness-key, and have the operators of its "
      "witnesses enter it");
}

void append_note(const SharedExchange& exchange, const Reply& reply, format::Kind kind) {
  exchange->log().append_control(kind, std::string{text_of(exchange->request.body)},
                                 finish(exchange, reply));
}

}  // namespace

void get_keys(const SharedExchange& exchange, const Reply& reply) {
  auto body = describe_keys(*exchange);
  if (!body) return reply(refuse_read(*exchange, body.error()));
  Response response = respond_json(200, std::move(*body));
  set_caching(response, *exchange, Caching::kRevalidate);
  reply(std::move(response));
}

void post_key_event(const SharedExchange& exchange, const Reply& reply) {
  const auto note = note_of(*exchange, reply);
  if (!note) return;
  if (auto fits = may_leave(*exchange, *note); !fits) return reply(refuse(fits.error()));
  append_note(exchange, reply,
              format::is_renewal(note->text) ? format::Kind::kRenewal
                                             : format::kind_of_key_event(note->text));
}

void post_source_event(const SharedExchange& exchange, const Reply& reply) {
  const auto note = note_of(*exchange, reply);
  if (!note) return;
  auto event = format::parse_source_event(note->text);
  if (!event) return reply(refuse(event.error()));
  const bool registers = event->action == format::SourceAction::kRegister;
  const Rights right = registers ? Rights::kRegisterSource : Rights::kRotateSource;
  if (auto refusal = refuse_unless(*exchange, right, std::string_view(event->key.name)))
    return reply(std::move(*refusal));
  append_note(exchange, reply, format::Kind::kSourceEvent);
}

}  // namespace varve::api
