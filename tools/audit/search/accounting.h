// The accounting of disclosures that a patient may ask for: which events disclosed the patient's data
// outside, which of these have to be told, and which a person has to look at first.
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
  kReview,  // the event does not say what for, or in a way that this program does not know
  kExempt,  // treatment, payment, operations, or by or for the patient
};

/// Whether data left: the event says "export" or "disclose", and not that it came in.
bool is_disclosure(const events::View& view);
/// Whether nothing left: its outcome is a failure.
bool has_failed(const events::View& view);
/// By its purposes: one that is not exempt counts.
Telling telling_of(const events::View& view);

/// Disclosures to one recipient for one purpose: the first in full, how many, and the last.
struct Disclosure {
  std::string recipient;  // as the event names it; empty: not said
  std::string purpose;    // codes, in the sender's words where there are any
  std::string what;       // of the first
  std::uint64_t count = 0;
  std::uint64_t first_us = 0;
  std::uint64_t last_us = 0;
  std::vector<std::uint64_t> records;  // all of them
};

/// Sorts a patient's events.
class Accounting {
 public:
  /// Of an event about the patient.
  void add(const Seen& seen);

  /// By the time of the first one.
  [[nodiscard]] std::vector<Disclosure> told() const { return listed(told_); }
  [[nodiscard]] std::vector<Disclosure> review() const { return listed(review_); }
  [[nodiscard]] std::uint64_t exempt() const { return exempt_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  /// Events that name a recipient, but neither an export nor a disclosure: uses within the house, or not.
  [[nodiscard]] const std::vector<std::uint64_t>& received() const { return received_; }

 private:
  using Lines = std::map<std::pair<std::string, std::string>, Disclosure>;
  static std::vector<Disclosure> listed(const Lines& lines);

  Lines told_;
  Lines review_;
  std::uint64_t exempt_ = 0;
  std::uint64_t failed_ = 0;
  std::vector<std::uint64_t> received_;
};

}  // namespace varve::audit
