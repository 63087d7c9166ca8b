// Comparing files of appends/.
#include "ledger/upkeep/audit_appends.h"

#include <algorithm>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/base/trouble.h"
#include "ledger/merkle/tree.h"

namespace varve::upkeep {

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

AppendCheck::AppendCheck(const CheckContext& context)
    : files_(context.files), report_(context.report) {
  context.random.fill(key_.bytes);
}

void AppendCheck::segment(const store::SegmentFacts& facts, const Hash& root) {
  EntrySum sum(key_);
  for (const store::AppendEntry& entry : store::entries_of(facts)) sum.add(entry);
  ends_.push_back(facts.row.end);
  expected_.push_back({root, facts.disposed, sum});
}

Result<void> AppendCheck::end(const SealedPart& sealed) {
  recorded_ = sealed.recorded;
  for (const store::LeafGroup& group : store::leaf_groups(ends_, store::kAppendLeavesMax))
    RETURN_IF_ERROR(cover(group));
  return {};
}

/// What the catalogue does not know of is made again whatever is there.
Result<void> AppendCheck::cover(const store::LeafGroup& group) {
  const auto file = store::AppendFile::open(files_, group);
  if (file) return compare(**file);
  if (is_trouble(file.error())) return file.error();
  if (file.error().code != Code::kNotFound) {
    report(group, file.error());
  } else if (group.segments > 1) {
    for (const store::LeafGroup& part : store::parts_of(group, ends_)) RETURN_IF_ERROR(cover(part));
  } else if (group.ordinal >= recorded_) {
    report_.unfinished.push_back(
        {store::append_file_path(group), "is not made yet: the next start makes it"});
  } else {
    report_.findings.push_back({store::append_file_path(group),
                                "it is missing: delete the folder appends, it is made again at the "
                                "next start"});
  }
  return {};
}

Result<void> AppendCheck::compare(const store::AppendFile& file) {
  const store::LeafGroup& group = file.group();
  if (file.of().root != expected_[group.ordinal + group.segments - 1].root) {
    report(group, file.altered("it is of another log"));
    return {};
  }
  const auto same = has_what_is_expected(file);
  if (!same && is_trouble(same.error())) return same.error();
  if (!same)
    report(group, same.error());
  else if (!*same)
    report(group, file.altered("its entries are not those of the segments"));
  return {};
}

/// In the order of the file each entry is there once.
Result<bool> AppendCheck::has_what_is_expected(const store::AppendFile& file) const {
  const store::LeafGroup& group = file.group();
  EntrySum expected(key_);
  for (std::uint64_t k = 0; k < group.segments; ++k)
    expected.add(expected_[group.ordinal + k].entries);
  EntrySum found(key_);
  bool in_order = true;
  Buffer last;
  for (std::uint64_t number = 0; number < file.blocks(); ++number) {
    ASSIGN_OR_RETURN(const auto block, file.block(number));
    for (const store::AppendEntry& entry : block) {
      Buffer bytes = store::encode_append(entry, group.first);
      in_order = in_order && last < bytes;
      last = std::move(bytes);
      if (!is_to_be_forgotten(file, entry)) found.add(entry);
    }
  }
  return in_order && found == expected;
}

/// The requests of a segment that was disposed of stay until the log takes its files up the next
/// time.
bool AppendCheck::is_to_be_forgotten(const store::AppendFile& file,
                                     const store::AppendEntry& entry) const {
  if (entry.key.kind != store::AppendKind::kRequest) return false;
  const auto end = std::ranges::upper_bound(ends_, entry.row.first);
  if (end == ends_.end()) return false;
  const auto ordinal = static_cast<std::uint64_t>(std::distance(ends_.begin(), end));
  return expected_[ordinal].disposed && !file.has_disposed(ordinal);
}

/// The path is said once.
void AppendCheck::report(const store::LeafGroup& group, const Error& error) {
  const std::string path = store::append_file_path(group);
  const std::string& what = error.message;
  report_.findings.push_back(
      {path, what.starts_with(path + ": ") ? what.substr(path.size() + 2) : what});
}

}  // namespace varve::upkeep
