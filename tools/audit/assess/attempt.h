// What an assessor tries, and how it ends: the table's rows and its results. Who does it is act.h; what the
// answer means is judge.h.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "tools/audit/assess/clauses.h"

namespace varve::audit::assess {

struct Site;

/// What was done, and what answered: a server, or a program that was run.
struct Answered {
  std::string command;  // the request or the command line, without a secret
  bool by_server = false;
  int code = 0;      // the status of HTTP, or the exit code
  std::string text;  // what it said, verbatim; at most kAnswerMax bytes
};
inline constexpr std::size_t kAnswerMax = 16'384;  // what is longer is cut, and says so
/// `text`, cut where it is longer than that.
std::string cut(std::string text);

/// How the rules of the log want it to end.
enum class Wanted {
  kRefused,  // by the server or a program
  kNamed,    // damage, by the audit or the start of a server
  kDone,     // it is lawful, and has to work
};

/// What counts as that. Anything else that is no success says nothing, and the attempt counts as not made.
struct Expected {
  Wanted wanted = Wanted::kRefused;
  std::vector<int> codes;         // one of these, and
  std::vector<std::string> says;  // one of these in the answer; empty: whatever it says
};

struct Attempt {
  std::string_view name;  // for programs: "delete-an-event"
  std::string what;       // a sentence
  std::vector<Clause> clauses;
  Expected expected;
  /// Errors: why it could not be made.
  std::function<Result<Answered>(Site& site)> act;
};

enum class Verdict { kHeld, kDidNotHold, kNotTried };

struct Outcome {
  std::string name;
  std::string what;
  std::vector<Clause> clauses;
  Wanted wanted = Wanted::kRefused;
  Verdict verdict = Verdict::kNotTried;
  Answered answered;  // no command: none was run
  std::string why;    // of kNotTried and kDidNotHold
};

/// Rows of one kind, under one heading.
struct Group {
  std::string heading;
  std::vector<Attempt> attempts;
};

}  // namespace varve::audit::assess
