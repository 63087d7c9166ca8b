// What the log knows a repeated request by.
#pragma once

#include <initializer_list>
#include <string_view>

#include "ledger/base/codec.h"
#include "ledger/merkle/tree.h"

namespace varve::api {

/// One hash of several parts. Each goes in with its length, so that no two lists hash alike.
inline Hash hash_parts(std::string_view domain, std::initializer_list<Bytes> parts) {
  Buffer out;
  ByteWriter writer{out};
  writer.text(domain);
  for (const Bytes part : parts) writer.u64(part.size()).bytes(part);
  return merkle::sha256(out);
}

}  // namespace varve::api
