// What can be asked of the server, and which roles each of it takes: one table for every way in. The
// routes name its rows (api/routes/routes.cc), and docs/API.md prints the two together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/access/authority.h"
#include "api/access/roles.h"

namespace varve::api {

/// A set of rights.
enum class Rights : std::uint32_t {
  kNone = 0,
  kSeeServer = 1u << 0,
  kSeeItself = 1u << 1,
  kSeeProofs = 1u << 2,
  kSeeRetention = 1u << 3,
  kReadEvent = 1u << 4,
  kReadRecords = 1u << 5,
  kAppendEvents = 1u << 6,
  kAppendBatch = 1u << 7,
  kRotateSource = 1u << 8,
  kRegisterSource = 1u << 9,
  kChangeKeys = 1u << 10,
  kSetPolicy = 1u << 11,
  kPlaceHold = 1u << 12,
  kReleaseHold = 1u << 13,
  kListSources = 1u << 14,
  kSeeSource = 1u << 15,
  kGiveEvidence = 1u << 16,
  kGiveNotice = 1u << 17,
  kDispose = 1u << 18,
  kSeeOwnReads = 1u << 19,
  kSearch = 1u << 20,
};
constexpr Rights operator|(Rights a, Rights b) {
  return static_cast<Rights>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool intersects(Rights a, Rights b) {
  return (static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b)) != 0;
}

/// For how much of a log a right needs its role.
enum class Extent : std::uint8_t {
  kLog,       // for the whole log
  kSource,    // for the source that it is about
  kAnything,  // for anything on the log; of what is of no log, nothing but a credential
};

struct RightRow {
  Rights right;
  std::string_view to;  // "append events": for the journal and the documents
  Roles any_of;         // kNone: everybody has it
  Extent extent;
  bool open;           // everybody has it on a log with open reads
  bool reads = false;  // it is to read events: who does is put on record (reads.h)
};
std::span<const RightRow> all_rights();

/// Whether one of these rights is everybody's; `open_reads`: as the log says.
bool is_everybodys(Rights rights, bool open_reads);

/// Whether one of these rights is to read events.
bool reads_events(Rights rights);

/// What the asker is known to ask for. Whoever has a right for one source alone passes the door, which
/// does not know the source yet; the route asks again once the request has said it.
enum class Asked : std::uint8_t { kAtTheDoor, kOfSource };

/// Whether one of these rights is given. `source`: whose it is, by its name; nullopt: nobody's, or the
/// log's own.
bool has_one(Rights rights, const Authority& authority, Asked asked,
             std::optional<std::string_view> source = std::nullopt);

/// "to append a batch takes append for its source; the client has read", for the operator's journal.
std::string explain_denial(Rights rights, const Authority& authority);

}  // namespace varve::api
