// Looking for checkpoints.
#include "ledger/log/found_checkpoints.h"

#include <algorithm>
#include <utility>

#include "ledger/store/segment_reader.h"

namespace varve::log {

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

Result<TreeSize> promised_size(const env::File& file, ByteOffset from, const std::string& origin) {
  TreeSize largest;
  ASSIGN_OR_RETURN(const auto found, found_checkpoints(file, from));
  for (const format::Checkpoint& checkpoint : found)
    if (checkpoint.origin == origin) largest = std::max(largest, checkpoint.size);
  return largest;
}

}  // namespace varve::log
