// The files beside a followed one: where log rotation puts what was there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/collect/input_file.h"

namespace varve::collect {

struct Sibling {
  std::string path;
  FileId file;
  std::uint64_t modified_ns = 0;  // since 1970 UTC
};

/// Regular files in the directory of `path`, itself left out, sorted by name. Empty also when the
/// directory cannot be read now.
std::vector<Sibling> siblings_of(const std::string& path);

/// Whether `sibling` has a name that rotation gives to `live`: its name, '.' or '-', a digit, and
/// anything that does not say it is compressed: "a.log.1", "a.log-20261121".
bool is_rotated_name(const std::string& live, const std::string& sibling);

/// No zero byte at its beginning.
bool looks_like_text(const InputFile& file);

}  // namespace varve::collect
