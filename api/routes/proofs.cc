// Inclusion and consistency proofs.
#include "api/routes/proofs.h"

#include "api/problem.h"
#include "api/routes/handlers.h"
#include "api/routes/permit.h"
#include "api/routes/read.h"
#include "api/service.h"
#include "ledger/base/text.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/record.h"

namespace varve::api {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain";

struct Inclusion {
  LeafIndex index;
  TreeSize size;
  Hash root;
  std::shared_ptr<const format::SignedCheckpoint>
      under;  // null: none was signed at exactly this size
  Hash leaf;
  merkle::Proof proof;
};

// The checkpoint of exactly that size, if one was signed; else null.
Result<std::shared_ptr<const format::SignedCheckpoint>> exactly(const Log& log, TreeSize size) {
  ASSIGN_OR_RETURN(auto found, log.checkpoint_at(size));
  if (found->checkpoint.size != size) found.reset();
  return found;
}

/// Under the newest checkpoint.
Result<Inclusion> newest_inclusion(const Log& log, LeafIndex index, env::Wait wait) {
  ASSIGN_OR_RETURN(ProvenUnder proven, log.inclusion(index, wait));
  const format::Checkpoint& checkpoint = proven.checkpoint->checkpoint;
  return Inclusion{index,       checkpoint.size,        checkpoint.root, proven.checkpoint,
                   proven.leaf, std::move(proven.proof)};
}

Result<Inclusion> inclusion_at(const Log& log, LeafIndex index, TreeSize size) {
  const std::shared_ptr<const format::SignedCheckpoint> latest = log.latest();
  if (size > latest->checkpoint.size)
    return not_found("the tree has " + std::to_string(latest->checkpoint.size.value) + " leaves");
  if (!contains(size, index))
    return not_found("the leaf is not in the tree of " + std::to_string(size.value) + " leaves");
  Inclusion out{index, size, {}, latest, {}, {}};
  ASSIGN_OR_RETURN(out.leaf, log.node({0, index.value}));
  if (size != latest->checkpoint.size) {
    ASSIGN_OR_RETURN(out.under, exactly(log, size));
  }
  if (out.under) {  // what was signed; to compute it reads as many hashes as the proof does
    out.root = out.under->checkpoint.root;
  } else {
    ASSIGN_OR_RETURN(out.root, merkle::checked_root(size, tree_of(*latest), log));
  }
  ASSIGN_OR_RETURN(out.proof, merkle::checked_inclusion(out.leaf, index, {size, out.root}, log));
  return out;
}

Result<Inclusion> find_inclusion(const Exchange& exchange) {
  ASSIGN_OR_RETURN(const auto size, number_parameter(exchange, "size"));
  ASSIGN_OR_RETURN(const LeafIndex index, asked_leaf(exchange));
  if (size) return inclusion_at(exchange.log(), index, TreeSize{*size});
  return newest_inclusion(exchange.log(), index, env::Wait::kForTheDisk);
}

/// What most ask, a leaf by its number, when no disk and no search is needed for it.
/// Errors: kBusy  it is. Others as find_inclusion.
Result<Inclusion> inclusion_at_once(const Exchange& exchange, std::string_view type) {
  const bool plain = type == kJson && exchange.target.query.size() == 1;
  if (!plain || exchange.target.parameter("index") == nullptr) return busy("it takes a search");
  ASSIGN_OR_RETURN(const auto index, number_parameter(exchange, "index"));
  return newest_inclusion(exchange.log(), LeafIndex{*index}, env::Wait::kForNothing);
}

Response inclusion_json(const Exchange& exchange, const Inclusion& found) {
  JsonWriter out;
  out.begin_object().key("index").number(found.index.value);
  out.key("leaf_hash").base64(found.leaf.view()).key("tree_size").number(found.size.value);
  out.key("root").base64(found.root.view()).key("proof").hashes(found.proof);
  if (found.under) out.key("checkpoint").text(found.under->note);
  Response response = respond_json(200, out.end_object().take());
  set_caching(response, exchange, Caching::kRevalidate);
  return response;
}

Response proof_file(Exchange& exchange, const Inclusion& found) {
  if (!found.under)
    return refuse(ProblemId::kNotFound, "no checkpoint was signed at this size; ask without size");
  format::ProofFile file;
  bool tells = false;
  if (has_one(Rights::kReadEvent, exchange.caller.authority, Asked::kAtTheDoor)) {
    auto record = read_record(exchange.log(), found.index);
    if (!record) return refuse_read(exchange, record.error());
    const auto decoded = format::decode_record(*record);  // a tombstone is none
    tells = decoded && may(exchange, Rights::kReadEvent, decoded->source);
    if (tells) {
      file.extra = std::move(*record);
      exchange.read = {{found.index, found.index}, is_of_event(file.extra)};
    }
  }
  file.index = found.index;
  file.proof = found.proof;
  file.checkpoint = found.under->note;
  Response response = respond(200, "text/plain; charset=utf-8", format::format_proof_file(file));
  if (tells)
    set_private(response);
  else
    set_caching(response, exchange, Caching::kRevalidate);
  return response;
}

struct Consistency {
  TreeSize from;
  TreeSize to;
};

Result<Consistency> asked_sizes(const Exchange& exchange) {
  ASSIGN_OR_RETURN(const auto from, number_parameter(exchange, "from"));
  ASSIGN_OR_RETURN(const auto to, number_parameter(exchange, "to"));
  if (!from || !to) return invalid("give from and to, two tree sizes");
  if (*from > *to) return invalid("from is not larger than to");
  const TreeSize size = exchange.log().latest()->checkpoint.size;
  if (TreeSize{*to} > size)
    return not_found("the tree has " + std::to_string(size.value) + " leaves");
  return Consistency{TreeSize{*from}, TreeSize{*to}};
}

Result<std::string> prove(const Log& log, const Consistency& asked) {
  const merkle::SignedTree newest = tree_of(*log.latest());
  ASSIGN_OR_RETURN(const Hash from_root, merkle::checked_root(asked.from, newest, log));
  ASSIGN_OR_RETURN(const Hash to_root, merkle::checked_root(asked.to, newest, log));
  ASSIGN_OR_RETURN(const merkle::Proof proof,
                   merkle::checked_consistency({asked.from, from_root}, {asked.to, to_root}, log));
  JsonWriter out;
  out.begin_object().key("from").number(asked.from.value).key("to").number(asked.to.value);
  out.key("from_root").base64(from_root.view()).key("to_root").base64(to_root.view());
  return out.key("proof").hashes(proof).end_object().take();
}

}  // namespace

Response refuse_query(const Exchange& exchange, const Error& error) {
  return error.code == Code::kInvalid ? refuse(ProblemId::kBadRequest, error.message)
                                      : refuse_read(exchange, error);
}

Result<LeafIndex> asked_leaf(const Exchange& exchange) {
  ASSIGN_OR_RETURN(const auto index, number_parameter(exchange, "index"));
  const std::string* leaf = exchange.target.parameter("leaf_hash");
  if (index.has_value() == (leaf != nullptr)) return invalid("give either index or leaf_hash");
  if (index) return LeafIndex{*index};
  ASSIGN_OR_RETURN(const Hash hash, decode_hex_hash(*leaf));
  return exchange.log().find_leaf(hash);
}

void get_inclusion(const SharedExchange& exchange, const Reply& reply) {
  const std::string_view type = choose_media_type(exchange->request, {kJson, kText, kCose});
  if (type.empty())
    return reply(refuse(ProblemId::kNotAcceptable,
                        "this is application/json, text/plain or application/cose"));
  if (type == kCose) return give_inclusion_receipt(exchange, reply);
  const auto answer = [exchange, reply, type](const Result<Inclusion>& found) {
    if (!found) return reply(refuse_query(*exchange, found.error()));
    Response response =
        type == kText ? proof_file(*exchange, *found) : inclusion_json(*exchange, *found);
    response.headers.emplace_back("vary", "accept, authorization");
    reply(std::move(response));
  };
  const auto here = inclusion_at_once(*exchange, type);
  if (here || here.error().code != Code::kBusy) return answer(here);
  exchange->service->work(*exchange, reply,
                          [exchange, answer] { answer(find_inclusion(*exchange)); });
}

void get_consistency(const SharedExchange& exchange, const Reply& reply) {
  const std::string_view type = choose_media_type(exchange->request, {kJson, kCose});
  if (type.empty())
    return reply(refuse(ProblemId::kNotAcceptable, "this is application/json or application/cose"));
  if (type == kCose) return give_consistency_receipt(exchange, reply);
  auto asked = asked_sizes(*exchange);
  if (!asked) return reply(refuse_query(*exchange, asked.error()));
  auto body = prove(exchange->log(), *asked);
  if (!body) return reply(refuse_read(*exchange, body.error()));
  Response response = respond_json(200, std::move(*body));
  set_caching(response, *exchange, Caching::kImmutable);
  response.headers.emplace_back("vary", "accept");
  reply(std::move(response));
}

}  // namespace varve::api
