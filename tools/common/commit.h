// Which sources this is. The build writes the answer into the one file that changes with each commit.
#pragma once

namespace varve::tools {

/// 40 hex digits, and "-dirty" behind them when the sources had changes that were not committed. Empty:
/// they were not in a git repository of their own, as those of an archive.
const char* commit();

/// "2026-11-30": the day of that commit, else of the build (or of SOURCE_DATE_EPOCH).
const char* sources_date();

}  // namespace varve::tools
