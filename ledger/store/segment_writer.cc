// Appending frames to a segment file.
#include "ledger/store/segment_writer.h"

#include <utility>

#include "ledger/store/segment_reader.h"

namespace varve::store {

SegmentWriter::SegmentWriter(std::unique_ptr<env::File> file, SegmentHeader header,
                             env::SecretBytes data_key)
    : file_(std::move(file)),
      header_(std::move(header)),
      data_key_(std::move(data_key)),
      end_{header_.size},
      durable_end_{end_},
      chain_(header_.chain) {}

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::create(env::Filesystem& files,
                                                             SegmentHeader header,
                                                             env::SecretBytes data_key) {
  const Buffer encoded = encode_segment_header(header);
  ASSIGN_OR_RETURN(auto file, files.create(segment_path(header.ordinal)));
  RETURN_IF_ERROR(file->write(ByteOffset{0}, encoded));
  RETURN_IF_ERROR(file->sync());
  RETURN_IF_ERROR(files.sync_directory("segments"));
  return std::unique_ptr<SegmentWriter>(
      new SegmentWriter(std::move(file), std::move(header), std::move(data_key)));
}

Result<FrameRef> SegmentWriter::write_records(LeafIndex first, std::uint32_t count,
                                              std::span<const Piece> body) {
  FrameHeader header;
  header.first = first.value;
  header.count = count;
  header.previous = chain_;
  return write_frame(first.value, seal_records(header, body, data_key_, end_));
}

Result<FrameRef> SegmentWriter::write_checkpoint(TreeSize size, std::string_view note) {
  FrameHeader header;
  header.type = FrameType::kCheckpoint;
  header.first = size.value;
  header.previous = chain_;
  return write_frame(size.value, plain_frame(header, bytes_of(note)));
}

Result<FrameRef> SegmentWriter::write_frame(std::uint64_t first, const EncodedFrame& frame) {
  const FrameRef ref{first, end_};
  RETURN_IF_ERROR(file_->write(end_, frame.bytes));
  end_.value += frame.bytes.size();
  chain_ = chain_after(frame.header(), frame.stored());
  return ref;
}

Result<void> SegmentWriter::sync() {
  RETURN_IF_ERROR(file_->sync());
  durable_end_ = end_;
  return {};
}

Result<Buffer> SegmentWriter::read_back(const FrameRef& frame) const {
  return read_records(*file_, frame.at, end_, data_key_);
}

Result<bool> SegmentWriter::seal(const SegmentFooter& footer) {
  return seal_segment(*file_, end_, footer);
}

Result<bool> seal_segment(env::File& file, ByteOffset at, const SegmentFooter& footer) {
  FrameHeader header;
  header.type = FrameType::kFooter;
  header.first = footer.end.value;
  header.previous = footer.chain;
  Buffer whole = plain_frame(header, encode_footer(footer)).bytes;
  append(whole, encode_trailer(at));
  RETURN_IF_ERROR(file.write(at, whole));
  RETURN_IF_ERROR(file.sync());
  return file.make_immutable();
}

}  // namespace varve::store
