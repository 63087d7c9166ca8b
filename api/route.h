// What a route is: a method and a path, who may use it, how large its body may be, and a function.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/access.h"
#include "api/http.h"
#include "api/target.h"
#include "ledger/format/access.h"

namespace varve::api {

class Service;
struct Route;

/// Records of the log that an answer is about.
struct AskedRecords {
  format::IndexRange range;
  bool has_events = true;  // as ReadAnswer
  std::optional<LeafIndex> last_event_of_bundle = {};
  std::vector<format::IndexRange> further = {};  // as ReadAnswer
  std::optional<int> recorded_as = {};           // another status than that of the answer
  bool is_search = false;                        // as ReadAnswer
};

/// Which protocol the clients of a route speak. Elasticsearch's also send bodies in gzip, and the
/// bearer token within Basic and ApiKey credentials. FHIR's read why they are refused in its own words.
/// Those of Splunk, Mezmo and OTLP send gzip too, and read refusals in theirs; Splunk's and Mezmo's have
/// places of their own for the bearer token.
enum class Dialect : std::uint8_t { kVarve, kElasticsearch, kFhir, kSplunk, kMezmo, kOtlp };

/// One request under way, with everything that was found out at the door.
struct Exchange {
  explicit Exchange(Caller c) : caller(std::move(c)) {}

  Caller caller;  // goes last, and with it the pass that counts what the request holds
  Service* service = nullptr;
  const Route* route = nullptr;
  Dialect dialect = Dialect::kVarve;      // in which it is refused
  const HostedLog* hosted = nullptr;      // null outside /logs/{log}
  std::string item;                       // {item} of the path, decoded
  std::string rest;                       // {rest} of the path, as sent
  Target target;                          // its path is a view into request.target
  std::optional<AskedRecords> read = {};  // what the answer is about: it is put on record
  Request request;

  [[nodiscard]] Log& log() const { return *hosted->log; }
};

using SharedExchange = std::shared_ptr<Exchange>;

/// Where a route's function runs.
enum class Runs : std::uint8_t {
  kHere,  // on the thread of the socket: it never waits for anything, but may hand on to a worker
  kHereIfSmall,  // there when the body is: saves two hops between threads
  kWorker,       // on a worker: it reads the disk, asks the token or hashes a lot
  kSearch,       // there too, as a search: at most half of the workers are at one
};

/// Of a route that judges its parameters itself, also one that comes twice.
inline constexpr std::string_view kAnyQuery = "*";

struct Route {
  Method method;  // kGet answers HEAD too
  std::string_view
      pattern;           // segments, "{log}", "{item}" (one segment) or "{rest}" (all that follow)
  Rights rights;         // the request may need any of these; without a log, a credential is enough
  std::size_t body_max;  // bytes; 0: no body
  std::string_view query;  // names of the parameters it takes, separated by spaces; or kAnyQuery
  Runs runs;
  Share share;
  std::function<void(const SharedExchange&, const Reply&)> answer;
  Dialect dialect = Dialect::kVarve;

  [[nodiscard]] Needs needs() const { return {rights, share}; }
};

/// All routes of a server of logs; of two that match a path the first is meant.
std::span<const Route> routes();

/// The routes whose path matches, whatever their method; and the parts of the path.
struct RouteMatch {
  const Route* route = nullptr;       // the one for the method; null: none
  std::string allowed;                // methods of this path, for Allow; empty: no such path
  Dialect dialect = Dialect::kVarve;  // of this path
  std::string log;
  std::string item;
  std::string rest;
};
RouteMatch match_route(std::span<const Route> routes, Method method, const Target& target);

}  // namespace varve::api
