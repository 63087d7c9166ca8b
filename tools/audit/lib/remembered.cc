// One file for each log's newest checkpoint, and one for each conflict.
#include "tools/audit/lib/remembered.h"

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/checkpoints.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

/// An origin as a file name: origins have slashes, and differ after this as before.
std::string file_name(const std::string& origin) {
  std::string name;
  for (const char c : origin) {
    if (c == '/')
      name += "%2F";
    else if (c == '%')
      name += "%25";
    else
      name += c;
  }
  return name;
}

}  // namespace

Remembered::Remembered(std::string directory, const std::string& origin)
    : base_(std::move(directory) + "/" + file_name(origin)) {}

Result<std::optional<std::string>> Remembered::note() const {
  auto bytes = tools::read_file(base_ + ".checkpoint", format::kNoteMax);
  if (bytes) return std::optional(std::string(text_of(*bytes)));
  if (bytes.error().code == Code::kNotFound) return std::optional<std::string>{};
  return std::move(bytes).error();
}

Result<std::optional<TreeSize>> Remembered::update(const format::SignedCheckpoint& now,
                                                   const rules::KeyTimeline& keys,
                                                   const Prove& prove) const {
  ASSIGN_OR_RETURN(const auto then_note, note());
  std::optional<TreeSize> size_then;
  if (then_note) {
    const auto then = verify::open_older_checkpoint(*then_note, keys);
    if (!then) return conflict(*then_note, now, "what was remembered is not signed by its keys");
    size_then = then->checkpoint.size;
    if (*size_then > now.checkpoint.size) return conflict(*then_note, now, "the log was cut");
    auto proven = prove(then->checkpoint, now.checkpoint);
    if (!proven && proven.error().code == Code::kCorrupt)
      return conflict(*then_note, now, proven.error().message);
    if (!proven) return std::move(proven).error();
  }
  RETURN_IF_ERROR(keep(now));
  return size_then;
}

Result<void> Remembered::keep(const format::SignedCheckpoint& now) const {
  return tools::replace_file(base_ + ".checkpoint", bytes_of(now.note));
}

Result<void> Remembered::forget_audit() const {
  const tools::PathParts parts = tools::split_path(audit_path());
  ASSIGN_OR_RETURN(const auto files, env::open_posix(parts.directory));
  auto removed = files->remove(parts.name);
  if (!removed && removed.error().code == Code::kNotFound) return {};
  return removed;
}

Error Remembered::conflict(const std::string& then, const format::SignedCheckpoint& now,
                           const std::string& why) const {
  auto path = keep_evidence(then, now.note);
  if (!path) return std::move(path).error();
  return corrupt("the log is not the one that was seen before: " + why +
                 ". Both checkpoints are in " + *path + ": keep it, it is evidence");
}

Result<std::string> Remembered::keep_evidence(const std::string& then,
                                              const std::string& now) const {
  const std::string both = then + "\n" + now;
  const std::string id = hex(merkle::sha256(bytes_of(both)).view().first(8));
  const std::string path = base_ + ".conflict-" + id;
  RETURN_IF_ERROR(tools::replace_file(path, bytes_of(both)));
  return path;
}

}  // namespace varve::audit
