// The leaves of a renewal, written and read front to back.
#include "tools/audit/lib/renewed_leaves.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/env/posix.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::size_t kLeavesSize = 2 * kHashSize;          // bytes a record
constexpr std::size_t kLeavesAtOnce = 1'024 * kLeavesSize;  // bytes

}  // namespace

Result<LeavesWriter> LeavesWriter::open(const std::string& path) {
  const tools::PathParts parts = tools::split_path(path);
  ASSIGN_OR_RETURN(auto files, env::open_posix(parts.directory));
  ASSIGN_OR_RETURN(tools::NewFile file, tools::NewFile::create(*files, parts.name));
  return LeavesWriter(std::move(files), std::move(file));
}

Result<void> LeavesWriter::add(const format::RenewedLeaves& leaves) {
  ByteWriter(waiting_).hash(leaves.record).hash(leaves.checkpoint);
  if (waiting_.size() < kLeavesAtOnce) return {};
  return flush();
}

Result<void> LeavesWriter::flush() {
  RETURN_IF_ERROR(file_.file().write(end_, waiting_));
  end_.value += waiting_.size();
  waiting_.clear();
  return {};
}

Result<void> LeavesWriter::finish() {
  RETURN_IF_ERROR(flush());
  RETURN_IF_ERROR(file_.publish());
  return files_->sync_directory("");
}

Result<format::RenewalProof> prove_renewed(const std::string& leaves_path,
                                           const format::Renewal& renewal,
                                           format::RenewalProof asked) {
  const tools::PathParts parts = tools::split_path(leaves_path);
  ASSIGN_OR_RETURN(const auto files, env::open_posix(parts.directory));
  ASSIGN_OR_RETURN(const auto file, files->open_read(parts.name));
  ASSIGN_OR_RETURN(const ByteOffset size, file->size());
  ASSIGN_OR_RETURN(auto prover, format::RenewalProver::of(renewal, std::move(asked)));
  const Error other = invalid(leaves_path +
                              " does not hold the leaves of this renewal: it is of another one, or "
                              "was altered; varve-audit renew --check makes it again");
  if (size.value % kLeavesSize != 0 || size.value / kLeavesSize != renewal.size.value) return other;
  merkle::GenericTree records(*renewal.function);
  merkle::GenericTree checkpoints(*renewal.function);
  for (ByteOffset at; at < size;) {
    Buffer part(std::min<std::uint64_t>(kLeavesAtOnce, size.value - at.value));
    RETURN_IF_ERROR(file->read(at, part));
    at.value += part.size();
    for (ByteReader in(part); !in.at_end();) {
      const format::RenewedLeaves leaves{in.hash(), in.hash()};
      records.append(leaves.record);
      checkpoints.append(leaves.checkpoint);
      prover.add(leaves);
    }
  }
  if (records.root() != renewal.records || checkpoints.root() != renewal.checkpoints) return other;
  return prover.proof();
}

}  // namespace varve::audit
