// How much of the files is not taken yet. Also of those that are not open: while the spool is full nobody looks at a
// path, and its files are rotated all the same.
#include "tools/collect/followed_path.h"

namespace varve::collect {
namespace {

std::uint64_t bytes_behind(ByteOffset taken, ByteOffset size) {
  return size > taken ? size.value - taken.value : 0;
}

}  // namespace

std::uint64_t FollowedPath::behind_bytes() {
  const auto behind = [](OpenFile& one) -> std::uint64_t {
    const Result<ByteOffset> size = one.stream.file().size();
    return size ? bytes_behind(one.stream.position().taken, *size) : 0;
  };
  std::uint64_t bytes = live_ ? behind(*live_) : 0;
  for (OpenFile& one : rotated_) bytes += behind(one);
  if (!begun_) return bytes;  // what is beside the path will not be taken
  bytes += behind_under_path();
  const Result<std::vector<Sibling>> siblings = siblings_of(path_);
  if (!siblings) return bytes;
  for (const Sibling& sibling : *siblings)
    if (is_rotated_from_here(sibling)) bytes += behind_in(sibling);
  return bytes;
}

/// What the path leads to, where that is not open: there is no slot, or it was made since the last look.
std::uint64_t FollowedPath::behind_under_path() {
  const Result<InputFile> file = InputFile::open(path_);
  if (!file || is_open(file->id()) || other_reader(*file) != nullptr) return 0;
  const Result<ByteOffset> size = file->size();
  const Result<std::optional<Position>> known = position_of(*file);
  if (!size || !known) return 0;
  return bytes_behind(*known ? (*known)->taken : ByteOffset{}, *size);
}

/// A copy of the live file, made for a cut that nobody has noticed, has what was taken before the cut.
std::uint64_t FollowedPath::behind_in(const Sibling& sibling) {
  const std::optional<Beside> one = news_of(sibling);
  const Result<ByteOffset> size = one ? one->file.size() : ByteOffset{};
  if (!one || !size || (!one->position && is_left_out(*one))) return 0;
  if (one->position) return bytes_behind(one->position->taken, *size);
  if (!live_) return size->value;
  const Position live = live_->stream.position();
  const Result<bool> has_it = begins_as_taken(one->file, live);
  return bytes_behind(has_it && *has_it ? live.taken : ByteOffset{}, *size);
}

}  // namespace varve::collect
