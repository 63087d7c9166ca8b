// Looking for a segment in two folders.
#include "ledger/store/segment_files.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_format.h"
#include "ledger/store/segment_outline.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {
namespace {

constexpr std::size_t kOutlineEnd = sizeof(std::uint64_t) + kHashSize;  // its offset, the check

/// Whether remains are said to stand for the segment's file. Damaged ones may.
Result<bool> stand_for_a_file(const env::Filesystem& files, std::uint64_t ordinal) {
  const auto file = files.open_read(remains_path(ordinal));
  if (!file && file.error().code == Code::kNotFound) return false;
  if (!file) return file.error();
  const auto is_first = begin_as_format_1(**file);
  if (!is_first && is_trouble(is_first.error())) return is_first.error();
  return !is_first || !*is_first;
}

/// The part of the file that is the outline: at most `most` bytes of it, from its begin on.
Result<Buffer> read_part(const env::File& remains, std::uint64_t most) {
  ASSIGN_OR_RETURN(const ByteOffset size, remains.size());
  if (size.value < kOutlineEnd) return corrupt("it is cut short");
  Buffer offset(sizeof(std::uint64_t));
  RETURN_IF_ERROR(remains.read(ByteOffset{size.value - kOutlineEnd}, offset));
  const std::uint64_t at = ByteReader(offset).u64();
  const std::uint64_t end = size.value - kOutlineEnd;
  if (at > end || end - at > kOutlineMax) return corrupt("its outline is nowhere");
  Buffer bytes(std::min(end - at, most));
  RETURN_IF_ERROR(remains.read(ByteOffset{at}, bytes));
  return bytes;
}

/// Reads the outline alone, and not the entries before it: it is checked by its own chain.
Result<SegmentOutline> read_outline(const env::File& remains, std::uint64_t ordinal) {
  ASSIGN_OR_RETURN(const Buffer bytes, read_part(remains, kOutlineMax));
  ASSIGN_OR_RETURN(SegmentOutline outline, SegmentOutline::decode(bytes));
  if (outline.header().ordinal != ordinal) return corrupt("it is of another segment");
  return outline;
}

}  // namespace

Result<std::unique_ptr<env::File>> open_segment(const env::Filesystem& files,
                                                std::uint64_t ordinal) {
  auto file = files.open_read(segment_path(ordinal));
  if (file || file.error().code != Code::kNotFound) return file;
  ASSIGN_OR_RETURN(const bool remains, stand_for_a_file(files, ordinal));
  if (!remains) return std::move(file).error();
  return open_remains(files, ordinal);
}

Result<std::unique_ptr<env::File>> open_remains(const env::Filesystem& files,
                                                std::uint64_t ordinal) {
  ASSIGN_OR_RETURN(const auto opened, files.open_read(remains_path(ordinal)));
  auto outline = read_outline(*opened, ordinal);
  if (!outline && is_trouble(outline.error())) return std::move(outline).error();
  if (!outline) return damaged_remains(ordinal);
  return file_of(std::move(*outline));
}

Result<SegmentHeader> header_of_segment(const env::Filesystem& files, std::uint64_t ordinal) {
  const auto file = files.open_read(segment_path(ordinal));
  if (file) return read_segment_header(**file);
  if (file.error().code != Code::kNotFound) return file.error();
  ASSIGN_OR_RETURN(const bool remains, stand_for_a_file(files, ordinal));
  if (!remains) return file.error();
  ASSIGN_OR_RETURN(const auto opened, files.open_read(remains_path(ordinal)));
  const auto part = read_part(*opened, sizeof(std::uint16_t) + kSegmentHeaderMax);
  if (!part && is_trouble(part.error())) return part.error();
  if (!part || part->size() < sizeof(std::uint16_t)) return damaged_remains(ordinal);
  auto header = decode_segment_header(Bytes{*part}.subspan(sizeof(std::uint16_t)));
  if (!header && is_trouble(header.error())) return header;
  if (!header || header->ordinal != ordinal) return damaged_remains(ordinal);
  return header;
}

Result<std::uint64_t> stored_size(const env::Filesystem& files, std::uint64_t ordinal) {
  auto file = files.open_read(segment_path(ordinal));
  if (!file && file.error().code == Code::kNotFound) file = files.open_read(remains_path(ordinal));
  if (!file) return std::move(file).error();
  ASSIGN_OR_RETURN(const ByteOffset size, (*file)->size());
  return size.value;
}

Result<bool> has_segment_file(const env::Filesystem& files, std::uint64_t ordinal) {
  return env::exists(files, segment_path(ordinal));
}

Result<bool> has_segment(const env::Filesystem& files, std::uint64_t ordinal) {
  ASSIGN_OR_RETURN(const bool there, has_segment_file(files, ordinal));
  if (there) return true;
  return stand_for_a_file(files, ordinal);
}

Result<std::vector<std::uint64_t>> list_segments(const env::Filesystem& files) {
  ASSIGN_OR_RETURN(const auto names, files.list("segments"));
  std::set<std::uint64_t> ordinals;
  for (const std::string& name : names)
    if (const auto ordinal = parse_segment_name(name)) ordinals.insert(*ordinal);
  ASSIGN_OR_RETURN(const auto with_remains, list_remains(files));
  for (const std::uint64_t ordinal : with_remains) {
    if (ordinals.contains(ordinal)) continue;
    ASSIGN_OR_RETURN(const bool there, stand_for_a_file(files, ordinal));
    if (there) ordinals.insert(ordinal);
  }
  return std::vector<std::uint64_t>(ordinals.begin(), ordinals.end());
}

Result<std::vector<std::uint64_t>> list_remains(const env::Filesystem& files) {
  std::vector<std::uint64_t> ordinals;
  const auto names = files.list(kRemainsFolder);
  if (!names && names.error().code == Code::kNotFound) return ordinals;
  if (!names) return names.error();
  for (const std::string& name : *names)
    if (const auto ordinal = parse_remains_name(name)) ordinals.push_back(*ordinal);
  std::ranges::sort(ordinals);
  return ordinals;
}

Result<void> remove_segment_file(env::Filesystem& files, std::uint64_t ordinal) {
  auto removed = files.remove_sealed(segment_path(ordinal));
  if (!removed && removed.error().code != Code::kNotFound) return removed;
  return {};
}

}  // namespace varve::store
