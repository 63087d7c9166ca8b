// Runs docs/operating/retention.md: its commands against a real server whose days pass while it runs.
#pragma once

#include <string>

#include "runbook.h"
#include "tests/format/time_authority.h"

namespace varve::system {

/// Server and auditor are started by scripts of their names, so that a file says how far their clocks are ahead.
/// The log keeps records for 30 days, and two of three approvers let them go.
class RetentionRunbook : public Runbook {
 protected:
  static constexpr int kExitInvalid = 10;
  static constexpr int kExitNotFound = 11;
  static constexpr int kExitGone = 18;
  static constexpr int kExitKept = 19;

  RetentionRunbook();
  void SetUp() override;

  /// The page's disposal, whole: notice, approvals, the record. 72 days have passed then, the first month's events
  /// are gone, and the server runs.
  void disposal();

  /// So many, since the test began. The running server's clocks jump.
  void days_pass(const std::string& days) { write_text(varve_.path("days"), "+" + days + "d\n"); }

  /// A block of the page, as it is typed here: names of files and keys are others.
  [[nodiscard]] std::string typed(const std::string& section, std::size_t number) const;
  Outcome type(const std::string& section, std::size_t number) {
    return shell(typed(section, number));
  }
  static std::string must(const Outcome& outcome);
  /// Until the server says so of the first month.
  void wait_until_disposed_of();
  Outcome check();
  /// A block about mirrors, of the mirror in this directory.
  Outcome mirror(std::size_t number, const std::string& directory = "mirror");
  /// https://tsa.example.org, which answers curl and has the server's time of day.
  void play_authority(const format::TimeAuthority& authority);
  static void expect_said(const std::string& output, const std::string& what);

  const Blocks page_;
  const std::string first_month_;
  const std::string later_month_;
};

}  // namespace varve::system
