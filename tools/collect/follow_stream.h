// What finding files after a start and finding them while running share.
#pragma once

#include <optional>
#include <string>

#include "tools/collect/event_stream.h"

namespace varve::collect {

/// `file` from `position` on, as lines of what was written under `path`. Nothing, and `file` is as
/// it was: it does not begin with what was taken up to there. Errors: kIo  it cannot be read.
Result<std::optional<EventStream>> stream_from(const std::string& path, InputFile& file,
                                               const Position& position);

/// Whether what `path` names now begins with all that `file` had a moment before: so it was not cut
/// since `file` began to be a copy of it. Errors: kIo, kInvalid  one of the two cannot be read.
Result<bool> is_copy_of(const InputFile& file, const std::string& path);

}  // namespace varve::collect
