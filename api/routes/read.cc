// Caching headers, parameters and single records.
#include "api/routes/read.h"

#include "api/problem.h"
#include "ledger/base/text.h"

namespace varve::api {
namespace {

constexpr std::string_view kEntryTagSeparators = ", \t";
constexpr std::size_t kTagBytes = 16;

// Whether an If-None-Match list has this tag; weak comparison.
bool lists_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    const std::size_t start = list.find_first_not_of(kEntryTagSeparators);
    if (start == std::string_view::npos) return false;
    list.remove_prefix(start);
    std::string_view member = list.substr(0, list.find_first_of(kEntryTagSeparators));
    list.remove_prefix(member.size());
    if (member.starts_with("W/")) member.remove_prefix(2);
    if (member == tag || member == "*") return true;
  }
  return false;
}

}  // namespace

void set_caching(Response& response, const Exchange& exchange, Caching caching) {
  const bool shared = exchange.route->open && exchange.hosted->open_reads;
  std::string value = caching == Caching::kRevalidate ? "no-cache" : "max-age=31536000, immutable";
  response.headers.emplace_back("cache-control", (shared ? "public, " : "private, ") + value);
}

void set_etag(Response& response, const Request& request) {
  const Hash digest = merkle::sha256(response.body);
  const std::string tag = '"' + hex(digest.view().first(kTagBytes)) + '"';
  response.headers.emplace_back("etag", tag);
  if (!lists_tag(request.header("if-none-match"), tag)) return;
  response.status = 304;
  response.body.clear();
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

Response refuse_read(const Exchange& exchange, Error error) {
  if (error.code == Code::kCorrupt)
    error.message = "log " + exchange.hosted->name + ": " + error.message +
                    "; its operator runs varved audit, and repairs what that names";
  return refuse(error);
}

merkle::SignedTree tree_of(const Published& published) {
  return {published.checkpoint.size, published.checkpoint.root};
}

std::string_view kind_name(format::Kind kind) {
  switch (kind) {
    case format::Kind::kEvent:
      return "event";
    case format::Kind::kBatchSeal:
      return "batch-seal";
    case format::Kind::kKeyEvent:
      return "key-event";
    case format::Kind::kSourceEvent:
      return "source-event";
    case format::Kind::kPolicy:
      return "policy";
    case format::Kind::kHold:
      return "hold";
    case format::Kind::kDisposal:
      return "disposal";
    case format::Kind::kIndexCommitment:
      return "index-commitment";
    case format::Kind::kAuditRun:
      return "audit-run";
    case format::Kind::kAccess:
      return "access";
    case format::Kind::kRefusal:
      return "refusal";
    case format::Kind::kRenewal:
      return "renewal";
  }
  return "unknown";
}

}  // namespace varve::api
