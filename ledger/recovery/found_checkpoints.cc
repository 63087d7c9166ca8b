// Looking for checkpoints.
#include "ledger/recovery/found_checkpoints.h"

#include <algorithm>
#include <set>
#include <utility>

#include "ledger/base/trouble.h"
#include "ledger/store/segment_reader.h"

namespace varve::recovery {
namespace {

/// A file that is too short for a header begins none.
Result<bool> begins_checkpoint(const env::File& file, ByteOffset at) {
  Buffer bytes(store::kFrameHeaderSize);
  const auto read = file.read(at, bytes);
  if (!read && is_trouble(read.error())) return read.error();
  if (!read) return false;
  const auto header = store::decode_frame_header(bytes);
  return header && header->type == store::FrameType::kCheckpoint;
}

Behind sizes_behind(const std::set<TreeSize>& sizes, TreeSize good) {
  if (sizes.empty()) return Behind::kNone;
  if (sizes.size() > 1) return Behind::kSeveral;
  return good < *sizes.begin() ? Behind::kBeyond : Behind::kCovered;
}

}  // namespace

Result<std::vector<format::Checkpoint>> found_checkpoints(const env::File& file, ByteOffset from) {
  std::vector<format::Checkpoint> found;
  ASSIGN_OR_RETURN(const auto notes, store::find_checkpoints(file, from));
  for (const std::string& text : notes) {
    const auto note = format::parse_note(text);
    if (!note) continue;
    auto checkpoint = format::parse_checkpoint_text(note->text);
    if (checkpoint) found.push_back(std::move(*checkpoint));
  }
  return found;
}

Result<bool> is_damage(const env::File& file, ByteOffset from, const std::string& origin,
                       TreeSize good) {
  ASSIGN_OR_RETURN(const auto found, found_checkpoints(file, from));
  std::set<TreeSize> sizes;
  for (const format::Checkpoint& checkpoint : found)
    if (checkpoint.origin == origin) sizes.insert(checkpoint.size);
  const Behind behind = sizes_behind(sizes, good);
  ASSIGN_OR_RETURN(const bool at_checkpoint, begins_checkpoint(file, from));
  const auto row = std::ranges::find_if(kTornOrDamaged, [&](const TornOrDamaged& one) {
    return one.behind == behind && one.at_checkpoint == at_checkpoint;
  });
  CHECK(row != kTornOrDamaged.end());
  return row->damaged;
}

Result<TreeSize> promised_size(const env::File& file, ByteOffset from, const std::string& origin) {
  TreeSize largest;
  ASSIGN_OR_RETURN(const auto found, found_checkpoints(file, from));
  for (const format::Checkpoint& checkpoint : found)
    if (checkpoint.origin == origin) largest = std::max(largest, checkpoint.size);
  return largest;
}

}  // namespace varve::recovery
