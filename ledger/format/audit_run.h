// What a server found when it re-read what it stores: the text of a control record of kind 9. It
// has no signature of its own, like the log's seals: the checkpoint over it shows that the log wrote
// it. docs/format/control.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::format {

inline constexpr std::size_t kDamagedFilesMax =
    1'000;  // that are named, so that a record holds them

struct AuditRun {
  std::string origin;
  std::uint64_t began_us = 0;  // microseconds since 1970 UTC
  std::uint64_t ended_us = 0;
  std::uint64_t segments = 0;  // that were read: the first ones of the log
  TreeSize size;               // records in them
  std::uint64_t bytes = 0;     // of them
  std::vector<std::string>
      damaged;  // files of the store, "segments/00000003.seg"; in order, no two alike
  bool operator==(const AuditRun&) const = default;
};

/// Names the first kDamagedFilesMax files.
std::string audit_run_text(const AuditRun& run);
/// Errors: kInvalid  not exactly such a text.
Result<AuditRun> parse_audit_run(std::string_view text);

}  // namespace varve::format
