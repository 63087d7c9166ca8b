// A log that has witnessed checkpoints among its records.
#pragma once

#include <string>

#include "good_log.h"
#include "ledger/format/retention.h"
#include "tests/format/test_cosigner.h"

namespace varve::verify {

inline constexpr std::uint64_t kMorning_us = 1'795'256'101'000'000;  // 2026-11-21

/// A log with two clock records, a day between them, and a witnessed checkpoint behind each.
struct Cosigned {
  format::TestCosigner witness{"w.example", 31};
  LogBuilder log;
  std::size_t first = 0;  // indexes of the two
  std::size_t second = 0;

  void begin() {
    format::Policy policy;
    policy.origin = log.origin;
    policy.key = log.first.verifier;
    log.control(format::Kind::kPolicy, sign_note(format::policy_text(policy), {log.first}));
    clock(0, 0);
    log.secret_batch(202'611);
    log.register_source(ward());
    log.batch(ward(), 1);
  }
  void clock(std::uint64_t number, std::uint64_t us) {
    log.control(
        format::Kind::kClock,
        format::clock_text({log.origin, number, kMorning_us + us, kMorning_us + us, us, {}, {}}));
  }
  /// Also such as no log signed.
  [[nodiscard]] std::string with_cosignature(const std::string& note) const {
    format::Note parsed = *format::parse_note(note);
    parsed.signatures.push_back(witness.cosign(parsed.text, 7));
    return format::format_note(parsed);
  }
  std::size_t record(const std::string& note) {
    log.control(format::Kind::kWitnessed, note);
    return log.records.size() - 1;
  }
  static Cosigned good(std::uint64_t between_us = format::kDayUs) {
    Cosigned made;
    made.begin();
    made.first = made.record(made.with_cosignature(made.log.checkpoint(5)));
    made.log.batch(ward(), 1);
    made.clock(1, between_us);
    made.second = made.record(made.with_cosignature(made.log.checkpoint(made.first + 1)));
    return made;
  }
};

}  // namespace varve::verify
