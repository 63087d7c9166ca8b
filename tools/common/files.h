// Whole files by the path a person typed, over the environment's file system.
#pragma once

#include <string>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"

namespace varve::tools {

/// A path split into the directory that holds it ("." when it names none) and its last part.
struct PathParts {
  std::string directory;
  std::string name;
};
PathParts split_path(const std::string& path);

/// Reads all of a file of at most `most` bytes.
/// Errors: kInvalid  larger.  kNotFound, kIo.
Result<Buffer> read_file(const std::string& path, std::size_t most);

/// Makes `path` hold exactly `bytes`, or leaves it as it was: a NewFile, and the directory synced.
/// Mode 0600. Errors: as NewFile::create and publish.
Result<void> replace_file(const std::string& path, Bytes bytes);

/// As replace_file, in a directory that is open, and reads the file again before it says that all is
/// well. Errors: also kIo  the file does not hold `bytes`.
Result<void> replace_and_compare(env::Filesystem& files, const std::string& name, Bytes bytes);

/// A secret of one line (a token): visible ASCII, a newline at its end is not part of it.
/// Errors: kInvalid  empty, or other characters.  kNotFound, kIo.
Result<std::string> read_secret_line(const std::string& path);

}  // namespace varve::tools
