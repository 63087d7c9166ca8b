// The keys of a [[log]] that say which time-stamping authorities it asks.
#pragma once

#include <string>
#include <vector>

#include "api/outbound/time_stamps.h"
#include "tools/config/table.h"

namespace varve::tools {

struct TimeStampConfig {
  static constexpr std::uint64_t kInterval_s = 3'600;

  std::vector<std::string> urls;  // empty: nobody is asked
  std::string ca_file;            // PEM; empty: the system's
  std::uint64_t interval_s = kInterval_s;

  [[nodiscard]] bool asks() const { return !urls.empty(); }
  /// No key is there without the addresses that it is about.
  [[nodiscard]] bool is_whole() const {
    return asks() || (ca_file.empty() && interval_s == kInterval_s);
  }
};

std::vector<Key> time_stamp_keys(TimeStampConfig& time_stamps);

/// Reads the file of CAs, as a start would. Asks no other machine.
/// Errors: kNotFound, kIo, kInvalid  names the file or the address.
Result<void> check_time_stamps(const TimeStampConfig& time_stamps);
/// Of the log `name`.
api::TimeStampOptions time_stamp_options(const TimeStampConfig& time_stamps,
                                         const std::string& name);

/// In the directory of the data. No log can have such a name.
std::string stamped_file_name(const std::string& log);

}  // namespace varve::tools
