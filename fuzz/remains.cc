// Remains of destroyed segments: what is decoded encodes to exactly the same bytes, and the file that
// an outline stands for has the segment's header and footer.
#include "ledger/store/remains.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/base/codec.h"
#include "ledger/store/frame_codec.h"

namespace varve::fuzz {
namespace {

/// Of segment 3, of the record 42 and a checkpoint over it.
store::SegmentOutline outline() {
  store::SegmentHeader header;
  header.month = 202'611;
  header.ordinal = 3;
  header.first = LeafIndex{42};
  const Buffer begin = store::encode_segment_header(header);
  Buffer out;
  ByteWriter w(out);
  w.u16(static_cast<std::uint16_t>(begin.size())).bytes(begin).u32(2);
  store::FrameHeader records{store::FrameType::kRecords, false, 10,          8,
                             header.first.value,         1,     header.chain};
  const Buffer bytes = store::encode_frame_header(records);
  const Hash stored = merkle::sha256(bytes_of("ciphertext"));
  w.bytes(bytes).hash(stored);
  store::FrameHeader note{store::FrameType::kCheckpoint,    false, 0, 0, 43, 0,
                          store::chain_after(bytes, stored)};
  const auto checkpoint = store::plain_frame(note, buffer_of("a checkpoint\n"));
  w.bytes(checkpoint.bytes);
  const ByteOffset first{header.size};
  const ByteOffset second{header.size + store::kFrameHeaderSize + records.stored_length};
  const ByteOffset end{second.value + checkpoint.bytes.size()};
  const Hash chain = store::chain_after(checkpoint.header(), checkpoint.stored());
  const store::SegmentFooter footer{LeafIndex{43}, end, chain, {}, {{42, first}}, {{43, second}}};
  const store::FrameHeader last{store::FrameType::kFooter, false, 0, 0, 43, 0, chain};
  w.u64(end.value).bytes(store::plain_frame(last, store::encode_footer(footer)).bytes);
  return *store::SegmentOutline::decode(out);
}

}  // namespace

bool accepts(Bytes in) {
  const auto remains = store::decode_remains(in);
  if (!remains) return false;
  CHECK(store::encode_remains(*remains) == to_buffer(in));
  if (!remains->file) return true;
  const auto file = store::file_of(remains->file->outline);
  CHECK(store::read_segment_header(*file)->ordinal == remains->ordinal);
  CHECK(store::read_footer(*file)->at == remains->file->outline.footer_at());
  return true;
}

std::vector<Buffer> seeds() {
  const store::Remains some{202'611, 3, LeafIndex{42}, 7, {Buffer(kHashSize), event_record(1)}};
  store::Remains whole{202'611, 3, LeafIndex{42}, 7, {Buffer(kHashSize)}};
  whole.file = store::RemainsOfFile{0, LeafIndex{50}, outline()};
  return {store::encode_remains({}), store::encode_remains(some), store::encode_remains(whole)};
}

}  // namespace varve::fuzz
