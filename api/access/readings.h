// What one reader has read for a moment: requests that came the same way and ended alike are one line of
// the record, with all that they asked for.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/format/access.h"

namespace varve::api {

inline constexpr int kNothingFound = 204;         // a search's status on record; its answer has 200
inline constexpr std::size_t kRangesMax = 1'000;  // of records, in one record of reads

/// An answer about records of a log.
struct ReadAnswer {
  std::string_view method;  // static text, like the route
  std::string_view route;   // a pattern, never the path or anything else that was sent
  int status = 0;           // as HTTP counts, whatever the way in
  format::IndexRange records;
  // False: of records like those that reads lead to, or of none. A reader who waits for new ones would
  // else wait for his own; these are summed up for an hour.
  bool tells_of_events = true;
  // Of a bundle, which a reader who waits for more gets again and again, with a little more at its end. Who
  // has it up to here already, and not long ago, is told of no event either.
  std::optional<LeafIndex> last_event_of_bundle = {};
  std::vector<format::IndexRange> further = {};  // besides `records`, at most 999
  // Who was given all of it, and not long ago, is told of no event either; nor is who was told that there is none.
  bool is_search = false;
};

/// Adds a range to ranges that are in order and apart, and keeps them so.
void add_range(std::vector<format::IndexRange>& ranges, format::IndexRange range);

class Readings {
 public:
  /// Takes one more; false: it finds no room in the record that these make.
  bool take(const ReadAnswer& answer, std::uint64_t now_us);
  /// Takes all that others were; false: they find no room, and nothing changed.
  bool join(const Readings& others);
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  /// At least as many as the record's text has.
  [[nodiscard]] std::uint64_t bytes() const;
  /// When the first of them was taken; 0: none was.
  [[nodiscard]] std::uint64_t first_us() const { return first_us_; }
  /// As a record of the log `origin` says it. Requires that one was taken.
  [[nodiscard]] format::Access record(const std::string& origin, const format::Reader& by) const;

 private:
  struct Way {
    std::string_view method;
    std::string_view route;
    int status = 0;
    auto operator<=>(const Way&) const = default;
  };
  struct Tally {
    std::uint64_t requests = 0;
    std::vector<format::IndexRange> read;
  };

  std::map<Way, Tally> ways_;
  std::size_t ranges_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t first_us_ = 0;
  std::uint64_t last_us_ = 0;
};

}  // namespace varve::api
