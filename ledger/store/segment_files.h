// Where a segment is: in its file, or in what remains of it once the file is gone. Whoever looks for
// segments looks through these.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

/// The segment's file; where there is none, the file as its remains know it (segment_outline.h).
/// Errors: kNotFound  neither is there: a loss.  kCorrupt  remains stand for the file, and are
///         damaged.  kIo.
Result<std::unique_ptr<env::File>> open_segment(const env::Filesystem& files,
                                                std::uint64_t ordinal);
/// The file as its remains of format 2 know it, also where the segment has its file: what open_segment() gives
/// once that is gone. Errors: kNotFound  there are no remains.  kCorrupt  they are damaged.  kIo.
Result<std::unique_ptr<env::File>> open_remains(const env::Filesystem& files,
                                                std::uint64_t ordinal);
/// The segment's header alone: of remains no more than that is read. Errors: as open_segment.
Result<SegmentHeader> header_of_segment(const env::Filesystem& files, std::uint64_t ordinal);
/// Bytes on the disk: of the segment's file, else of what remains of it. Errors: as open_segment.
Result<std::uint64_t> stored_size(const env::Filesystem& files, std::uint64_t ordinal);
/// Whether the segment has its file. Errors: kIo.
Result<bool> has_segment_file(const env::Filesystem& files, std::uint64_t ordinal);
/// Whether open_segment() finds it, damaged or not. Errors: kIo.
Result<bool> has_segment(const env::Filesystem& files, std::uint64_t ordinal);
/// Those that are there, ascending. Errors: kNotFound  the store has no folder of segments.  kIo.
Result<std::vector<std::uint64_t>> list_segments(const env::Filesystem& files);
/// The segments that have remains, ascending. Errors: kIo.
Result<std::vector<std::uint64_t>> list_remains(const env::Filesystem& files);

/// Removes the segment's file. Requires that remains of format 2 are durable. Removing one that is
/// gone does nothing. Not durable before `segments` is synced. Errors: kIo.
Result<void> remove_segment_file(env::Filesystem& files, std::uint64_t ordinal);

}  // namespace varve::store
