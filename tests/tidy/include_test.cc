// The declared edges between folders, in one direction, and which folder may see which
// third-party header. Whatever is not in the tables is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "repository.h"

namespace varve::tidy {
namespace {

using Places = std::set<std::string>;

/// What a floor above the store may include: the floors `besides`, and all below.
Places above_the_store(Places besides) {
  besides.insert({"ledger/base", "ledger/merkle", "ledger/format", "ledger/rules", "ledger/env",
                  "ledger/store", "ledger/ledger.h"});
  return besides;
}

const Places kStored = {"ledger/base", "ledger/merkle", "ledger/format", "ledger/env"};
const Places kClient = {"ledger/base", "ledger/merkle", "ledger/format",
                        "ledger/env",  "tools/common",  "tools/client"};

/// What programs of auditors and collectors include, and more.
Places that_checks(Places besides) {
  besides.insert({"ledger/base", "ledger/merkle", "ledger/format", "ledger/rules", "ledger/verify",
                  "ledger/env", "tools/common", "tools/client"});
  return besides;
}

/// What looks for answers in events, and more.
Places that_asks(Places besides) {
  besides.insert(
      {"ledger/base", "ledger/merkle", "ledger/format", "ledger/events", "ledger/search"});
  return besides;
}

using Edges = std::map<std::string, Places>;

/// The witness, from its state to its program, beside the log; and what its program shares with the log's.
Edges and_of_the_witness(Edges table) {
  table["ledger/witness"] = above_the_store({"ledger/verify"});
  table["api/witness"] = {"ledger/base", "ledger/merkle",  "ledger/format",
                          "ledger/env",  "ledger/witness", "api"};
  table["tools/server"] = {"ledger/base", "ledger/env", "hsm", "tools/common"};
  table["tools/witness"] = {"ledger",       "hsm",          "api",         "tools/common",
                            "tools/client", "tools/config", "tools/server"};
  return table;
}

/// What finds answers by indexes, and shows them.
Edges and_of_answers(Edges table) {
  table["ledger/index"] = that_asks({});
  table["ledger/query"] = that_asks({"ledger/index"});
  table["ledger/evidence"] = that_asks({"ledger/index", "ledger/rules", "ledger/verify"});
  return table;
}

// Folder -> folders and files it may include besides itself. The longest matching row counts.
// base <- merkle <- format <- rules <- verify, all of them pure; format <- events <- search <- index <- query;
// base <- env; {rules, env} <- store <- ... <- log <- api <- tools; verify <- the tools that check;
// env/signer.h <- hsm <- tools. Within api: common <- {ingest, access} <- {HTTP and its routes, listeners} <- net.
const Edges& edges() {
  static const Edges table = and_of_answers(and_of_the_witness({
      {"ledger/base", {}},
      {"ledger/merkle", {"ledger/base"}},
      {"ledger/format", {"ledger/base", "ledger/merkle"}},
      {"ledger/events", {"ledger/base", "ledger/format"}},
      {"ledger/search", {"ledger/base", "ledger/format", "ledger/events"}},
      {"ledger/rules", {"ledger/base", "ledger/merkle", "ledger/format"}},
      {"ledger/verify", {"ledger/base", "ledger/merkle", "ledger/format", "ledger/rules"}},
      {"ledger/env", {"ledger/base"}},
      {"ledger/ledger.h",  // the facade of ledger/log
       {"ledger/base", "ledger/merkle", "ledger/format", "ledger/rules", "ledger/env",
        "ledger/log_status.h"}},
      {"ledger/log_status.h", {"ledger/base", "ledger/format"}},
      {"ledger/store",
       {"ledger/base", "ledger/merkle", "ledger/format", "ledger/rules", "ledger/env"}},
      {"ledger/state", above_the_store({})},
      {"ledger/recovery", above_the_store({"ledger/state"})},
      {"ledger/read", above_the_store({"ledger/state"})},
      {"ledger/upkeep", above_the_store({"ledger/state", "ledger/recovery"})},
      {"ledger/log",
       above_the_store({"ledger/state", "ledger/recovery", "ledger/read", "ledger/upkeep"})},
      {"hsm", {"ledger/base", "ledger/merkle", "ledger/format", "ledger/env"}},
      {"api/common", {"ledger/base"}},
      {"api/access",  // whatever the protocol: it sees neither HTTP nor a listener
       {"ledger/base", "ledger/merkle", "ledger/format", "ledger/env", "ledger/ledger.h",
        "api/common"}},
      {"api/outbound",  // the server as a client of others
       {"ledger/base", "ledger/merkle", "ledger/format", "ledger/env", "ledger/ledger.h",
        "api/access", "tools/client"}},
      {"api/ingest",  // bytes in, events or refusals out
       {"ledger/base", "ledger/merkle", "ledger/format", "ledger/events", "api/common"}},
      {"api/listeners",  // protocols without their sockets
       {"ledger/base", "ledger/merkle", "ledger/format", "ledger/env", "ledger/ledger.h",
        "api/ingest"}},
      {"api",
       {"ledger/base", "ledger/merkle", "ledger/format", "ledger/rules", "ledger/env",
        "ledger/ledger.h", "ledger/search", "ledger/query"}},
      {"tools/common", kStored},
      {"tools/client", kClient},
      {"tools/config", {"ledger/base", "ledger/env", "tools/common"}},
      {"tools/collect", that_checks({})},
      {"tools/audit", that_checks({"ledger/events", "ledger/search", "ledger/index",
                                   "ledger/evidence", "tools/config"})},
      {"tools/keys",
       {"ledger/base", "ledger/merkle", "ledger/format", "ledger/rules", "ledger/verify",
        "ledger/env", "ledger/store", "ledger/upkeep", "hsm", "tools/common", "tools/client",
        "tools/config", "tools/audit/lib"}},  // histories, read as there
      {"tools/varved",
       {"ledger", "hsm", "api", "tools/common", "tools/client", "tools/config", "tools/server"}},
      {"tools/bench",  // not the server: that is a process of its own
       {"ledger/base", "ledger/merkle", "ledger/format", "ledger/env", "ledger/ledger.h", "hsm",
        "tools/common", "tools/client", "tools/collect"}},
      {"tests", {"ledger", "hsm", "api", "tools"}},
      {"fuzz", {"ledger", "hsm", "api", "tools", "tests"}},
  }));
  return table;
}

// Third-party headers, by how the include begins -> where it is allowed. The longest row counts.
const std::map<std::string, Places>& foreign_headers() {
  static const std::map<std::string, Places> table = {
      {"openssl/", {"ledger/merkle", "ledger/format", "ledger/store", "hsm", "api", "tools"}},
      {"sodium.h", {"ledger/env", "ledger/format", "ledger/index", "hsm", "tools"}},
      {"lmdb.h", {"ledger/store"}},
      {"zstd.h", {"ledger/store", "tools/bench"}},
      {"p11-kit/", {"hsm", "tools/bench"}},
      {"boost/", {"api/net", "tools/server", "tools/varved", "tools/bench"}},
      {"boost/beast/http/",
       {"api/net", "tools/varved", "tools/bench", "tools/client/response_reader.cc"}},
      {"boost/json/", {"ledger/format/receipt_json.cc", "api", "tools"}},  // a parser is pure
      {"prometheus/", {"api/access"}},
      {"spdlog/", {"api/access"}},
      {"simdjson.h", {"ledger/format/json.cc", "api"}},
      {"jansson.h", {"api/access/jwt_json.cc"}},
      {"rhonabwy.h", {"api/access/jws.cc"}},
      {"expat.h", {"ledger/events/xml_tree.cc"}},
      {"pugixml.hpp", {"api", "tools"}},
      {"toml++/", {"tools/varved", "tools/config", "tools/witness"}},
      {"systemd/", {"tools/server"}},
      {"CLI/", {"tools"}},
      {"zlib.h", {"api", "tools/client"}},
  };
  return table;
}

const Places* places_of(const std::string& header) {
  const std::pair<const std::string, Places>* best = nullptr;
  for (const auto& row : foreign_headers())
    if (header.starts_with(row.first) && (best == nullptr || row.first.size() > best->first.size()))
      best = &row;
  return best == nullptr ? nullptr : &best->second;
}

// Headers of the operating system. The ledger sees them in one file only.
bool is_system_header(const std::string& header) {
  static const Places plain = {"unistd.h", "fcntl.h", "dirent.h", "pthread.h", "signal.h",
                               "poll.h",   "netdb.h", "dlfcn.h",  "termios.h", "errno.h"};
  return plain.contains(header) || header.starts_with("sys/") || header.starts_with("linux/") ||
         header.starts_with("netinet/") || header.starts_with("arpa/");
}

struct Include {
  std::string header;
  bool quoted = false;
};

std::vector<Include> includes_of(const SourceFile& file) {
  static const std::regex form(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  std::vector<Include> includes;
  std::smatch match;
  for (const std::string& line : file.lines)
    if (std::regex_match(line, match, form)) includes.push_back({match[2], match[1] == "\""});
  return includes;
}

const std::pair<const std::string, Places>* row_for(const std::string& path) {
  const std::pair<const std::string, Places>* best = nullptr;
  for (const auto& row : edges())
    if (is_in(path, row.first) && (best == nullptr || row.first.size() > best->first.size()))
      best = &row;
  return best;
}

bool is_in_one_of(const std::string& path, const Places& places) {
  return std::ranges::any_of(places, [&](const std::string& place) { return is_in(path, place); });
}

TEST(Includes, PointOneWayOnly) {
  for (const SourceFile& file : all_files()) {
    if (!is_cpp(file)) continue;
    const auto* row = row_for(file.path);
    ASSERT_NE(row, nullptr) << file.path << ": its folder is not in the table of edges";
    for (const Include& include : includes_of(file)) {
      const bool neighbour = include.header.find('/') == std::string::npos;  // tests' own helpers
      if (!include.quoted || neighbour || is_in(include.header, row->first)) continue;
      EXPECT_TRUE(is_in_one_of(include.header, row->second))
          << file.path << " includes " << include.header << ", which " << row->first << " may not";
    }
  }
}

TEST(Includes, NameProjectHeadersFromTheTop) {
  for (const SourceFile& file : all_files()) {
    if (!is_cpp(file) || is_in(file.path, "tests") || is_in(file.path, "fuzz")) continue;
    for (const Include& include : includes_of(file)) {
      if (!include.quoted) continue;
      EXPECT_TRUE(row_for(include.header) != nullptr)
          << file.path << " includes \"" << include.header << "\"";
    }
  }
}

TEST(Includes, OfThirdPartiesStayInTheirPlaces) {
  for (const SourceFile& file : all_files()) {
    if (!is_cpp(file) || is_in(file.path, "tests") || is_in(file.path, "fuzz")) continue;
    for (const Include& include : includes_of(file)) {
      const Places* places = places_of(include.header);
      EXPECT_TRUE(places == nullptr || is_in_one_of(file.path, *places))
          << file.path << " includes " << include.header;
    }
  }
}

TEST(Includes, OfTheOperatingSystemStandInOneFileOfTheLedger) {
  for (const SourceFile& file : all_files()) {
    if (!is_cpp(file) || !is_in(file.path, "ledger")) continue;
    if (file.path == "ledger/env/posix.cc") continue;
    for (const Include& include : includes_of(file))
      EXPECT_FALSE(is_system_header(include.header))
          << file.path << " includes " << include.header << ": only ledger/env/posix.cc may";
  }
}

// An answer of these floors depends on its arguments alone.
TEST(Includes, OfThePureFloorsReachNeitherFilesNorTimeNorThreads) {
  static const Places impure = {
      "fstream", "filesystem", "iostream", "thread", "mutex",
      "atomic",  "chrono",     "ctime",    "future", "condition_variable"};
  for (const SourceFile& file : all_files()) {
    if (!is_cpp(file)) continue;
    if (!is_in_one_of(file.path, {"ledger/merkle", "ledger/format", "ledger/rules", "ledger/verify",
                                  "api/ingest"}))
      continue;
    for (const Include& include : includes_of(file))
      EXPECT_FALSE(impure.contains(include.header) || is_in(include.header, "ledger/env"))
          << file.path << " includes " << include.header;
  }
}

// Listeners of other protocols are admitted as HTTP is: what admits knows neither.
TEST(Includes, OfAdmissionAndOfParsersReachNeitherHttpNorAListener) {
  const Places api_below = {"api/common", "api/access"};
  for (const char* folder : {"api/common", "api/access", "api/ingest"}) {
    for (const std::string& place : edges().at(folder))
      EXPECT_TRUE(!is_in(place, "api") || api_below.contains(place)) << folder << ": " << place;
    for (const auto& [header, places] : foreign_headers()) {
      const bool http = header.starts_with("boost/beast") || header == "boost/";
      EXPECT_FALSE(http && is_in_one_of(std::string{folder} + "/x.h", places)) << header;
    }
  }
}

// The other way: what answers a request does not know how it came.
TEST(Includes, OfTheListenersStayAmongThem) {
  for (const SourceFile& file : all_files()) {
    if (!is_cpp(file) || is_in_one_of(file.path, {"api/net", "tests", "fuzz"})) continue;
    for (const Include& include : includes_of(file))
      EXPECT_FALSE(is_in(include.header, "api/net")) << file.path << " includes " << include.header;
  }
}

TEST(Includes, OfTheAuditToolReachNeitherTheDatabaseNorTheToken) {
  const Places forbidden = {"ledger/store",    "ledger/state",  "ledger/recovery",
                            "ledger/read",     "ledger/upkeep", "ledger/log",
                            "ledger/ledger.h", "hsm",           "api"};
  for (const char* tool : {"ledger/rules", "ledger/verify", "tools/audit", "tools/client",
                           "tools/common", "tools/collect"}) {
    for (const std::string& place : edges().at(tool))
      EXPECT_FALSE(is_in_one_of(place, forbidden)) << tool << " may include " << place;
  }
}

}  // namespace
}  // namespace varve::tidy
