// The files beside a followed one: where log rotation puts what was there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/collect/input_file.h"

namespace varve::collect {

struct Sibling {
  std::string path;
  InputStat now;
};

/// Regular files in the directory of `path`, itself left out, the one first that was written to
/// least recently. None where there is no such directory.
/// Errors: kIo  it cannot be listed, which says nothing of what is in it.
Result<std::vector<Sibling>> siblings_of(const std::string& path);

/// Whether `sibling` has a name that rotation gives to `live`: its name, '.' or '-', a digit, and
/// anything that does not say it is compressed: "a.log.1", "a.log-20261121".
bool is_rotated_name(const std::string& live, const std::string& sibling);

/// The same, compressed or not.
bool is_name_of_rotation(const std::string& live, const std::string& sibling);

/// When a name in the directory of `path` last changed, nanoseconds since 1970 UTC; 0: nobody
/// knows.
std::uint64_t directory_changed_ns(const std::string& path);

/// Whether its beginning, behind a hole, is_text().
bool looks_like_text(const InputFile& file);

}  // namespace varve::collect
