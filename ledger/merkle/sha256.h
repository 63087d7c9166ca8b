// SHA-256 of a message in parts. Private to this folder: tree.h is what others use.
#pragma once

#include <initializer_list>

#include "ledger/base/types.h"

namespace varve::merkle {

/// Hashes the parts as one message, in order. Allocates nothing. Thread: any.
Hash sha256_of(std::initializer_list<Bytes> parts);

}  // namespace varve::merkle
