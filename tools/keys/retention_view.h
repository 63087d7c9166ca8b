// What a server says of a log's retention: the policy in force, months and their dates, holds. The
// server says it; whether it is true is for an auditor to judge, who reads the records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/format/retention.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

struct HeldMonth {
  std::string month;  // "2026-11"
  std::uint64_t first = 0;
  std::optional<std::uint64_t> end;  // nothing: it is the newest
  std::string due;                   // when a notice may name it, at the earliest
  std::string goes;                  // when it could go, at the earliest
  std::vector<std::string> holds;    // ids
  std::optional<Hash> notice;        // leaf of the one under which it may be disposed of
  Hash root;                         // with a notice: of the log's tree up to its end
  bool is_disposed_of = false;
  bool keys_are_gone = false;
};

struct NamedApprover {
  std::string vkey;
  std::string counts_from;  // a time
};

struct NamedTimeSource {
  std::string name;
  std::string key;          // as the policy names it, in hex
  std::string counts_from;  // a time
};

struct PlacedHold {
  std::string id;
  std::string scope;
  std::uint64_t record = 0;
  Hash leaf;
  bool is_open = false;
};

struct RetentionView {
  std::string json;  // the whole answer
  std::string origin;
  std::string reading;  // of the compliance clock; empty: it does not run yet
  std::string unit;     // "days"
  std::uint64_t period = 0;
  std::uint64_t notice = 0;
  std::uint64_t wait = 0;
  std::optional<format::Policy> policy;  // nothing: the log has no record of one
  Hash policy_leaf;
  std::uint64_t approvals_needed = 0;
  std::vector<NamedApprover> approvers;
  std::uint64_t quorum = 0;  // of the time sources
  std::vector<NamedTimeSource> time_sources;
  std::string earliest;  // the time that has come, by what they said; empty: nothing yet
  std::string first;     // when the first of what nobody holds could go; empty: nothing can
  std::string last;      // when all of it could be gone, but for the newest month
  std::vector<HeldMonth> months;
  std::vector<PlacedHold> holds;

  [[nodiscard]] format::Mode mode() const { return policy ? policy->mode : format::Mode::kLocked; }
};

/// "" or a question: "?period=3653". Errors: kInvalid  of another log than `origin`, where that is
/// given.  As client::HttpClient.
Result<RetentionView> ask_retention(const PublishArguments& from, const std::string& question,
                                    const std::string& origin = "");

/// Asks, and prints the answer: as it is, or in `words`. Errors: as ask_retention.
Result<void> show_retention(const PublishArguments& from, bool json,
                            void (*words)(const RetentionView& view));

void print_policy(const RetentionView& view);
void print_holds(const RetentionView& view);
/// What an act would change: dates, how much, and whose approval it takes. `undo`: a sentence.
void print_difference(const RetentionView& now, const RetentionView& then, bool needs_approval,
                      const char* undo);

}  // namespace varve::keys
