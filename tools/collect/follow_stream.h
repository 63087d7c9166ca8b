// What finding files after a start and finding them while running share.
#pragma once

#include <optional>
#include <string>

#include "tools/collect/event_stream.h"

namespace varve::collect {

/// `file` from `position` on, as lines of what was written under `path`. Nothing: it does not begin
/// with what was taken up to there, or cannot be read.
std::optional<EventStream> stream_from(const std::string& path, InputFile file,
                                       const Position& position);

/// Whether `file` begins with what was taken up to `position`; not, when it cannot be read.
bool begins_so(const InputFile& file, const Position& position);

/// Whether what `path` names now begins with all that `file` had a moment before: so it was not cut
/// since `file` began to be a copy of it.
bool is_copy_of(const InputFile& file, const std::string& path);

}  // namespace varve::collect
