// Reading files that can be made again: tells a file that is damaged from a process in trouble.
#pragma once

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"

namespace varve::store {

// What a failed read of an open derived file means. It needs no descriptor, no permission and no
// space, so a file that fails twice while the system still knows its size has a bad sector.
//
//   read      repeated  size     outcome
//   bytes     -         -        bytes
//   too short -         -        kCorrupt  made again
//   kIo       bytes     -        bytes
//   kIo       too short -        kCorrupt  made again
//   kIo       kIo       known    kCorrupt  made again
//   kIo       kIo       unknown  kIo       trouble: nothing derived is thrown away
//
// A file that cannot be opened is always trouble unless it is missing: what is lacking then may be
// a descriptor, memory or a permission.

/// Fills `out` from `at`. Errors: kCorrupt  these bytes cannot be had from this file.  kIo trouble.
Result<void> read_derived(const env::File& file, ByteOffset at, MutableBytes out);

}  // namespace varve::store
