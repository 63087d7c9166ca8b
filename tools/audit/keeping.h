// What the owner of a mirror keeps on purpose, whatever its log disposes of: the mirror's file `keep`.
// docs/format/observations.md, "Months that the owner keeps"
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/format/retention.h"
#include "tools/audit/commands.h"

namespace varve::audit {

inline constexpr const char* kKeepFile = "keep";  // in the mirror

// The text, at most 64 KiB: a line a month,
//   <month> <who>     2026-11, in a draft log the number of a key period; who decided, 1 to 256 bytes of UTF-8
// Lines that are empty or begin with # say nothing. The last one ends too, or the text may be cut off.
class Keeping {
 public:
  /// Without the file nothing is kept on purpose. Errors: kInvalid  names the line that is wrong.  kIo.
  static Result<Keeping> open(const env::Filesystem& mirror);
  /// Who decided, by month, as a log of this mode counts. Errors: kInvalid  such a log has no month of that name.
  [[nodiscard]] Result<std::map<std::uint32_t, std::string>> months(format::Mode mode) const;
  /// Whether a line names this month or key period, before anybody knows how the log counts.
  [[nodiscard]] bool names(std::uint32_t month) const;
  [[nodiscard]] bool is_empty() const { return who_.empty(); }
  bool operator==(const Keeping&) const = default;

 private:
  std::map<std::string, std::string> who_;  // by the month as it is written
};

/// A line of the mirror's file `keep`, and what it does here.
struct KeptLine {
  enum class Does { kKeeps, kWillKeep, kNoSuchMonth, kNothingHere };
  std::string month;  // as the line has it
  std::string who;
  Does does = Does::kKeeps;
};

/// "its file keep has a line of 2026-13 ...", and a member `keep` of all; with the exit code of a mirror that keeps
/// something where a line has no effect. Of a line that keeps its month only where nothing was judged: else
/// add_judged() tells of it.
enum class Judged : std::uint8_t { kYes, kNothing };
void add_kept_lines(const std::vector<KeptLine>& lines, Judged judged, Answer& answer);

}  // namespace varve::audit
