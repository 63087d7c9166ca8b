// Sealing with the collector's own code.
#include "tools/bench/requests.h"

#include <algorithm>
#include <thread>

#include "ledger/env/posix.h"
#include "tools/bench/events.h"
#include "tools/bench/load.h"
#include "tools/collect/sealer.h"

namespace varve::bench {
namespace {

constexpr unsigned kPreparingThreads = 2;
constexpr std::size_t kPreparedEvents = 4096;

std::string common_headers() {
  std::string out = " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ";
  return out.append(kToken).append("\r\n");
}

Result<void> register_sources(const Site& site, const std::vector<collect::SourceKey>& keys) {
  std::vector<std::string> notes;
  for (const collect::SourceKey& key : keys)
    notes.push_back(post_request("/sources", "text/plain", collect::register_note(key, kOrigin)));
  std::size_t sent = 0;
  Load load;
  load.port = site.port();
  load.connections = std::min(64u, static_cast<unsigned>(keys.size()));
  load.warm_up_s = 0;
  load.seconds = 600;
  load.all = true;
  load.next = [&](unsigned) {
    return sent < notes.size() ? std::string_view(notes[sent++]) : std::string_view();
  };
  ASSIGN_OR_RETURN(const Measured measured, run_load(load));
  if (measured.answered == keys.size()) return {};
  return io_error("the server refused a source with status " + std::to_string(measured.refusal));
}

std::vector<std::string> seal_all(const collect::SourceKey& key, std::uint64_t batches,
                                  unsigned batch, const std::vector<std::string>& pool) {
  Chance chance(key.source().value);
  collect::Sealer sealer(key, kOrigin, {batch, format::kBatchBytesMax, 0}, {}, env::posix_clock(),
                         env::system_random());
  std::vector<std::string> out;
  for (std::uint64_t i = 0; i < batches; ++i) {
    for (unsigned k = 0; k < batch; ++k)
      CHECK(sealer.add("application/json", bytes_of(pool[chance.below(pool.size())])).has_value());
    const auto sealed = sealer.seal();
    CHECK(sealed.has_value());
    out.push_back(post_request("/batches", format::kBatchMediaType, text_of(sealed->bytes)));
  }
  return out;
}

}  // namespace

std::string get_request(const std::string& path, unsigned log) {
  return "GET /logs/" + log_name(log) + path + common_headers() + "\r\n";
}

std::string post_request(const std::string& path, std::string_view media_type,
                         std::string_view body, unsigned log) {
  std::string out = "POST /logs/";
  out.append(log_name(log)).append(path).append(common_headers()).append("Content-Type: ");
  out.append(media_type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return out.append("\r\n\r\n").append(body);
}

Result<Requests> Requests::sealed(const Site& site, unsigned connections, std::uint64_t batches,
                                  unsigned batch, std::size_t event_bytes) {
  ASSIGN_OR_RETURN(const auto files, env::open_posix(site.path("")));
  std::vector<collect::SourceKey> keys;
  for (unsigned i = 0; i < connections; ++i) {
    std::string name = "bench-";
    name.append(std::to_string(i)).append("-").append(std::to_string(env::posix_clock().now_us()));
    ASSIGN_OR_RETURN(collect::SourceKey key,
                     collect::SourceKey::create(*files, name, name, env::system_random()));
    keys.push_back(std::move(key));
  }
  RETURN_IF_ERROR(register_sources(site, keys));
  Requests out;
  out.queues_.resize(connections);
  const std::vector<std::string> pool = event_pool(event_bytes, kPreparedEvents);
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < kPreparingThreads; ++t)
    threads.emplace_back([&, t] {
      for (unsigned i = t; i < connections; i += kPreparingThreads)
        out.queues_[i].requests = seal_all(keys[i], batches, batch, pool);
    });
  threads.clear();  // joins
  return out;
}

Requests Requests::events(std::size_t event_bytes, unsigned log) {
  std::vector<std::string> requests;
  for (const std::string& event : event_pool(event_bytes, kPreparedEvents))
    requests.push_back(post_request("/events", "application/json", event, log));
  return repeated(std::move(requests));
}

Requests Requests::repeated(std::vector<std::string> requests) {
  Requests out;
  out.repeats_ = true;
  out.queues_.push_back({std::move(requests), 0});
  return out;
}

std::string_view Requests::next(unsigned connection) {
  Queue& queue = queues_[repeats_ ? 0 : connection];
  if (repeats_ && queue.next == queue.requests.size()) queue.next = 0;
  return queue.next < queue.requests.size() ? std::string_view(queue.requests[queue.next++])
                                            : std::string_view();
}

}  // namespace varve::bench
