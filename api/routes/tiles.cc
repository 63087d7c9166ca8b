// Checkpoints, tiles and entry bundles, byte for byte as C2SP tlog-tiles says.
#include "api/access/stamped.h"
#include "api/access/witnessed.h"
#include "api/gzip.h"
#include "api/problem.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/service.h"

namespace varve::api {
namespace {

constexpr std::string_view kTileType = "application/octet-stream";

Response tile_response(const Exchange& exchange, Buffer body) {
  Response response = respond(200, kTileType, "");
  response.body = std::move(body);
  set_caching(response, exchange, Caching::kImmutable);
  return response;
}

// Only what a published checkpoint covers is served, and no path that C2SP does not have.
Result<merkle::TileId> published_tile(Result<merkle::TileId> parsed, const Log& log) {
  if (!parsed) return not_found("not the path of a tile");
  const TreeSize size = log.latest()->checkpoint.size;
  const std::uint32_t width = merkle::tile_width(parsed->level, parsed->index, size);
  if (parsed->width > width)
    return not_found("the tree of " + std::to_string(size.value) + " leaves has no such tile");
  return parsed;
}

/// Says of what it tells in `asked`.
Result<Buffer> bundle(const Log& log, const merkle::TileId& id, AskedRecords& asked) {
  Buffer out;
  std::uint64_t next = id.index * merkle::kTileWidth;
  const std::uint64_t end = next + id.width;
  while (next < end) {
    ASSIGN_OR_RETURN(const std::vector<Buffer> some, log.records(LeafIndex{next}, end - next));
    for (const Buffer& record : some) {
      format::append_to_bundle(out, record);
      if (is_of_event(record)) asked.last_event_of_bundle = LeafIndex{next};
      ++next;
    }
  }
  asked.has_events = asked.last_event_of_bundle.has_value();
  return out;
}

}  // namespace

void get_checkpoint(const SharedExchange& exchange, const Reply& reply) {
  Response response = respond(200, "text/plain; charset=utf-8", exchange->log().latest()->note);
  set_caching(response, *exchange, Caching::kRevalidate);
  set_etag(response);
  reply(std::move(response));
}

/// A note of its own, and not the newest checkpoint with what cosignatures there are: decision 0031.
void get_witnessed(const SharedExchange& exchange, const Reply& reply) {
  const WitnessedCheckpoints* witnessed = exchange->hosted->witnessed;
  if (witnessed == nullptr)
    return reply(refuse(ProblemId::kNotFound,
                        "no witness is asked about this log: its operator names none"));
  const auto note = witnessed->newest();
  if (!note && !witnessed->status().trouble.empty())
    return reply(
        refuse(ProblemId::kNotFound,
               "the witnessed checkpoint that was kept is not served: its operator has to look"));
  if (!note)
    return reply(refuse(ProblemId::kNotFound,
                        "not enough witnesses have cosigned a checkpoint of this log yet"));
  Response response = respond(200, "text/plain; charset=utf-8", *note);
  set_caching(response, *exchange, Caching::kRevalidate);
  set_etag(response);
  reply(std::move(response));
}

void get_stamped(const SharedExchange& exchange, const Reply& reply) {
  const StampedCheckpoints* stamped = exchange->hosted->stamped;
  if (stamped == nullptr)
    return reply(
        refuse(ProblemId::kNotFound,
               "no time-stamping authority is asked about this log: its operator names none"));
  const auto text = stamped->newest();
  if (!text)
    return reply(
        refuse(ProblemId::kNotFound,
               "not enough time-stamping authorities have stamped a checkpoint of this log yet"));
  Response response = respond(200, "text/plain; charset=utf-8", *text);
  set_caching(response, *exchange, Caching::kRevalidate);
  set_etag(response);
  reply(std::move(response));
}

void get_tile(const SharedExchange& exchange, const Reply& reply) {
  auto id = published_tile(merkle::parse_tile_path(exchange->rest), exchange->log());
  if (!id) return reply(refuse(id.error()));
  const auto answer = [exchange, reply](Result<Buffer> bytes) {
    if (!bytes) return reply(refuse_read(*exchange, bytes.error()));
    reply(tile_response(*exchange, std::move(*bytes)));
  };
  auto here = exchange->log().tile(*id, env::Wait::kForNothing);
  if (here || here.error().code != Code::kBusy) return answer(std::move(here));
  exchange->service->work(*exchange, reply, [exchange, answer, id = *id] {
    answer(exchange->log().tile(id, env::Wait::kForTheDisk));
  });
}

void get_bundle(const SharedExchange& exchange, const Reply& reply) {
  const Log& log = exchange->log();
  auto id = published_tile(merkle::parse_bundle_path(exchange->rest), log);
  if (!id) return reply(refuse(id.error()));
  const LeafIndex first{id->index * merkle::kTileWidth};
  AskedRecords& asked = exchange->read.emplace();
  asked.range = {first, LeafIndex{first.value + id->width - 1}};
  auto bytes = bundle(log, *id, asked);
  if (!bytes) return reply(refuse_read(*exchange, bytes.error()));
  Response response = tile_response(*exchange, std::move(*bytes));
  response.headers.emplace_back("vary", "accept-encoding");
  if (accepts_gzip(exchange->request)) compress(response);
  reply(std::move(response));
}

}  // namespace varve::api
