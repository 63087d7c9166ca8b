// A log with a month that may be disposed of: the month, the approvers, the notice and its age are in the log's past,
// which is written in this process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tools/bench/site.h"

namespace varve::bench {

/// A month that may go, and what stands for it until then.
struct DueMonth {
  std::string request;  // by which it goes
  std::string key;      // label of its key on the token
  std::vector<std::filesystem::path> files;
  double megabytes = 0;  // of the files
};

/// The first month of the site's first log has the records. Requires that the site's server never ran.
/// Errors: kInvalid  the month ended meanwhile. Others as load_into and Log::append_control.
Result<DueMonth> make_due_month(const Site& site, std::uint64_t leaves, std::size_t event_bytes);

}  // namespace varve::bench
