// The accounting of disclosures that a patient may ask for: which events disclosed the patient's data
// outside, which of these have to be in it, and which a person has to look at first.
// Source: 45 CFR 164.528
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/audit/search/scan.h"

namespace varve::audit {

enum class Telling : std::uint8_t {
  kTold,    // it has to be in the accounting
  kReview,  // a person has to look at it
  kExempt,  // 164.528(a)(1) leaves it out
};

/// What becomes of a disclosure, and why.
struct Judgement {
  Telling telling = Telling::kReview;
  std::string_view why;  // empty: a purpose that has to be told
};

/// Whether data left: the event says "export", "disclose" or "transmit", by its type, its action or an
/// object's life cycle, and not that the data came in.
bool is_disclosure(const events::View& view);
/// Whether the event says that it failed.
bool has_failed(const events::View& view);
/// Of a disclosure about the patient with these ids.
Judgement judge_disclosure(const events::View& view, const search::Wanted& patient);

/// One disclosure; or several to one recipient for one purpose: the first in full, how many, and the last.
struct Disclosure {
  std::string date;       // of the first, as the event writes it, with "?" where it is its record's
  std::string last_date;  // the same
  std::string recipient;  // name, id and address, as far as the event names them; empty: not said
  std::string purpose;    // codes, in the sender's words where there are any
  std::string what;       // of the first: the objects that are no patient, and their descriptions
  std::string_view why;   // as in Judgement
  std::uint64_t first_us = 0;
  std::uint64_t last_us = 0;
  std::vector<std::uint64_t> records;  // all of them
};

/// Sorts a patient's events.
class Accounting {
 public:
  explicit Accounting(search::Wanted patient) : patient_(std::move(patient)) {}

  /// Of an event about the patient.
  void add(const Seen& seen);

  /// By the time of the first one.
  [[nodiscard]] std::vector<Disclosure> told() const { return listed(told_); }
  [[nodiscard]] std::vector<Disclosure> review() const { return listed(review_); }
  /// Records, by the reason why they are left out.
  using Reasons = std::map<std::string_view, std::vector<std::uint64_t>>;
  [[nodiscard]] const Reasons& left_out() const { return left_out_; }
  /// Events that name a recipient, and are no disclosure by what they say: uses within the house, or not.
  [[nodiscard]] const std::vector<std::uint64_t>& received() const { return received_; }
  /// The patient's other events.
  [[nodiscard]] std::uint64_t others() const { return others_; }

 private:
  using Lines = std::map<std::string, Disclosure>;
  static std::vector<Disclosure> listed(const Lines& lines);
  void add_line(const Seen& seen, const Judgement& judgement);

  search::Wanted patient_;
  Lines told_;
  Lines review_;
  Reasons left_out_;
  std::vector<std::uint64_t> received_;
  std::uint64_t others_ = 0;
};

}  // namespace varve::audit
