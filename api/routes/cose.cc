// COSE receipts, and the keys that sign them. docs/format/cose-receipt.md
#include <algorithm>

#include "api/access/root_signer.h"
#include "api/problem.h"
#include "api/routes/handlers.h"
#include "api/routes/proofs.h"
#include "api/routes/read.h"
#include "api/service.h"
#include "ledger/format/cose_receipt.h"

namespace varve::api {
namespace {

constexpr std::string_view kCoseSign1 = "application/cose; cose-type=\"cose-sign1\"";

using MakeReceipt = std::function<Result<Buffer>(const format::SignedRoot& root)>;

/// Asks for a root and makes a receipt under it, on a worker: none waits for the token meanwhile.
void give_receipt(const SharedExchange& exchange, const Reply& reply, TreeSize least,
                  MakeReceipt make) {
  RootSigner* const roots = exchange->hosted->roots;
  if (roots == nullptr)
    return reply(refuse(ProblemId::kNotFound, "the log has ended: no key signs any more"));
  roots->ask(least,
             [exchange, reply, make = std::move(make)](const Result<RootSigner::Root>& root) {
               exchange->service->work(*exchange, reply, [exchange, reply, make, root] {
                 if (!root) return reply(refuse_read(*exchange, root.error()));
                 const auto receipt = make(**root);
                 if (!receipt) return reply(refuse_query(*exchange, receipt.error()));
                 Response response = respond(200, kCoseSign1, text_of(*receipt));
                 set_caching(response, *exchange, Caching::kRevalidate);
                 response.headers.emplace_back("vary", "accept, authorization");
                 reply(std::move(response));
               });
             });
}

// The tree that the last signature is of may be smaller than the newest, so each of these asks for one large enough to
// have a proof: what is only not signed yet is no reason for it.
Response no_such_receipt() {
  return refuse(ProblemId::kNotFound,
                "COSE has no receipt without hashes: take another form of this proof");
}

merkle::SignedTree tree_of_root(const format::SignedRoot& root) {
  return {root.tree.size, root.tree.root};
}

}  // namespace

void give_inclusion_receipt(const SharedExchange& exchange, const Reply& reply) {
  if (exchange->target.parameter("size") != nullptr)
    return reply(refuse(ProblemId::kBadRequest,
                        "a COSE receipt is of the newest checkpoint: ask without size"));
  exchange->service->work(*exchange, reply, [exchange, reply] {
    const auto index = asked_leaf(*exchange);
    if (!index) return reply(refuse_query(*exchange, index.error()));
    const Log& log = exchange->log();
    const TreeSize size = log.latest()->checkpoint.size;
    if (!contains(size, *index))
      return reply(
          refuse(ProblemId::kNotFound, "the tree has " + std::to_string(size.value) + " leaves"));
    if (size == TreeSize{1}) return reply(no_such_receipt());
    const TreeSize least{std::max<std::uint64_t>(index->value + 1, 2)};
    give_receipt(exchange, reply, least,
                 [&log, at = *index](const format::SignedRoot& root) -> Result<Buffer> {
                   ASSIGN_OR_RETURN(const Hash leaf, log.node({0, at.value}));
                   ASSIGN_OR_RETURN(const merkle::Proof proof,
                                    merkle::checked_inclusion(leaf, at, tree_of_root(root), log));
                   return format::inclusion_receipt(root, at, proof);
                 });
  });
}

void give_consistency_receipt(const SharedExchange& exchange, const Reply& reply) {
  const auto from = number_parameter(*exchange, "from");
  if (!from) return reply(refuse_query(*exchange, from.error()));
  if (!*from || exchange->target.parameter("to") != nullptr)
    return reply(refuse(ProblemId::kBadRequest,
                        "a COSE receipt is of the newest checkpoint: give from, and no to"));
  const Log& log = exchange->log();
  const TreeSize older{**from};
  const TreeSize size = log.latest()->checkpoint.size;
  if (older > size)
    return reply(
        refuse(ProblemId::kNotFound, "the tree has " + std::to_string(size.value) + " leaves"));
  if (older == TreeSize{0} || older == size) return reply(no_such_receipt());
  give_receipt(exchange, reply, TreeSize{older.value + 1},
               [&log, older](const format::SignedRoot& root) -> Result<Buffer> {
                 const merkle::SignedTree tree = tree_of_root(root);
                 ASSIGN_OR_RETURN(const Hash before, merkle::checked_root(older, tree, log));
                 ASSIGN_OR_RETURN(const merkle::Proof proof,
                                  merkle::checked_consistency({older, before}, tree, log));
                 return format::consistency_receipt(root, older, proof);
               });
}

// Only keys that sign now. Whoever stole one that has left could sign any tree by it, and nothing here can say up to
// which size its signatures count.
void get_cose_keys(const SharedExchange& exchange, const Reply& reply) {
  std::vector<format::VerifierKey> keys;
  for (const HostedLog& hosted : exchange->service->access().logs()) {
    if (!hosted.open_reads || hosted.roots == nullptr) continue;
    const LedgerView seen = hosted.log->view();
    const auto& active = seen.keys->history.active();
    keys.insert(keys.end(), active.begin(), active.end());
  }
  if (keys.empty())
    return reply(refuse(ProblemId::kNotFound, "no public log has a key that signs receipts"));
  Response response = respond(200, "application/cbor", text_of(format::cose_key_set(keys)));
  set_private(response);
  reply(std::move(response));
}

}  // namespace varve::api
