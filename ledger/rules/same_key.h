// Whether two vkeys hold the same key pair under different names. Private to this folder.
#pragma once

#include "ledger/format/note.h"

namespace varve::rules {

/// Each algorithm takes one spelling of a key, so its bytes decide.
inline bool same_key(const format::VerifierKey& a, const format::VerifierKey& b) {
  return a.algorithm == b.algorithm && a.key == b.key;
}

}  // namespace varve::rules
