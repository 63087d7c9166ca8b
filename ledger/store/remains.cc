// Making, keeping and reading remains.
#include "ledger/store/remains.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/base/later_format.h"
#include "ledger/base/month.h"
#include "ledger/base/text.h"
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

constexpr std::uint16_t kWithoutOutline = 1;  // format 1
constexpr std::size_t kRemainsMonthAt = 12;
constexpr std::size_t kHeadOfFormat1 = 48;
constexpr std::size_t kRemainsMax = std::size_t{1} << 34;  // of 500 million events
static_assert(format::kRecordFixedSize > kHashSize, "32 bytes are a hash, never a record");

/// Keeps of each record of the frame what may stay.
Result<void> keep_of(const FrameBody& frame, Remains& remains) {
  const std::vector<Hash> leaves = merkle::leaf_hashes(frame.records);  // several at once
  for (std::size_t k = 0; k < leaves.size(); ++k) {
    const Bytes bytes = frame.records[k];
    const LeafIndex index{remains.first.value + remains.entries.size()};
    RETURN_IF_ERROR(format::expect_known(index, bytes));
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(bytes));
    const bool goes = format::row_of(record.kind).fate == format::Fate::kGoes;
    remains.entries.push_back(to_buffer(goes ? Bytes{leaves[k].view()} : bytes));
  }
  return {};
}

/// One that says what is wrong with the segment's file.
Error not_whole(const std::string& path) {
  return corrupt(path + " is not a whole sealed segment: start and stop varved, or repair it");
}

/// Whether the outline is of the segment whose entries these are.
bool is_of_one_segment(const Remains& remains) {
  const SegmentOutline& outline = remains.file->outline;
  return outline.header().month == remains.month &&
         outline.header().key_minutes == remains.file->key_minutes &&
         outline.header().ordinal == remains.ordinal && outline.header().first == remains.first &&
         outline.footer().end.value - remains.first.value == remains.entries.size();
}

Result<std::uint32_t> month_in(const env::Filesystem& files, const std::string& path) {
  ASSIGN_OR_RETURN(const auto file, files.open_read(path));
  Buffer begin(kRemainsMonthAt + sizeof(std::uint32_t));
  RETURN_IF_ERROR(file->read(ByteOffset{0}, begin));
  return ByteReader(Bytes{begin}.subspan(kRemainsMonthAt)).u32();
}

}  // namespace

RemainsHead head_of(const Remains& remains) {
  RemainsHead head{{remains.month, 0},     remains.ordinal, remains.first,
                   remains.entries.size(), remains.made_us, {}};
  if (!remains.file) return head;
  head.period.minutes = remains.file->key_minutes;
  head.disposal = remains.file->disposal;
  return head;
}

Buffer Remains::entry(std::size_t k) const {
  const Buffer& kept = entries[k];
  if (kept.size() != kHashSize) return kept;
  format::Tombstone tombstone{month, ordinal, made_us, ByteReader(kept).hash()};
  if (file) {
    tombstone.destroyed_us = 0;
    tombstone.disposal = file->disposal;
    tombstone.key_minutes = file->key_minutes;
  }
  return format::encode_tombstone(tombstone);
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
  w.text(kRemainsMagic).u16(remains.file ? kRemainsVersion : kWithoutOutline);
  w.u16(remains.file ? remains.file->key_minutes : 0);
  w.u32(remains.month).u64(remains.ordinal);
  w.u64(remains.first.value).u64(remains.entries.size()).u64(remains.made_us);
  if (remains.file) w.u64(remains.file->disposal.value);
  for (const Buffer& entry : remains.entries) format::append_to_bundle(out, entry);
  if (remains.file) {
    const std::uint64_t outline_at = out.size();
    w.bytes(remains.file->outline.encode()).u64(outline_at);
  }
  const Hash check = merkle::sha256(out);
  w.hash(check);
  return out;
}

Result<Remains> decode_remains(Bytes bytes) {
  const Error damaged = corrupt("not remains of format 1 or 2");
  if (bytes.size() < kHashSize) return damaged;
  const Bytes body = bytes.first(bytes.size() - kHashSize);
  if (ByteReader(bytes.last(kHashSize)).hash() != merkle::sha256(body)) return damaged;
  ByteReader in(body);
  if (text_of(in.take(kRemainsMagic.size())) != kRemainsMagic) return damaged;
  const std::uint16_t version = in.u16();
  if (version > kRemainsVersion) return later_format(version, kRemainsVersion);
  const std::uint16_t minutes = in.u16();
  const bool has_file = version == kRemainsVersion;
  if (!has_file && (version != kWithoutOutline || minutes != 0)) return damaged;
  Remains remains;
  remains.month = in.u32();
  remains.ordinal = in.u64();
  remains.first.value = in.u64();
  const std::uint64_t count = in.u64();
  remains.made_us = in.u64();
  const LeafIndex disposal{has_file ? in.u64() : 0};
  for (std::uint64_t k = 0; k < count && in.ok(); ++k) {
    const Bytes entry = in.take(in.u16());
    if (entry.size() < kHashSize) return damaged;
    remains.entries.push_back(to_buffer(entry));
  }
  if (!has_file) return in.at_end() ? Result<Remains>(std::move(remains)) : damaged;
  if (!in.ok() || in.rest().size() < sizeof(std::uint64_t)) return damaged;
  const Bytes outline = in.rest().first(in.rest().size() - sizeof(std::uint64_t));
  const std::uint64_t outline_at = body.size() - in.rest().size();
  if (ByteReader(body.last(sizeof(std::uint64_t))).u64() != outline_at) return damaged;
  ASSIGN_OR_RETURN(SegmentOutline of_file, SegmentOutline::decode(outline));
  remains.file = RemainsOfFile{minutes, disposal, std::move(of_file)};
  if (!is_of_one_segment(remains)) return damaged;
  return remains;
}

std::string remains_path(std::uint64_t ordinal) {
  constexpr std::size_t kDigits = 8;
  std::string number = std::to_string(ordinal);
  if (number.size() < kDigits) number.insert(0, kDigits - number.size(), '0');
  return std::string(kRemainsFolder).append("/").append(number);
}

Result<std::uint64_t> parse_remains_name(std::string_view name) {
  while (name.size() > 1 && name.front() == '0') name.remove_prefix(1);
  ASSIGN_OR_RETURN(const std::uint64_t ordinal, decode_decimal(name));
  return ordinal;
}

Result<bool> begin_as_format_1(const env::File& remains) {
  Buffer begin(kRemainsMagic.size() + sizeof kRemainsVersion);
  RETURN_IF_ERROR(remains.read(ByteOffset{0}, begin));
  ByteReader in(begin);
  return text_of(in.take(kRemainsMagic.size())) == kRemainsMagic && in.u16() == kWithoutOutline;
}

Error damaged_remains(std::uint64_t ordinal) {
  return corrupt(remains_path(ordinal) +
                 " is damaged: put back a copy of it, nothing else holds what is in it");
}

Result<Remains> read_remains(const env::Filesystem& files, const SegmentHeader& header) {
  const std::string path = remains_path(header.ordinal);
  ASSIGN_OR_RETURN(const Buffer bytes, env::read_whole(files, path, kRemainsMax));
  auto remains = decode_remains(bytes);
  if (!remains && is_trouble(remains.error())) return in_file(remains.error(), path);
  if (!remains || remains->ordinal != header.ordinal || remains->month != header.month ||
      remains->first != header.first)
    return damaged_remains(header.ordinal);
  return remains;
}

Result<RemainsHead> read_remains_head(const env::Filesystem& files, std::uint64_t ordinal) {
  const std::string path = remains_path(ordinal);
  ASSIGN_OR_RETURN(const auto file, files.open_read(path));
  ASSIGN_OR_RETURN(const ByteOffset size, file->size());
  Buffer begin(std::min<std::uint64_t>(size.value, kHeadOfFormat1 + sizeof(std::uint64_t)));
  RETURN_IF_ERROR(file->read(ByteOffset{0}, begin));
  ByteReader in(begin);
  if (text_of(in.take(kRemainsMagic.size())) != kRemainsMagic) return damaged_remains(ordinal);
  const std::uint16_t version = in.u16();
  if (version > kRemainsVersion) {  // only the sum at the end tells it from damage
    ASSIGN_OR_RETURN(const Buffer whole, env::read_whole(files, path, kRemainsMax));
    const auto remains = decode_remains(whole);
    const bool is_later = !remains && is_trouble(remains.error());
    return is_later ? in_file(remains.error(), path) : damaged_remains(ordinal);
  }
  RemainsHead head;
  head.period.minutes = in.u16();
  head.period.number = in.u32();
  head.ordinal = in.u64();
  head.first = LeafIndex{in.u64()};
  head.count = in.u64();
  head.made_us = in.u64();
  if (version == kRemainsVersion) head.disposal = LeafIndex{in.u64()};
  if (!in.ok() || head.ordinal != ordinal) return damaged_remains(ordinal);
  return head;
}

Result<bool> has_remains(const env::Filesystem& files, std::uint32_t month) {
  const auto names = files.list(kRemainsFolder);
  if (!names && names.error().code == Code::kNotFound) return false;
  if (!names) return names.error();
  for (const std::string& name : *names) {
    const auto of = month_in(files, std::string(kRemainsFolder) + "/" + name);
    if (!of && of.error().code == Code::kIo) return of.error();
    // One that was cut short is found where it is needed.
    if (of && *of == month) return true;
  }
  return false;
}

Error disposed_of(KeyPeriod period) {
  return worm("the events of " + key_period_text(period) +
              " were disposed of: no key is made for that month again");
}

Result<void> keep(env::Filesystem& files, const Remains& remains, const GoesOn& goes_on) {
  RETURN_IF_ERROR(files.make_directory(kRemainsFolder));
  return env::write_giving_way(files, remains_path(remains.ordinal), encode_remains(remains),
                               goes_on);
}

namespace {

Result<void> keep_with(env::Filesystem& files, Remains remains, LeafIndex disposal,
                       SegmentOutline outline, const GoesOn& goes_on) {
  const std::string path = segment_path(remains.ordinal);
  if (outline.encode().size() > kOutlineMax)
    return corrupt(path +
                   " has more frames than what remains of a segment may have: its file stays");
  const std::uint16_t key_minutes = outline.header().key_minutes;
  remains.file = RemainsOfFile{key_minutes, disposal, std::move(outline)};
  if (!is_of_one_segment(remains))
    return corrupt(path + " is not the segment that its remains are of: repair it");
  return keep(files, remains, goes_on);
}

}  // namespace

Result<void> write_remains(env::Filesystem& files, const SegmentHeader& header,
                           env::SecretView data_key, std::uint64_t now_us,
                           std::optional<LeafIndex> disposal, const GoesOn& goes_on) {
  const std::string path = segment_path(header.ordinal);
  ASSIGN_OR_RETURN(const auto file, files.open_read(path));
  Remains remains{header.month, header.ordinal, header.first, now_us, {}};
  Result<void> kept;  // what is wrong with a record that its frame holds, or that it does not go on
  auto outline =
      SegmentOutline::of(*file, [&](const RawFrame& frame, ByteOffset at) -> Result<void> {
        kept = goes_on();
        if (!kept) return kept;
        ASSIGN_OR_RETURN(const Buffer body, KeyOpener(data_key).open(frame, at));
        const auto parts = decode_frame_body(body, frame.header.count);
        kept = parts ? keep_of(*parts, remains) : Result<void>(parts.error());
        return kept;
      });
  if (!kept) return kept;
  if (!outline && is_trouble(outline.error())) return std::move(outline).error();
  if (!outline || outline->footer().end.value != header.first.value + remains.entries.size())
    return not_whole(path);
  return disposal ? keep_with(files, std::move(remains), *disposal, std::move(*outline), goes_on)
                  : keep(files, remains, goes_on);
}

Result<void> complete_remains(env::Filesystem& files, Remains remains, LeafIndex disposal,
                              const GoesOn& goes_on) {
  const std::string path = segment_path(remains.ordinal);
  ASSIGN_OR_RETURN(const auto file, files.open_read(path));
  auto outline = SegmentOutline::of(*file, [&](const RawFrame&, ByteOffset) { return goes_on(); });
  if (!outline && is_trouble(outline.error())) return std::move(outline).error();
  if (!outline) return corrupt(path + ": " + outline.error().message + ": repair it");
  return keep_with(files, std::move(remains), disposal, std::move(*outline), goes_on);
}

Result<Buffer> RemainsOpener::open(const RawFrame& frame, ByteOffset) const {
  return remains_.frame_body(LeafIndex{frame.header.first}, frame.header.count);
}

Result<Hash> RemainsOpener::stored_hash(const RawFrame& frame, ByteOffset at) const {
  if (frames_ == FramesAre::kInTheFile) return FrameOpener::stored_hash(frame, at);
  return remains_.file->outline.stored_hash(at);
}

}  // namespace varve::store
