// The list of what is made from sealed segments: a row for each kind. A new kind is a class and a
// row here, and a class and a row for its audit in ledger/upkeep/derived_checks.cc, where the
// compiler misses it otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "ledger/env/filesystem.h"
#include "ledger/store/append_files.h"
#include "ledger/store/derived_file.h"
#include "ledger/store/hash_files.h"

namespace varve::store {

/// What the kinds may use; all of it outlives them.
struct DerivedContext {
  env::Filesystem& files;
  const HashFiles& hashes;
  AskForKey ask_for_key;
  std::uint64_t reserve_bytes = 0;
};

inline constexpr std::size_t kDerivedKinds = 2;  // rows of the list

/// One of each kind, in the order in which they are loaded, added to, updated and audited.
std::vector<std::unique_ptr<DerivedFile>> keep_derived_files(const DerivedContext& context);

}  // namespace varve::store
