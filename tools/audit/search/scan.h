// Reads the events of an audited log, one after the other, and judges which answer a question. It says of
// what it could not read that it may match. Whatever this is built into is complete, because the audit
// reads every record.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/types.h"
#include "ledger/format/record.h"
#include "ledger/search/question.h"

namespace varve::audit {

/// An event where it stands.
struct Seen {
  LeafIndex record;
  std::size_t event = 0;  // among those of its record, counted from 0
  std::size_t of = 1;     // so many
  search::Origin origin;
  events::View view;
};

class Scan {
 public:
  using Visit = std::function<void(Seen event)>;
  /// `visit` is shown each event that answers.
  Scan(search::Question question, Visit visit);

  /// The next entry of the log: a record or a tombstone. Requires that the audit took it.
  void see(LeafIndex index, Bytes entry);

  [[nodiscard]] const search::Question& question() const { return question_; }
  [[nodiscard]] std::uint64_t gone() const { return gone_; }
  /// Records that may match.
  [[nodiscard]] std::uint64_t may_match() const;
  /// What was read, and what may match and why: several lines.
  [[nodiscard]] std::string text() const;
  /// The same, an object, with every record that may match.
  [[nodiscard]] std::string json() const;

 private:
  using Records = std::vector<std::uint64_t>;

  void read(LeafIndex index, Bytes entry);
  void read_event(LeafIndex index, const format::Record& record);
  bool show_those_that_answer(LeafIndex index, const search::Origin& origin,
                              const events::Extraction& said, search::Verdict& best);
  [[nodiscard]] bool leaves_a_trace(const format::Record& record, const events::Extraction& said,
                                    const search::Origin& origin) const;

  search::Question question_;
  search::Question besides_the_patient_;
  Visit visit_;
  std::uint64_t entries_ = 0;
  std::uint64_t gone_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t records_ = 0;  // of senders
  // Records that may match:
  Records unread_;                               // no event in them was understood
  Records refused_;                              // they stand for an event that was too large
  Records left_off_;                             // some of their events were not read
  Records traced_;                               // the patient's id is in them, in no field
  std::map<std::string, Records> not_in_field_;  // by format: nothing of a field that is asked for
};

/// "5 records", "1 record".
std::string of_records(std::uint64_t count);
/// "17 204 and 5 more"
std::string some_of(const std::vector<std::uint64_t>& records);

}  // namespace varve::audit
