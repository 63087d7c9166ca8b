// Comparing files of appends/.
#include "ledger/log/audit_appends.h"

#include <algorithm>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/base/trouble.h"
#include "ledger/merkle/tree.h"

namespace varve::log {

void EntrySum::add(const store::AppendEntry& entry) {
  Buffer bytes;
  ByteWriter(bytes)
      .hash(key_)
      .bytes(entry.key.of.bytes)
      .bytes(entry.row.content.bytes)
      .u64(entry.row.first.value)
      .u8(static_cast<std::uint8_t>(entry.key.kind))
      .u32(entry.row.count);
  const Hash hash = merkle::sha256(bytes);
  for (std::size_t k = 0; k < kHashSize; ++k) sum_.bytes[k] ^= hash.bytes[k];
  ++count_;
}

void EntrySum::add(const EntrySum& other) {
  for (std::size_t k = 0; k < kHashSize; ++k) sum_.bytes[k] ^= other.sum_.bytes[k];
  count_ += other.count_;
}

AppendCheck::AppendCheck(const env::Filesystem& files, env::Random& random,
                         std::vector<Finding>& findings)
    : files_(files), findings_(findings) {
  random.fill(key_.bytes);
}

Result<void> AppendCheck::segment(const store::SegmentFacts& facts) {
  if (ends_.empty()) {
    ASSIGN_OR_RETURN(disposed_, store::DisposedSegments::read(files_));
  }
  EntrySum sum(key_);
  const bool disposed = disposed_.contains(facts.row.ordinal);
  for (const store::AppendEntry& entry : store::entries_of(facts, disposed)) sum.add(entry);
  ends_.push_back(facts.row.end);
  expected_.push_back(sum);
  return {};
}

Result<void> AppendCheck::end() {
  for (const store::LeafGroup& group : store::leaf_groups(ends_, store::kAppendLeavesMax))
    RETURN_IF_ERROR(cover(group));
  return {};
}

Result<void> AppendCheck::cover(const store::LeafGroup& group) {
  const auto file = store::AppendFile::open(files_, group);
  if (file) return compare(**file);
  if (is_trouble(file.error())) return file.error();
  if (file.error().code != Code::kNotFound) {
    report(group, file.error().message);
  } else if (group.segments == 1) {
    report(group,
           store::append_file_path(group) +
               ": it is missing: delete the folder appends, it is made again at the next start");
  } else {
    for (const store::LeafGroup& part : store::parts_of(group, ends_)) RETURN_IF_ERROR(cover(part));
  }
  return {};
}

/// In the order of the file each entry is there once.
Result<void> AppendCheck::compare(const store::AppendFile& file) {
  const store::LeafGroup& group = file.group();
  EntrySum expected(key_);
  for (std::uint64_t k = 0; k < group.segments; ++k) expected.add(expected_[group.ordinal + k]);
  EntrySum found(key_);
  bool in_order = true;
  Buffer last;
  for (std::uint64_t number = 0; number < file.blocks(); ++number) {
    const auto block = file.block(number);
    if (!block && is_trouble(block.error())) return block.error();
    if (!block) {
      report(group, block.error().message);
      return {};
    }
    for (const store::AppendEntry& entry : *block) {
      Buffer bytes = store::encode_append(entry, group.first);
      in_order = in_order && last < bytes;
      last = std::move(bytes);
      if (!is_forgotten(file, entry)) found.add(entry);
    }
  }
  if (!in_order || found != expected)
    report(group,
           store::append_file_path(group) +
               ": its entries are not those of the segments: delete the folder appends, it is "
               "made again at the next start");
  return {};
}

/// The requests of a segment that was disposed of stay until the log takes its files up the next
/// time.
bool AppendCheck::is_forgotten(const store::AppendFile& file,
                               const store::AppendEntry& entry) const {
  if (entry.key.kind != store::AppendKind::kRequest) return false;
  if (file.disposed() >= disposed_.count_in(file.group())) return false;
  const auto end = std::ranges::upper_bound(ends_, entry.row.first);
  return end != ends_.end() &&
         disposed_.contains(static_cast<std::uint64_t>(std::distance(ends_.begin(), end)));
}

void AppendCheck::report(const store::LeafGroup& group, const std::string& what) {
  const std::string path = store::append_file_path(group);
  findings_.push_back({path, what.starts_with(path) ? what.substr(path.size() + 2) : what});
}

}  // namespace varve::log
