// What a records frame holds once it is decrypted and decompressed: the records of one group
// commit, and the idempotency keys of the requests that brought them, so that exactly-once
// survives the loss of everything derived. docs/format/segment.md
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::store {

// Body, big-endian:
//   4 r   requests, then r times:
//           32 key      hash of the idempotency key and who sent it
//           32 content  hash of the request
//            8 first    LeafIndex of its first event
//            4 count    of its events
//   then the records as a C2SP entry bundle: 2 length, the record, and so on to the end
struct Request {
  Hash key;
  Hash content;
  LeafIndex first;
  std::uint32_t count = 0;
};

inline constexpr std::size_t kRequestSize = 76;

/// Starts a body. The records' bundle is appended behind it.
Buffer encode_requests(const std::vector<Request>& requests);

struct FrameBody {
  std::vector<Request> requests;
  std::vector<Bytes> records;  // views into the decoded bytes
};

/// `count` is the frame header's. Errors: kCorrupt  not such a body, or not `count` records.
Result<FrameBody> decode_frame_body(Bytes body, std::uint32_t count);

}  // namespace varve::store
