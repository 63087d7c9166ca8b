// The body of Elasticsearch's _bulk: an action line, and for all actions but `delete` a source line
// after it. An event is the slice of the body that holds both lines, byte for byte, the line end
// between them included and the last one not.
//
//   {"create":{"_index":"audit","_id":"7"}}    action line
//   {"who":"meier","what":"read"}              source line
//
// Source: the Elasticsearch reference, "Bulk index or delete documents"; what it leaves open was read
// in the clients that docs/senders/elasticsearch.md names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/base/bytes.h"

namespace varve::api {

/// Of a record whose payload is such a slice.
inline constexpr std::string_view kBulkMediaType = "application/vnd.elasticsearch+x-ndjson";
inline constexpr std::size_t kBulkActionsMax = 65'536;

enum class BulkVerb : std::uint8_t { kCreate, kIndex, kUpdate, kDelete };
std::string_view verb_name(BulkVerb verb);

/// Why one action is refused, while others of its request may be taken.
struct BulkRefusal {
  int status = 0;         // as HTTP counts
  std::string_view type;  // a name of Elasticsearch, which clients know
  std::string reason;     // never what the body says
};

struct BulkItem {
  BulkVerb verb = BulkVerb::kCreate;
  std::string index;       // of the action, else `default_index`
  bool from_path = false;  // it is `default_index`, and the slice does not say it
  std::string id;          // empty: none was sent
  std::string_view slice;  // a view into the body
  std::optional<BulkRefusal> refusal;
};

/// A body of which nothing can be taken, because it is not clear where its actions end.
struct BulkFault {
  std::uint64_t line = 0;  // counted from 1; 0: the body as a whole
  std::string reason;
  bool too_large = false;  // more than kBulkActionsMax
};

using BulkItems = std::variant<std::vector<BulkItem>, BulkFault>;

/// One item an action, in their order. A line ends with LF, the last one with LF or the end of the
/// body. Empty lines between actions are skipped. `default_index`: of the path; empty: none.
/// A source is one JSON object, checked as JsonChecker does. `body` grows while it is read and has its
/// size again afterwards.
/// Refused items: 400  the source is not such an object; no index; an action that asks for a change of
/// the event or depends on another; update and delete.  413  the slice is larger than a record holds.
/// Fault: an action line that is not one; a source line that is missing; no action at all.
BulkItems parse_bulk(Buffer& body, std::string_view default_index);

}  // namespace varve::api
