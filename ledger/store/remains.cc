// Making, keeping and reading remains.
#include "ledger/store/remains.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/base/later_format.h"
#include "ledger/base/month.h"
#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/format/batch.h"
#include "ledger/format/newer.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/frame_body.h"

namespace varve::store {
namespace {

constexpr std::string_view kRemainsMagic = "VARVEREM";
constexpr std::size_t kRemainsMonthAt = 12;
constexpr std::size_t kRemainsMax = std::size_t{1} << 34;  // of 500 million events
static_assert(format::kRecordFixedSize > kHashSize, "32 bytes are a hash, never a record");

/// Keeps of each record what may stay.
class Collector final : public ScanSink {
 public:
  explicit Collector(Remains& remains) : remains_(remains) {}

  Result<void> records(const FrameRef&, const FrameHeader& header, Buffer body) override {
    ASSIGN_OR_RETURN(const FrameBody parts, decode_frame_body(body, header.count));
    for (const Bytes bytes : parts.records) {
      const LeafIndex index{remains_.first.value + remains_.entries.size()};
      RETURN_IF_ERROR(format::expect_known(index, bytes));
      ASSIGN_OR_RETURN(const format::Record record, format::decode_record(bytes));
      const bool goes = format::row_of(record.kind).fate == format::Fate::kGoes;
      remains_.entries.push_back(goes ? to_buffer(merkle::leaf_hash(bytes).view())
                                      : to_buffer(bytes));
    }
    return {};
  }
  Result<void> checkpoint(const FrameRef&, const std::string&) override { return {}; }

 private:
  Remains& remains_;
};

}  // namespace

Buffer Remains::entry(std::size_t k) const {
  const Buffer& kept = entries[k];
  if (kept.size() != kHashSize) return kept;
  return format::encode_tombstone({month, ordinal, made_us, ByteReader(kept).hash()});
}

std::uint64_t Remains::destroyed() const {
  return static_cast<std::uint64_t>(std::ranges::count(entries, kHashSize, &Buffer::size));
}

Result<Buffer> Remains::frame_body(LeafIndex begin, std::uint64_t count) const {
  const std::uint64_t skip = begin.value - first.value;
  if (begin < first || skip > entries.size() || count > entries.size() - skip)
    return corrupt("the remains of segment " + std::to_string(ordinal) +
                   " do not hold these records");
  Buffer body = encode_requests({});
  for (std::uint64_t k = 0; k < count; ++k) format::append_to_bundle(body, entry(skip + k));
  return body;
}

Buffer encode_remains(const Remains& remains) {
  Buffer out;
  ByteWriter w(out);
  w.text(kRemainsMagic).u16(kRemainsVersion).u16(0).u32(remains.month).u64(remains.ordinal);
  w.u64(remains.first.value).u64(remains.entries.size()).u64(remains.made_us);
  for (const Buffer& entry : remains.entries) format::append_to_bundle(out, entry);
  const Hash check = merkle::sha256(out);
  w.hash(check);
  return out;
}

Result<Remains> decode_remains(Bytes bytes) {
  const Error damaged = corrupt("not remains of format 1");
  if (bytes.size() < kHashSize) return damaged;
  const Bytes body = bytes.first(bytes.size() - kHashSize);
  if (ByteReader(bytes.last(kHashSize)).hash() != merkle::sha256(body)) return damaged;
  ByteReader in(body);
  if (text_of(in.take(kRemainsMagic.size())) != kRemainsMagic) return damaged;
  const std::uint16_t version = in.u16();
  if (version > kRemainsVersion) return later_format("the file", version, kRemainsVersion);
  if (version != kRemainsVersion || in.u16() != 0) return damaged;
  Remains remains;
  remains.month = in.u32();
  remains.ordinal = in.u64();
  remains.first.value = in.u64();
  const std::uint64_t count = in.u64();
  remains.made_us = in.u64();
  for (std::uint64_t k = 0; k < count && in.ok(); ++k) {
    const Bytes entry = in.take(in.u16());
    if (entry.size() < kHashSize) return damaged;
    remains.entries.push_back(to_buffer(entry));
  }
  if (!in.at_end()) return damaged;
  return remains;
}

std::string remains_path(std::uint64_t ordinal) {
  constexpr std::size_t kDigits = 8;
  std::string number = std::to_string(ordinal);
  if (number.size() < kDigits) number.insert(0, kDigits - number.size(), '0');
  return std::string(kRemainsFolder).append("/").append(number);
}

Result<Remains> read_remains(const env::Filesystem& files, const SegmentHeader& header) {
  const std::string path = remains_path(header.ordinal);
  ASSIGN_OR_RETURN(const Buffer bytes, env::read_whole(files, path, kRemainsMax));
  auto remains = decode_remains(bytes);
  if (!remains && is_trouble(remains.error()))
    return std::move(remains).error().during("reading " + path);
  if (!remains || remains->ordinal != header.ordinal || remains->month != header.month ||
      remains->first != header.first)
    return corrupt(path + " is damaged: put back a copy of it, nothing else holds what is in it");
  return remains;
}

Result<bool> has_remains(const env::Filesystem& files, std::uint32_t month) {
  const auto names = files.list(kRemainsFolder);
  if (!names && names.error().code == Code::kNotFound) return false;
  if (!names) return names.error();
  for (const std::string& name : *names) {
    ASSIGN_OR_RETURN(const auto file, files.open_read(std::string(kRemainsFolder) + "/" + name));
    Buffer begin(kRemainsMonthAt + sizeof month);
    const auto read = file->read(ByteOffset{0}, begin);
    if (!read && read.error().code == Code::kIo) return read.error();
    // One that was cut short is found where it is needed.
    if (read && ByteReader(Bytes{begin}.subspan(kRemainsMonthAt)).u32() == month) return true;
  }
  return false;
}

Error disposed_of(std::uint32_t month) {
  return worm("the events of " + month_text(month) +
              " were disposed of: no key is made for that month again");
}

Result<void> write_remains(env::Filesystem& files, const SegmentHeader& header,
                           env::SecretView data_key, std::uint64_t now_us) {
  const std::string path = segment_path(header.ordinal);
  ASSIGN_OR_RETURN(const auto file, files.open_read(path));
  Remains remains{header.month, header.ordinal, header.first, now_us, {}};
  Collector collector(remains);
  ASSIGN_OR_RETURN(const Scan scan, scan_segment(*file, header, KeyOpener(data_key), collector));
  const auto footer = read_footer(*file);
  if (!footer && is_trouble(footer.error())) return footer.error();
  if (!footer || !scan.sealed || scan.tear ||
      footer->footer.end.value != header.first.value + remains.entries.size())
    return corrupt(path + " is not a whole sealed segment: start and stop varved, or repair it");
  RETURN_IF_ERROR(files.make_directory(kRemainsFolder));
  return env::write_durably(files, remains_path(header.ordinal), encode_remains(remains));
}

Result<Buffer> RemainsOpener::open(const RawFrame& frame, ByteOffset) const {
  return remains_.frame_body(LeafIndex{frame.header.first}, frame.header.count);
}

}  // namespace varve::store
