// The leaves of a renewal, kept in a file.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/format/renewal.h"
#include "tools/common/new_file.h"

namespace varve::audit {

/// The leaves of a renewal in a file, 64 bytes a record: enough for any proof of it, also when the
/// records themselves are gone. docs/format/renewal.md
class LeavesWriter {
 public:
  /// Replaces the file `path` once it is whole. Errors: kFull, kIo, kNotFound.
  static Result<LeavesWriter> open(const std::string& path);
  Result<void> add(const format::RenewedLeaves& leaves);
  /// Durable at return.
  Result<void> finish();

 private:
  LeavesWriter(std::unique_ptr<env::Filesystem> files, tools::NewFile file)
      : files_(std::move(files)), file_(std::move(file)) {}
  Result<void> flush();

  std::unique_ptr<env::Filesystem> files_;
  tools::NewFile file_;
  ByteOffset end_;
  Buffer waiting_;
};

/// Answers `asked` (first, count, checkpoint and statement) from such a file, which is not
/// believed. Memory: 64 KiB. Errors: kInvalid  as format::RenewalProver::of; these are not the
/// leaves of that renewal.  kNotFound, kIo.
Result<format::RenewalProof> prove_renewed(const std::string& leaves_path,
                                           const format::Renewal& renewal,
                                           format::RenewalProof asked);

}  // namespace varve::audit
