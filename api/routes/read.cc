// Caching headers, parameters and single records.
#include "api/routes/read.h"

#include "api/problem.h"
#include "ledger/base/text.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"

namespace varve::api {
namespace {

constexpr std::size_t kTagBytes = 16;

}  // namespace

void set_caching(Response& response, const Exchange& exchange, Caching caching) {
  const bool shared = is_everybodys(exchange.route->rights, exchange.hosted->open_reads);
  if (!shared) return set_private(response);
  response.headers.emplace_back("cache-control", caching == Caching::kRevalidate
                                                     ? "public, no-cache"
                                                     : "public, max-age=31536000, immutable");
}

void set_private(Response& response) {
  response.headers.emplace_back("cache-control", "no-store");
}

void set_etag(Response& response) {
  const Hash digest = merkle::sha256(response.body);
  response.headers.emplace_back("etag", '"' + hex(digest.view().first(kTagBytes)) + '"');
}

Result<std::optional<std::uint64_t>> number_parameter(const Exchange& exchange,
                                                      std::string_view name) {
  const std::string* text = exchange.target.parameter(name);
  if (text == nullptr) return std::optional<std::uint64_t>{};
  auto value = decode_decimal(*text);
  if (!value) return invalid(std::string{name} + ": " + value.error().message);
  return std::optional{*value};
}

Result<Buffer> read_record(const Log& log, LeafIndex index) {
  ASSIGN_OR_RETURN(std::vector<Buffer> found, log.records(index, 1));
  return std::move(found.front());
}

bool is_of_event(Bytes entry) {
  if (format::is_tombstone(entry)) return true;
  const auto record = format::decode_record(entry);
  if (!record) return true;
  const format::Meaning meaning = format::row_of(record->kind).meaning;
  return meaning != format::Meaning::kReport && meaning != format::Meaning::kSeal &&
         meaning != format::Meaning::kClock && meaning != format::Meaning::kIndex;
}

Response refuse_read(const Exchange& exchange, Error error) {
  if (error.code == Code::kCorrupt)
    error.message = "log " + exchange.hosted->name + ": " + error.message +
                    "; its operator runs varved audit, and repairs what that names";
  return refuse(error);
}

merkle::SignedTree tree_of(const format::SignedCheckpoint& published) {
  return {published.checkpoint.size, published.checkpoint.root};
}

}  // namespace varve::api
