// A record: one leaf of the log. Its bytes, in full, are what is hashed; its payload is the event
// exactly as it was received. docs/format/record.md
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/kinds.h"

namespace varve::format {

// Record, format 1, big-endian. Written once, never rewritten.
//   off size field
//     0    1 version   1
//     1    1 kind      1 ... 255, see kinds.h
//     2    8 source    SourceId; 0 is the log itself
//    10    8 sequence  counted from 0: of control records within the log, of batches (seals) and of
//                      all else within the source
//    18    8 time      of the event, microseconds since 1970 UTC
//    26   16 salt      random; makes the leaf hash useless for guessing the payload
//    42    1 media     length of the media type, 1 ... 127
//    43    m           media type, visible ASCII and space
//  43+m    4 length    of the payload
//  47+m    n payload
inline constexpr std::uint8_t kRecordVersion = 1;
inline constexpr std::size_t kSaltSize = 16;
inline constexpr std::size_t kRecordFixedSize = 47;
inline constexpr std::size_t kMediaTypeMax = 127;
inline constexpr std::size_t kRecordMax = 65'535;  // the limit of a C2SP entry bundle
static_assert(kRecordFixedSize == 47, "hashed since format 1; a change needs format 2");

/// Of an event that stands for one which no record can hold. docs/format/batch.md
inline constexpr std::string_view kRefusedEventMediaType = "application/vnd.varve.refusal+json";

/// The log's own records (control records) carry this source.
inline constexpr SourceId kLogItself{0};

using Salt = std::array<std::byte, kSaltSize>;

/// A decoded record. Views into the bytes it was decoded from, which must outlive it.
struct Record {
  Kind kind = Kind::kEvent;
  SourceId source;
  std::uint64_t sequence = 0;
  std::uint64_t time_us = 0;
  Salt salt{};
  std::string_view media_type;
  Bytes payload;
};

/// Size:   at most kRecordMax bytes.
/// Errors: kInvalid  too large, or a media type that is empty, too long or not visible ASCII.
Result<Buffer> encode_record(const Record& record);
/// Appends instead, for a caller that builds many.
Result<void> encode_record_into(Buffer& out, const Record& record);

/// The bytes before the payload: what a client must know, besides its own event, to compute the leaf.
Result<Buffer> encode_record_header(const Record& record);

/// The source in such a header. Requires one.
SourceId source_of_header(Bytes header);

/// Accepts exactly what encode_record makes: decode then encode gives the same bytes. Takes kinds that
/// this program does not know too: whether it may go on behind one is expect_known's to say.
/// Errors: kInvalid  what is wrong and at which offset.
Result<Record> decode_record(Bytes bytes);

/// SHA-256("varve source\n" || name), first 8 bytes; never 0.
/// Names of sources that seal are 1 ... 127 bytes of a-z 0-9 . - _ / and are key names of signed notes;
/// those of sender.h are of the same characters, and may be longer.
/// Errors: kInvalid  not such a name.
Result<SourceId> source_id(std::string_view name);

}  // namespace varve::format
