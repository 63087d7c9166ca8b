// Reads the events of an audited log, one after the other, and says of what it could not read that it
// could not. Whatever this is built into is complete because the audit reads every record.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/types.h"
#include "ledger/events/view.h"
#include "ledger/search/question.h"

namespace varve::audit {

/// An event where it stands.
struct Seen {
  LeafIndex record;
  std::size_t event = 0;  // among those of its record, counted from 0
  search::Origin origin;
  events::View view;
};

class Scan {
 public:
  using Visit = std::function<void(Seen event)>;
  explicit Scan(Visit visit) : visit_(std::move(visit)) {}

  /// The next entry of the log: a record or a tombstone. Requires that the audit took it.
  void see(LeafIndex index, Bytes entry);

  /// "every event was read, up to record 40: 25 events in 22 records; 1 record was not understood: 17;
  /// of 3 records some values were not"
  [[nodiscard]] std::string text() const;
  /// The same, an object.
  [[nodiscard]] std::string json() const;

 private:
  void read(LeafIndex index, Bytes entry);

  Visit visit_;
  std::uint64_t entries_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t records_ = 0;            // with events
  std::uint64_t unread_ = 0;             // records that no extractor understood
  std::uint64_t partly_ = 0;             // with values that no field holds
  std::vector<std::uint64_t> examples_;  // of the unread, the first ones
};

}  // namespace varve::audit
