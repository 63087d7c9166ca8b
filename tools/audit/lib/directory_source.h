// A directory that holds an export of a log.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/verify/log_source.h"

namespace varve::audit {

/// Where an export keeps what a server has at `path`.
std::string export_path(const std::string& path);

/// A file of an export, at the path that a server has it. Errors: kNotFound, kIo.
Result<Buffer> read_file_of(const env::Filesystem& files, const std::string& path);

/// An export made by `varve-audit fetch`, or by anything that lays a log out as C2SP says, with
/// keys.json beside.
class DirectorySource final : public verify::LogSource {
 public:
  explicit DirectorySource(const env::Filesystem& files) : files_(files) {}

 private:
  [[nodiscard]] Result<Buffer> get(const std::string& path) const override;
  const env::Filesystem& files_;
};

}  // namespace varve::audit
